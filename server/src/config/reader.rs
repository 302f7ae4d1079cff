//! Merges the layers and answers what each key was set to. Asking is the schema: what was never asked for is unknown.

use std::{collections::BTreeMap, fmt, fs, str::FromStr};

use super::{
    problem::{Origin, Problem, Problems},
    secret::Secret,
};

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One.
    Text(String),
    /// Several; in a variable they are separated by commas.
    List(Vec<String>),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Value {
    /// As TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.clone() {
            Self::Text(text) => toml::Value::String(text),
            Self::List(items) => items.into(),
        };
        value.fmt(f)
    }
}

#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    origin: Origin,
}

/// What all layers say, and what was made of it so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    entries: BTreeMap<String, Entry>,
    /// Where each `[[table]]` begins, by its key (`source.0`).
    tables: BTreeMap<String, Origin>,
    known: Vec<String>,
    report: Report,
    problems: Vec<Problem>,
}

impl Reader {
    /// Adds what one layer says; the higher rank stays.
    pub(super) fn add(&mut self, key: &str, value: Value, origin: Origin) {
        if self
            .entries
            .get(key)
            .is_none_or(|entry| entry.origin.rank() <= origin.rank())
        {
            self.entries.insert(key.to_owned(), Entry { value, origin });
        }
    }

    /// Notes where an entry of an array of tables begins.
    pub(super) fn open_table(&mut self, key: &str, origin: Origin) {
        self.tables.insert(key.to_owned(), origin);
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Where a key was set.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.entries
            .get(key)
            .map_or(Origin::Default, |entry| entry.origin.clone())
    }

    /// The keys of the tables in an array, in order: `source.0`, `source.1`.
    pub(super) fn tables(&mut self, array: &str) -> Vec<String> {
        let mut indices = std::collections::BTreeSet::new();
        for key in self.entries.keys().chain(self.tables.keys()) {
            let index = key
                .strip_prefix(array)
                .and_then(|rest| rest.strip_prefix('.'))
                .and_then(|rest| usize::from_str(rest.split('.').next()?).ok());
            indices.extend(index);
        }
        indices
            .into_iter()
            .map(|index| format!("{array}.{index}"))
            .collect()
    }

    /// All keys directly in a table with their values. They are known from now on: whoever asks says what is wrong with them.
    pub(super) fn table(&mut self, table: &str) -> Vec<(String, Value)> {
        let within: Vec<(String, String, Entry)> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| {
                let name = key.strip_prefix(table)?.strip_prefix('.')?;
                Some((key.clone(), name.to_owned(), entry.clone()))
            })
            .collect();
        within
            .into_iter()
            .map(|(key, name, entry)| {
                self.report
                    .add(&key, entry.value.to_string(), &entry.origin);
                self.known.push(key);
                (name, entry.value)
            })
            .collect()
    }

    /// Where a key of a table was set, or the table begins when it was not.
    pub(super) fn origin_in(&self, table: &str, name: &str) -> Origin {
        match self.entries.get(&format!("{table}.{name}")) {
            Some(entry) => entry.origin.clone(),
            None => self.tables.get(table).cloned().unwrap_or(Origin::Default),
        }
    }

    /// A value with a default. `None` when it is wrong, which is then among the problems.
    pub(super) fn setting<T>(
        &mut self,
        key: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let entry = self.look_up(key).unwrap_or_else(|| Entry {
            value: default.to_owned().into(),
            origin: Origin::Default,
        });
        self.parse(key, entry, parse)
    }

    /// A value without which nothing can be done.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let Some(entry) = self.look_up(key) {
            return self.parse(key, entry, parse);
        }
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        self.problem(Problem {
            origin: self.tables.get(table).cloned().unwrap_or(Origin::Default),
            key: Some(without_index(key)),
            text: format!("is missing; add `{name} = \"…\"`"),
        });
        None
    }

    /// A list of values, empty by default.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let (items, origin) = match self.look_up(key) {
            None => (Vec::new(), Origin::Default),
            Some(Entry {
                value: Value::List(items),
                origin,
            }) => (items, origin),
            Some(Entry {
                value: Value::Text(text),
                origin,
            }) => (
                text.split(',').map(|item| item.trim().to_owned()).collect(),
                origin,
            ),
        };
        self.report
            .add(key, Value::List(items.clone()).to_string(), &origin);
        let mut parsed = Vec::new();
        for item in items {
            match parse(&item) {
                Ok(item) => parsed.push(item),
                Err(text) => self.problem(Problem {
                    origin: origin.clone(),
                    key: Some(without_index(key)),
                    text,
                }),
            }
        }
        parsed
    }

    /// A secret: `key` itself, or the content of the file that `key_file` names.
    pub(super) fn secret(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<String, String>,
    ) -> Option<Secret> {
        let file_key = format!("{key}_file");
        let (entry, file) = match (self.look_up(key), self.look_up(&file_key)) {
            (Some(value), Some(file)) if value.origin.rank() == file.origin.rank() => {
                self.problem(Problem {
                    text: format!(
                        "is set as well as {key} ({}); keep one of them",
                        value.origin
                    ),
                    origin: file.origin,
                    key: Some(file_key),
                });
                return None;
            }
            (Some(value), Some(file)) if file.origin.rank() > value.origin.rank() => (file, true),
            (Some(value), _) => (value, false),
            (None, Some(file)) => (file, true),
            (None, None) => return None,
        };
        let Entry { value, origin } = entry;
        // The path of a file is no secret.
        let (key, shown) = if file {
            (file_key.as_str(), value.to_string())
        } else {
            (key, Value::Text("[redacted]".to_owned()).to_string())
        };
        self.report.add(key, shown, &origin);
        let parsed = text_of(value).and_then(|text| {
            if !file {
                return parse(&text);
            }
            let content = fs::read_to_string(&text)
                .map_err(|error| format!("cannot read {text}: {error}"))?;
            parse(content.trim_end())
        });
        match parsed {
            Ok(secret) => Some(Secret::new(secret)),
            Err(text) => {
                self.problem(Problem {
                    origin,
                    key: Some(key.to_owned()),
                    text,
                });
                None
            }
        }
    }

    /// Reports everything that is wrong, what nobody asked for included.
    pub(super) fn finish(mut self) -> Result<Report, Problems> {
        for (key, entry) in std::mem::take(&mut self.entries) {
            if !self.known.contains(&key) {
                let text = unknown(&without_index(&key), &self.known);
                self.problem(Problem {
                    origin: entry.origin,
                    key: Some(without_index(&key)),
                    text,
                });
            }
        }
        if self.problems.is_empty() {
            return Ok(self.report);
        }
        self.problems.sort_by_key(|problem| match &problem.origin {
            Origin::File { line, .. } => (1, *line),
            other => (other.rank(), 0),
        });
        Err(Problems(self.problems))
    }

    fn look_up(&mut self, key: &str) -> Option<Entry> {
        self.known.push(key.to_owned());
        self.entries.get(key).cloned()
    }

    fn parse<T>(
        &mut self,
        key: &str,
        entry: Entry,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Entry { value, origin } = entry;
        self.report.add(key, value.to_string(), &origin);
        match text_of(value).and_then(|text| parse(&text)) {
            Ok(value) => Some(value),
            Err(text) => {
                self.problem(Problem {
                    origin,
                    key: Some(without_index(key)),
                    text,
                });
                None
            }
        }
    }
}

fn text_of(value: Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text),
        Value::List(_) => Err("is a list; one value is wanted".to_owned()),
    }
}

/// `source.0.name` is `source.name` to people: the line says which one.
fn without_index(key: &str) -> String {
    let names = key.split('.').filter(|name| name.parse::<usize>().is_err());
    names.collect::<Vec<_>>().join(".")
}

/// How alike two keys must be (Jaro-Winkler) for one to be a misspelling of the other.
const ALIKE: f64 = 0.85;

/// A key of `source` is known even when there is no source.
const SOURCE_KEYS: [&str; 4] = [
    "source.kind",
    "source.name",
    "source.endpoint",
    "source.interval",
];

fn unknown(key: &str, known: &[String]) -> String {
    if SOURCE_KEYS.contains(&key) {
        return "sources are a list; write [[source]] with two brackets above it".to_owned();
    }
    let known = known.iter().map(|key| without_index(key));
    let nearest = known
        .chain(SOURCE_KEYS.map(str::to_owned))
        .map(|candidate| (strsim::jaro_winkler(key, &candidate), candidate))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((alike, candidate)) if alike >= ALIKE => {
            format!("unknown key; did you mean `{candidate}`?")
        }
        _ => "unknown key; docs/config.example.toml has all of them".to_owned(),
    }
}

/// The configuration in force, for people: TOML, with the origin of each value beside it.
#[derive(Clone, Debug, Default)]
pub struct Report(Vec<(String, String, String)>);

impl Report {
    fn add(&mut self, key: &str, value: String, origin: &Origin) {
        self.0.push((key.to_owned(), value, origin.to_string()));
    }

    /// Keys and values, without origins.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value, _)| (key.as_str(), value.as_str()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut open = "";
        for (key, value, origin) in &self.0 {
            let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
            if table != open {
                match table.split_once('.') {
                    Some((array, _index)) => writeln!(f, "\n[[{array}]]")?,
                    None => writeln!(f, "\n[{table}]")?,
                }
                open = table;
            }
            writeln!(f, "{name} = {value}  # {origin}")?;
        }
        Ok(())
    }
}
