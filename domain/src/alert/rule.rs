//! Rules, and how they are written.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    condition::{Causes, Condition, Happening, Pick, Side, Signal, Threshold},
    fields::{FieldProblem, Fields, Reader, line},
    quantity::{Quantity, duration_text, parse_duration},
    scope::Scope,
};

/// What somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What people call it; unique.
    pub name: String,
    /// Whether it is looked at.
    pub enabled: bool,
    /// What makes an alert.
    pub condition: Condition,
    /// The condition must have held for this long, as far as was seen, before anything is said.
    pub hold_s: i64,
    /// It must have been clear for this long before the alert ends. For what happens in a moment: how long until it is over.
    pub keep_firing_s: i64,
    /// How much it matters.
    pub severity: Severity,
    /// Where it holds.
    pub scope: Scope,
    /// What to do about it, for whoever is told; may be empty.
    pub text: String,
    /// Where it says what to do.
    pub runbook: Option<String>,
    /// How often it is said again while nobody has taken it.
    pub remind_every_s: Option<i64>,
    /// No alert begins this soon after a deploy or an operator's stop.
    pub grace_s: i64,
    /// Who is told.
    pub channels: Channels,
}

/// How much an alert matters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it today.
    #[default]
    Warning,
    /// Look at it now.
    Page,
}

impl Severity {
    /// The name everywhere, and the word people read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Page => "page",
        }
    }

    /// Reads [`Severity::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Page]
            .into_iter()
            .find(|severity| severity.name() == name)
    }
}

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Every channel there is.
    #[default]
    All,
    /// Only channels with these names.
    Named(Vec<String>),
}

impl Channels {
    /// Whether a channel is among them.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|known| known == name),
        }
    }
}

/// Names of rules and channels.
const NAME: usize = 100;
/// Longer texts belong into a runbook.
const TEXT: usize = 1_000;
/// As many restarts are not worth counting.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(30);
const SHORTEST_WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Whoever waits a week before it is said need not be told.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(7);
const SHORTEST_REMINDER: TimeDelta = TimeDelta::minutes(5);
/// How long what happened in a moment is thought of as the same matter.
const QUIET: TimeDelta = TimeDelta::hours(1);

/// What `when` may be, in the order in which it is offered.
pub(super) const WHEN: [(&str, &str); 14] = [
    ("memory_ratio", "memory, as a share of the limit"),
    ("memory_working_set_bytes", "memory in bytes"),
    ("tasks", "goroutines, tasks or threads"),
    ("memory_growth", "growth of memory per hour"),
    ("task_growth", "growth of the task count per hour"),
    ("time_to_limit", "time until memory meets its limit"),
    ("restarts", "restarts in a window"),
    ("each_restart", "every restart"),
    (
        "child_out_of_memory",
        "a process killed for memory while its container lived",
    ),
    ("new_panic", "a crash with a fault not seen before"),
    ("incident_opened", "an incident is opened"),
    ("fix_failed", "a fix did not hold"),
    ("source_unreachable", "a source does not answer"),
    ("coverage_lost", "something is not seen"),
];

impl Rule {
    /// What `when` may be, each with the words people choose it by.
    pub const fn kinds() -> &'static [(&'static str, &'static str)] {
        &WHEN
    }

    /// How long the condition must have held.
    pub const fn hold(&self) -> TimeDelta {
        TimeDelta::seconds(self.hold_s)
    }

    /// How long it must have been clear.
    pub const fn keep_firing(&self) -> TimeDelta {
        TimeDelta::seconds(self.keep_firing_s)
    }

    /// How long after a deploy or stop no alert begins.
    pub const fn grace(&self) -> TimeDelta {
        TimeDelta::seconds(self.grace_s)
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// Everything that is wrong, field by field.
    pub fn read(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut reader = Reader::new(fields);
        let name = reader.required("name", "\"Memory close to its limit\"", line(NAME));
        let enabled = reader.flag("enabled", true);
        let condition = read_condition(&mut reader);
        let momentary = matches!(condition, Some(Condition::Happens(_)));
        let hold = reader.or(
            "for",
            TimeDelta::zero(),
            within(TimeDelta::zero(), LONGEST_HOLD),
        );
        if momentary && !hold.is_zero() {
            reader.wrong(
                "for",
                "means nothing here: what happens in a moment does not last; leave it out",
            );
        }
        let quiet = if momentary { QUIET } else { TimeDelta::zero() };
        let keep_firing = reader.or(
            "keep_firing_for",
            quiet,
            within(TimeDelta::zero(), LONGEST_HOLD),
        );
        let severity = reader.or("severity", Severity::default(), |text| {
            Severity::from_name(text)
                .ok_or_else(|| format!("`{text}` is no severity; use info, warning or page"))
        });
        let scope = Scope::read(&mut reader);
        if let Some(condition) = &condition
            && condition.is_of_source()
        {
            for (field, is_set) in scope.of_workloads() {
                if is_set {
                    reader.wrong(
                        field,
                        "means nothing here: this condition is about sources; use sources",
                    );
                }
            }
        }
        let text = reader.or("text", String::new(), |text| {
            if text.chars().count() > TEXT {
                return Err(format!(
                    "is too long; use at most {TEXT} characters and a runbook"
                ));
            }
            Ok(text.to_owned())
        });
        let runbook = reader.optional("runbook", link);
        let remind_every = reader.optional("remind_every", |text| {
            within(SHORTEST_REMINDER, LONGEST_HOLD)(text)
        });
        let grace = reader.or(
            "grace",
            TimeDelta::zero(),
            within(TimeDelta::zero(), TimeDelta::days(1)),
        );
        let channels = reader.list("channels", line(NAME));
        let channels = if channels.is_empty() {
            Channels::All
        } else if channels.iter().any(|name| name == "none") {
            Channels::Named(Vec::new())
        } else {
            Channels::Named(channels)
        };
        let problems = reader.finish("a rule");
        match (name, condition) {
            (Some(name), Some(condition)) if problems.is_empty() => Ok(Self {
                name,
                enabled,
                condition,
                hold_s: hold.num_seconds(),
                keep_firing_s: keep_firing.num_seconds(),
                severity,
                scope,
                text,
                runbook,
                remind_every_s: remind_every.map(|every| every.num_seconds()),
                grace_s: grace.num_seconds(),
                channels,
            }),
            _ => Err(problems),
        }
    }

    /// The fields that [`Rule::read`] reads as this rule. What is at its default is left out.
    pub fn write(&self) -> Fields {
        let mut fields = Fields::default();
        fields.set("name", &self.name);
        if !self.enabled {
            fields.set("enabled", "false");
        }
        write_condition(&self.condition, &mut fields);
        let mut length = |name: &str, seconds: i64, default: i64| {
            if seconds != default {
                fields.set(name, duration_text(TimeDelta::seconds(seconds)));
            }
        };
        let quiet = match self.condition {
            Condition::Happens(_) => QUIET.num_seconds(),
            Condition::Threshold(_) => 0,
        };
        length("for", self.hold_s, 0);
        length("keep_firing_for", self.keep_firing_s, quiet);
        length("grace", self.grace_s, 0);
        length("remind_every", self.remind_every_s.unwrap_or_default(), 0);
        fields.set("severity", self.severity.name());
        self.scope.write(&mut fields);
        fields.set_some("text", self.text.as_str());
        fields.set_some("runbook", self.runbook.as_deref().unwrap_or_default());
        match &self.channels {
            Channels::All => {}
            Channels::Named(names) if names.is_empty() => fields.set("channels", "none"),
            Channels::Named(names) => fields.set("channels", names.join(", ")),
        }
        fields
    }
}

fn within(least: TimeDelta, most: TimeDelta) -> impl Fn(&str) -> Result<TimeDelta, String> {
    move |text| {
        let length = parse_duration(text)?;
        if length < least || length > most {
            return Err(format!(
                "`{text}` is out of range; use {} to {}",
                duration_text(least),
                duration_text(most)
            ));
        }
        Ok(length)
    }
}

fn link(text: &str) -> Result<String, String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest)
            if !rest.is_empty() && !text.contains(char::is_whitespace) && text.len() <= 2_000 =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "`{text}` is no link; write for example https://wiki.example.com/memory"
        )),
    }
}

fn read_condition(reader: &mut Reader<'_>) -> Option<Condition> {
    let when = reader.required("when", "memory_ratio", |text| {
        WHEN.iter()
            .map(|(name, _)| *name)
            .find(|name| *name == text)
            .ok_or_else(|| {
                let known: Vec<&str> = WHEN.iter().map(|(name, _)| *name).collect();
                format!(
                    "`{text}` is nothing that can be looked at; known are {}",
                    known.join(", ")
                )
            })
    });
    // Whatever it looks at: a field that means nothing there is told as such, not as one that no rule has.
    for field in ["above", "below", "clear"] {
        reader.known(field);
    }
    let causes = reader.list("causes", Causes::read);
    let causes = Causes::of(causes.into_iter().flatten());
    let window = reader.optional("window", within(SHORTEST_WINDOW, LONGEST_WINDOW));
    let pick = reader.or("pick", Pick::Extreme, |text| match text {
        "max" => Ok(Pick::Extreme),
        "last" => Ok(Pick::Last),
        "avg" | "average" | "mean" => Err(format!("`{text}` hides spikes; use max or last")),
        _ => Err(format!("`{text}` is neither max nor last")),
    });
    let when = when?;
    for (field, wanted) in [
        ("causes", matches!(when, "restarts" | "each_restart")),
        ("window", when == "restarts"),
        (
            "pick",
            matches!(when, "memory_ratio" | "memory_working_set_bytes" | "tasks"),
        ),
    ] {
        if !wanted && reader.has(field) {
            reader.wrong(field, format!("means nothing for {when}; leave it out"));
        }
    }
    let signal = match when {
        "memory_ratio" => Signal::MemoryRatio(pick),
        "memory_working_set_bytes" => Signal::MemoryWorkingSetBytes(pick),
        "tasks" => Signal::Tasks(pick),
        "memory_growth" => Signal::MemoryGrowth,
        "task_growth" => Signal::TaskGrowth,
        "time_to_limit" => Signal::TimeToLimit,
        "restarts" => {
            let Some(window) = window else {
                if !reader.has("window") {
                    reader.wrong(
                        "window",
                        "is missing; write for example 10m, 1h, 24h or 30d",
                    );
                }
                return None;
            };
            Signal::Restarts {
                causes,
                window_s: window.num_seconds(),
            }
        }
        "source_unreachable" => Signal::SourceUnreachable,
        "coverage_lost" => Signal::CoverageLost,
        momentary => {
            no_threshold(reader);
            return Some(Condition::Happens(match momentary {
                "each_restart" => Happening::Restart(causes),
                "child_out_of_memory" => Happening::ChildOutOfMemory,
                "new_panic" => Happening::NewPanic,
                "incident_opened" => Happening::IncidentOpened,
                _ => Happening::FixFailed,
            }));
        }
    };
    if signal.is_of_source() {
        no_threshold(reader);
        return Some(Condition::Threshold(Threshold {
            signal,
            side: Side::Above,
            raise: 1.0,
            clear: 1.0,
        }));
    }
    read_threshold(reader, signal).map(Condition::Threshold)
}

/// Says that the fields of a threshold mean nothing where there is none.
fn no_threshold(reader: &mut Reader<'_>) {
    for field in ["above", "below", "clear"] {
        if reader.has(field) {
            reader.wrong(
                field,
                "means nothing here: this condition has no threshold; leave it out",
            );
        }
    }
}

fn read_threshold(reader: &mut Reader<'_>, signal: Signal) -> Option<Threshold> {
    let quantity = signal.quantity();
    let example = match quantity {
        Quantity::Ratio => "90%",
        Quantity::Bytes | Quantity::BytesPerHour => "512 MiB",
        Quantity::Count | Quantity::CountPerHour => "5",
        Quantity::Seconds => "30m",
    };
    let below = matches!(signal, Signal::TimeToLimit);
    let read = |text: &str| quantity.parse(text);
    let (above, under) = (reader.has("above"), reader.has("below"));
    let (raise_above, raise_below) = (
        reader.optional("above", read),
        reader.optional("below", read),
    );
    let clear = reader.optional("clear", read);
    let side = match (above, under) {
        (true, true) => {
            reader.wrong("below", "is set as well as above; keep one of them");
            return None;
        }
        (true, false) if below => {
            reader.wrong("above", "makes no sense for a time to the limit, which is of interest when it is short; use below");
            return None;
        }
        (true, false) => Side::Above,
        (false, true) => Side::Below,
        (false, false) => {
            let field = if below { "below" } else { "above" };
            reader.wrong(field, format!("is missing; write for example {example}"));
            return None;
        }
    };
    let raise = raise_above.or(raise_below)?;
    if matches!(signal, Signal::Restarts { .. }) && (side == Side::Below || raise.fract() != 0.0) {
        let field = if side == Side::Below {
            "below"
        } else {
            "above"
        };
        reader.wrong(
            field,
            "makes no sense for restarts; use above with a whole number, for example above = 5",
        );
        return None;
    }
    let clear = clear.unwrap_or(raise);
    let backwards = match side {
        Side::Above => clear > raise,
        Side::Below => clear < raise,
    };
    if backwards {
        let (which, than) = match side {
            Side::Above => ("above", "above"),
            Side::Below => ("below", "below"),
        };
        reader.wrong(
            "clear",
            format!(
                "lies {which} the threshold itself, so the alert would end {than} it; use {} or {}",
                quantity.write(raise),
                match side {
                    Side::Above => "less",
                    Side::Below => "more",
                }
            ),
        );
        return None;
    }
    Some(Threshold {
        signal,
        side,
        raise,
        clear,
    })
}

fn write_condition(condition: &Condition, fields: &mut Fields) {
    let threshold = match condition {
        Condition::Threshold(threshold) => threshold,
        Condition::Happens(happening) => {
            let when = match happening {
                Happening::Restart(causes) => {
                    fields.set_some("causes", causes.written());
                    "each_restart"
                }
                Happening::ChildOutOfMemory => "child_out_of_memory",
                Happening::NewPanic => "new_panic",
                Happening::IncidentOpened => "incident_opened",
                Happening::FixFailed => "fix_failed",
            };
            fields.set("when", when);
            return;
        }
    };
    let (when, pick) = match &threshold.signal {
        Signal::MemoryRatio(pick) => ("memory_ratio", Some(*pick)),
        Signal::MemoryWorkingSetBytes(pick) => ("memory_working_set_bytes", Some(*pick)),
        Signal::Tasks(pick) => ("tasks", Some(*pick)),
        Signal::MemoryGrowth => ("memory_growth", None),
        Signal::TaskGrowth => ("task_growth", None),
        Signal::TimeToLimit => ("time_to_limit", None),
        Signal::Restarts { causes, window_s } => {
            fields.set_some("causes", causes.written());
            fields.set("window", duration_text(TimeDelta::seconds(*window_s)));
            ("restarts", None)
        }
        Signal::SourceUnreachable => ("source_unreachable", None),
        Signal::CoverageLost => ("coverage_lost", None),
    };
    fields.set("when", when);
    if pick == Some(Pick::Last) {
        fields.set("pick", "last");
    }
    if threshold.signal.is_of_source() {
        return;
    }
    let quantity = threshold.signal.quantity();
    let side = match threshold.side {
        Side::Above => "above",
        Side::Below => "below",
    };
    fields.set(side, quantity.write(threshold.raise));
    if (threshold.clear - threshold.raise).abs() > f64::EPSILON {
        fields.set("clear", quantity.write(threshold.clear));
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
