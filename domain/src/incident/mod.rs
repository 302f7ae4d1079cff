//! Incidents: consecutive restarts for the same reason, from the first one until it has been quiet for long enough.
//!
//! A crash loop of two hundred restarts is one incident with a count, and so is a host that went down with thirty containers. An
//! incident is told by its [`Subject`]; whether a restart opens one or joins one is decided by [`Incident::takes`].

mod lifecycle;
mod quiet;
mod range;
mod subject;

pub use lifecycle::{Refusal, Resolution, ResolvedBy};
pub use quiet::MOST_QUIET;
pub use range::charted;
pub use subject::Subject;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How far people are with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IncidentState {
    /// Nobody has said that they look after it.
    Open,
    /// Somebody looks after it.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl IncidentState {
    /// Every state, from the one that asks for most to the one that asks for nothing.
    pub const ALL: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Resolved];

    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    /// Reads [`IncidentState::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When the run had begun.
    pub run_began_at: Timestamp,
    /// When it ended.
    pub at: Timestamp,
}

/// What decides whether an incident goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// What it is about.
    pub subject: Subject,
    /// Whether somebody looks after it.
    pub acknowledged: bool,
    /// When and how it ended, if it did.
    pub resolved: Option<Resolution>,
    /// When a person last said that it goes on: quiet is counted from there.
    pub reopened_at: Option<Timestamp>,
    /// When the run had begun with whose end it began.
    pub first_run_at: Timestamp,
    /// The first end.
    pub began_at: Timestamp,
    /// The newest end.
    pub last_at: Timestamp,
    /// How many ends.
    pub count: u32,
}

impl Incident {
    /// The incident that a restart opens.
    pub const fn open(subject: Subject, end: End) -> Self {
        Self {
            subject,
            acknowledged: false,
            resolved: None,
            reopened_at: None,
            first_run_at: end.run_began_at,
            began_at: end.at,
            last_at: end.at,
            count: 1,
        }
    }

    /// How far people are.
    pub const fn state(&self) -> IncidentState {
        match (self.resolved, self.acknowledged) {
            (Some(_), _) => IncidentState::Resolved,
            (None, true) => IncidentState::Acknowledged,
            (None, false) => IncidentState::Open,
        }
    }

    /// Whether an end belongs to it: about the same, and no further from its others than its quiet time. Ends may be told late and out of
    /// order. One from before a person resolved it belongs to it, a later one does not: that person was wrong, or something is new, and
    /// either is worth an incident of its own. That it resolved itself is no reason to refuse: had the end been known, it had not.
    pub fn takes(&self, subject: &Subject, at: Timestamp) -> bool {
        let closed = matches!(self.resolved, Some(Resolution { at: closed, by: ResolvedBy::Person }) if at > closed);
        self.subject.admits(subject)
            && !closed
            && at <= self.quiet_from()
            && at + self.quiet() >= self.began_at
    }

    /// Counts an end that [`Incident::takes`], and learns from it which fault it is about. Whether it has reopened by that: it had
    /// resolved itself, too early as is known now.
    pub fn add(&mut self, subject: &Subject, end: End) -> bool {
        self.subject.learn(subject);
        if end.at < self.began_at {
            self.began_at = end.at;
            self.first_run_at = end.run_began_at;
        }
        self.last_at = self.last_at.max(end.at);
        self.count += 1;
        let too_early = matches!(
            self.resolved,
            Some(Resolution { at, by: ResolvedBy::Quiet | ResolvedBy::Unwatched }) if at < self.quiet_from()
        );
        if too_early {
            self.resolved = None;
        }
        too_early
    }
}
