//! Rules in words.

use super::{
    condition::{Causes, Condition, Happening, Side, Signal},
    quantity::duration,
    rule::Rule,
};

impl Rule {
    /// What it looks at, in a few words: `Memory ≥ 90 % of the limit for 1 min`.
    pub fn summary(&self) -> String {
        let held = if self.hold_s > 0 {
            format!(" for {}", duration(self.hold()))
        } else {
            String::new()
        };
        format!("{}{held}", self.condition.summary())
    }
}

impl Condition {
    /// The condition in a few words.
    pub fn summary(&self) -> String {
        let threshold = match self {
            Self::Threshold(threshold) => threshold,
            Self::Happens(happening) => return happening.summary(),
        };
        let than = match threshold.side {
            Side::Above => "≥",
            Side::Below => "≤",
        };
        let value = threshold.signal.quantity().show(threshold.raise);
        match &threshold.signal {
            Signal::MemoryRatio(_) => format!("Memory {than} {value} of the limit"),
            Signal::MemoryWorkingSetBytes(_) => format!("Memory {than} {value}"),
            Signal::Tasks(_) => format!("Tasks {than} {value}"),
            Signal::MemoryGrowth => format!("Memory growth {than} {value}"),
            Signal::TaskGrowth => format!("Task growth {than} {value}"),
            Signal::TimeToLimit => format!("Limit forecast within {value}"),
            Signal::Restarts { causes, .. } => {
                let window = threshold.signal.window().map(duration).unwrap_or_default();
                format!("{} in {window} {than} {value}", restarts(causes))
            }
            Signal::SourceUnreachable => "The source does not answer".to_owned(),
            Signal::CoverageLost => "Something of the source is not seen".to_owned(),
        }
    }
}

impl Happening {
    fn summary(&self) -> String {
        match self {
            Self::Restart(causes) if causes.is_all() => "Every restart".to_owned(),
            Self::Restart(causes) => format!("Every end by {}", labels(causes)),
            Self::ChildOutOfMemory => "A process killed for memory, its container lived".to_owned(),
            Self::NewPanic => "A crash with a fault not seen before".to_owned(),
            Self::IncidentOpened => "An incident is opened".to_owned(),
            Self::FixFailed => "A fix did not hold".to_owned(),
        }
    }
}

fn restarts(causes: &Causes) -> String {
    if causes.is_all() {
        "Restarts".to_owned()
    } else {
        format!("Restarts by {}", labels(causes))
    }
}

fn labels(causes: &Causes) -> String {
    let labels: Vec<String> = causes
        .iter()
        .map(|cause| cause.label().to_lowercase())
        .collect();
    labels.join(", ")
}

impl super::Threshold {
    /// A value it was crossed by, for people: `93.4 %`, `3 in 10 min`. `None` for what is so or not so.
    pub fn show(&self, value: f64) -> Option<String> {
        let shown = self.signal.quantity().show(value);
        match &self.signal {
            Signal::SourceUnreachable | Signal::CoverageLost => None,
            Signal::MemoryRatio(_) => Some(format!("{shown} of the limit")),
            Signal::Restarts { .. } => {
                let window = self.signal.window().map(duration).unwrap_or_default();
                Some(format!("{shown} in {window}"))
            }
            _ => Some(shown),
        }
    }
}
