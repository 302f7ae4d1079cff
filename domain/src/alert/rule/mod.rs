//! Rules: what somebody wants to be told, and when.

mod condition;
mod written;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{condition::Condition, scope::Scope};

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

impl Rule {
    /// What `when` may be, each with the words people choose it by.
    pub const fn kinds() -> &'static [(&'static str, &'static str)] {
        &condition::WHEN
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
}

#[cfg(test)]
mod tests;
