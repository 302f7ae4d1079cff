//! What people are told: the same facts for every channel, which only dresses them.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use super::{rule::Severity, telling::Notice};
use crate::{
    ids::WorkloadId,
    verdict::{Cause, Confidence},
};

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What kind.
    pub notice: Notice,
    /// The rule's name.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whom it is about.
    pub subject: Subject,
    /// The rule in words: `Memory ≥ 90 % of the limit for 1 min`.
    pub condition: String,
    /// The number that crossed, with its unit; `None` for what has none.
    pub value: Option<String>,
    /// Why the last run ended, and how sure that is.
    pub cause: Option<(Cause, Confidence)>,
    /// The sentence of evidence that speaks loudest for the cause.
    pub evidence: Option<String>,
    /// When memory meets its limit, for people: `in 41 min (34–52)`, `any moment`.
    pub limit_in: Option<String>,
    /// What the rule says to do.
    pub text: String,
    /// Where it says more.
    pub runbook: Option<String>,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When what is told happened.
    pub at: DateTime<Utc>,
    /// The page that shows it, without the address of the server.
    pub path: String,
    /// Tells alerts apart: the same for everything that is said of one alert.
    pub alert_key: String,
}

/// Whom a message is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The source's name.
    pub source: String,
    /// Its workload; `None` when it is about the source itself.
    pub workload: Option<WorkloadId>,
    /// Group of the workload; empty when it stands alone.
    pub group: String,
    /// Name of the workload, or of the source.
    pub name: String,
}

impl Subject {
    /// The name with its group.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.group, self.name)
        }
    }
}

impl Message {
    /// One line that says it all: `checkout: out of memory, confirmed`.
    pub fn title(&self) -> String {
        let name = &self.subject.name;
        let what = match (self.notice, self.cause) {
            (Notice::Resolved, _) => return format!("{name}: over: {}", self.rule),
            (_, Some((cause, confidence))) => {
                format!("{}, {}", cause.label().to_lowercase(), confidence.name())
            }
            (_, None) => match &self.limit_in {
                Some(when) => format!("{}: {when}", self.rule),
                None => self.rule.clone(),
            },
        };
        match self.notice {
            Notice::Again => format!("{name}: again: {what}"),
            Notice::Reminder => format!("{name}: still: {what}"),
            Notice::Fired | Notice::Resolved => format!("{name}: {what}"),
        }
    }

    /// Names and values, in the order in which they matter.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("Workload", self.subject.full_name())];
        if self.subject.workload.is_none() {
            facts.clear();
        }
        facts.push(("Source", self.subject.source.clone()));
        if let Some((cause, confidence)) = self.cause {
            facts.push(("Cause", format!("{}, {}", cause.label(), confidence.name())));
        }
        facts.extend(self.evidence.clone().map(|evidence| ("Evidence", evidence)));
        facts.extend(self.value.clone().map(|value| ("Value", value)));
        facts.extend(self.limit_in.clone().map(|time| ("Memory limit", time)));
        facts.push(("Rule", format!("{}: {}", self.rule, self.condition)));
        facts.push(("Severity", self.severity.name().to_owned()));
        facts.push((
            "Since",
            format!("{} UTC", self.since.trunc_subsecs(0).naive_utc()),
        ));
        facts
    }

    /// Whether it says that something is the matter.
    pub fn is_firing(&self) -> bool {
        self.notice != Notice::Resolved
    }
}
