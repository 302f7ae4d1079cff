//! The file with the tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use domain::{
    alert::{
        self, Condition, Course, Fields, Happening, Named, Notice, Rule, Signal, Target,
        rehearsal::Script,
    },
    labels::{self, Labels},
    verdict::Cause,
};
use serde::Deserialize;
use toml::Value;

/// How often rules are looked at.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(10);
/// Enough for the longest window and reminder of a rule, and an end to what nobody meant.
const LONGEST: TimeDelta = TimeDelta::days(60);

/// Rules, and what they are tested with.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) rules: Vec<Rule>,
    pub(super) tests: Vec<Test>,
}

/// One course of things.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    /// What every rule should say; one that is not in it should say nothing.
    pub(super) says: BTreeMap<String, Vec<(TimeDelta, Notice)>>,
    source: String,
    /// Group, name and image.
    workload: (String, String, String),
    labels: Labels,
    /// By the name of a signal, as a rule's `when` has it.
    courses: BTreeMap<String, Course>,
    /// Everything else that goes on.
    script: Script,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule_files: Vec<PathBuf>,
    #[serde(default)]
    rule: Vec<BTreeMap<String, Value>>,
    test: Vec<Given>,
}

/// A file of rules, which may be a whole configuration.
#[derive(Debug, Deserialize)]
struct RuleFile {
    #[serde(default)]
    rule: Vec<BTreeMap<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    workload: Option<String>,
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    restarts: Vec<String>,
    #[serde(default)]
    happens: Vec<String>,
    #[serde(default)]
    unseen: Vec<String>,
    #[serde(default)]
    memory_ratio: Vec<String>,
    #[serde(default)]
    memory_working_set_bytes: Vec<String>,
    #[serde(default)]
    tasks: Vec<String>,
    #[serde(default)]
    memory_growth: Vec<String>,
    #[serde(default)]
    task_growth: Vec<String>,
    #[serde(default)]
    time_to_limit: Vec<String>,
    #[serde(default)]
    source_unreachable: Vec<String>,
    #[serde(default)]
    coverage_lost: Vec<String>,
    #[serde(default)]
    says: BTreeMap<String, Vec<String>>,
}

impl Suite {
    /// Reads tests and the rules that they are of: those in it and in the files that it names (looked for in `folder`), else those that
    /// are there from the start.
    pub(super) fn read(text: &str, folder: &Path) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut problems = Vec::new();
        let mut rules = read_rules(&file.rule, &mut problems);
        for path in &file.rule_files {
            let path = folder.join(path);
            match read_rule_file(&path) {
                Ok(given) => rules.extend(read_rules(&given, &mut problems)),
                Err(problem) => problems.push(problem),
            }
        }
        if file.rule.is_empty() && file.rule_files.is_empty() {
            rules = alert::defaults();
        }
        let mut names = BTreeSet::new();
        for rule in &rules {
            if !names.insert(rule.name.as_str()) {
                problems.push(format!("`{}` is the name of two rules", rule.name));
            }
        }
        let tests = file
            .test
            .into_iter()
            .filter_map(|given| given.read(&names, &mut problems))
            .collect();
        if problems.is_empty() {
            Ok(Self { rules, tests })
        } else {
            Err(problems)
        }
    }
}

fn read_rule_file(path: &Path) -> Result<Vec<BTreeMap<String, Value>>, String> {
    let wrong = |error: &dyn Display| format!("rule_files: {}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let file: RuleFile = toml::from_str(&text).map_err(|error| wrong(&error))?;
    Ok(file.rule)
}

fn read_rules(given: &[BTreeMap<String, Value>], problems: &mut Vec<String>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for table in given {
        let fields: Fields = table
            .iter()
            .map(|(name, value)| (name.as_str(), text(value)))
            .collect();
        match Rule::read(&fields) {
            Ok(rule) => rules.push(rule),
            Err(wrong) => {
                let name = fields.get("name").unwrap_or("without a name").to_owned();
                problems.extend(
                    wrong.into_iter().map(|problem| {
                        format!("rule {name}: {}: {}", problem.field, problem.problem)
                    }),
                );
            }
        }
    }
    rules
}

/// A value as rules are written, which have texts and lists of them.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What a course may be of, by the name that it has in rules.
fn signals() -> [(&'static str, Signal); 8] {
    use alert::Pick::Extreme;
    [
        ("memory_ratio", Signal::MemoryRatio(Extreme)),
        (
            "memory_working_set_bytes",
            Signal::MemoryWorkingSetBytes(Extreme),
        ),
        ("tasks", Signal::Tasks(Extreme)),
        ("memory_growth", Signal::MemoryGrowth),
        ("task_growth", Signal::TaskGrowth),
        ("time_to_limit", Signal::TimeToLimit),
        ("source_unreachable", Signal::SourceUnreachable),
        ("coverage_lost", Signal::CoverageLost),
    ]
}

/// What happens besides ends, by the name that it has in rules.
fn happening(name: &str) -> Result<Happening, String> {
    match name {
        "child_out_of_memory" => Ok(Happening::ChildOutOfMemory),
        "new_panic" => Ok(Happening::NewPanic),
        "incident_opened" => Ok(Happening::IncidentOpened),
        "fix_failed" => Ok(Happening::FixFailed),
        _ => Err(format!(
            "`{name}` is nothing that happens; known are child_out_of_memory, new_panic, incident_opened, fix_failed"
        )),
    }
}

fn cause(name: &str) -> Result<Cause, String> {
    Cause::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Cause::ALL.into_iter().map(Cause::name).collect();
        format!("`{name}` is no cause; known are {}", known.join(", "))
    })
}

fn notice(name: &str) -> Result<Notice, String> {
    Notice::from_name(name).ok_or_else(|| {
        format!("`{name}` is nothing that is said; known are fired, again, reminder, resolved")
    })
}

/// `12m30s what`: a moment, and something at it.
fn at<T>(
    text: &str,
    example: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(TimeDelta, T), String> {
    let (moment, what) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| format!("`{text}` has no time and word; write for example `{example}`"))?;
    Ok((alert::parse_duration(moment)?, read(what.trim())?))
}

/// `10m to 15m`: a stretch of time.
fn stretch(text: &str) -> Result<(TimeDelta, TimeDelta), String> {
    let wrong = || format!("`{text}` is no stretch of time; write for example `10m to 15m`");
    let (from, to) = text.split_once(" to ").ok_or_else(wrong)?;
    let (from, to) = (alert::parse_duration(from)?, alert::parse_duration(to)?);
    if from < to {
        Ok((from, to))
    } else {
        Err(wrong())
    }
}

/// Reads a list; what is wrong goes to the problems.
fn all<'a, T>(
    (test, key): (&str, &str),
    items: impl IntoIterator<Item = &'a String>,
    problems: &mut Vec<String>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        match read(item) {
            Ok(item) => found.push(item),
            Err(problem) => problems.push(format!("test {test}: {key}: {problem}")),
        }
    }
    found
}

impl Given {
    fn read(self, rules: &BTreeSet<&str>, problems: &mut Vec<String>) -> Option<Test> {
        let before = problems.len();
        let courses = self.courses(problems);
        let name = self.name;
        let mut restarts = all((&name, "restarts"), &self.restarts, problems, |text| {
            at(text, "12m out_of_memory", cause)
        });
        let mut happenings = all((&name, "happens"), &self.happens, problems, |text| {
            at(text, "12m new_panic", happening)
        });
        restarts.sort_by_key(|(at, _)| *at);
        happenings.sort_by_key(|(at, _)| *at);
        let unseen = all((&name, "unseen"), &self.unseen, problems, stretch);
        let mut says = BTreeMap::new();
        for (rule, lines) in &self.says {
            if !rules.contains(rule.as_str()) {
                let known: Vec<&str> = rules.iter().copied().collect();
                problems.push(format!(
                    "test {name}: says: `{rule}` is no rule; known are {}",
                    known.join(", ")
                ));
            }
            let mut lines = all((&name, rule), lines, problems, |text| {
                at(text, "12m fired", notice)
            });
            lines.sort_by_key(|(at, _)| *at);
            lines.dedup();
            says.insert(rule.clone(), lines);
        }
        let until = match self.until.as_deref().map(alert::parse_duration) {
            Some(Err(problem)) => {
                problems.push(format!("test {name}: until: {problem}"));
                TimeDelta::zero()
            }
            Some(Ok(until)) => until,
            None => courses
                .values()
                .map(Course::length)
                .max()
                .unwrap_or_default(),
        };
        if until.is_zero() {
            problems.push(format!(
                "test {name}: until: says how long it goes on, for example 2h; a course says it too"
            ));
        } else if until > LONGEST {
            problems.push(format!("test {name}: until: is more than 60 days"));
        }
        let workload = self.workload.unwrap_or_else(|| "shop/checkout".to_owned());
        let (group, short) = workload.rsplit_once('/').unwrap_or(("", &workload));
        let image = self.image.unwrap_or_else(|| format!("{workload}:1"));
        let workload = (group.to_owned(), short.to_owned(), image);
        for label in self.labels.keys().filter(|label| !labels::is_name(label)) {
            problems.push(format!(
                "test {name}: labels: `{label}` is no name of a label"
            ));
        }
        (problems.len() == before).then(|| Test {
            name,
            says,
            source: self.source.unwrap_or_else(|| "local".to_owned()),
            workload,
            labels: self.labels.into(),
            courses,
            script: Script {
                course: None,
                restarts,
                happenings,
                unseen,
                look_every: LOOK_EVERY,
                until,
            },
        })
    }

    fn courses(&self, problems: &mut Vec<String>) -> BTreeMap<String, Course> {
        let given = [
            &self.memory_ratio,
            &self.memory_working_set_bytes,
            &self.tasks,
            &self.memory_growth,
            &self.task_growth,
            &self.time_to_limit,
            &self.source_unreachable,
            &self.coverage_lost,
        ];
        let mut courses = BTreeMap::new();
        for ((key, signal), parts) in signals().into_iter().zip(given) {
            if parts.is_empty() {
                continue;
            }
            match Course::read(&signal, parts.iter().map(String::as_str)) {
                Ok(course) => {
                    courses.insert(key.to_owned(), course);
                }
                Err(problem) => problems.push(format!("test {}: {key}: {problem}", self.name)),
            }
        }
        courses
    }
}

impl Test {
    /// What goes on for a rule; `None` when the rule is switched off or about others.
    pub(super) fn script(&self, rule: &Rule) -> Option<Script> {
        let (group, name, image) = &self.workload;
        let target = Target {
            source: &self.source,
            workload: (!rule.condition.is_of_source()).then_some(Named {
                group,
                name,
                image,
                labels: &self.labels,
            }),
        };
        if !rule.enabled || !rule.scope.covers(target) {
            return None;
        }
        let when = rule.write();
        let course = match &rule.condition {
            Condition::Threshold(_) => self.courses.get(when.get("when").unwrap_or_default()),
            Condition::Happens(_) => None,
        };
        Some(Script {
            course: course.cloned(),
            ..self.script.clone()
        })
    }
}
