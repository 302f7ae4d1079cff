//! Incidents: consecutive restarts for the same reason, from the first one until it has been quiet for long enough.
//!
//! A crash loop of two hundred restarts is one incident with a count, and so is a host that went down with thirty containers. An
//! incident is told by its [`Subject`]; whether a restart opens one or joins the open one is decided by [`Incident::takes`].

mod quiet;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, restart::Restart, verdict::Cause, workload::WorkloadKey};

/// What an incident is about. Two restarts with the same subject belong together while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One workload that ends for one reason.
    Workload {
        /// Which.
        workload: WorkloadKey,
        /// Why.
        cause: Cause,
        /// Which fault, where the log named one: another panic is another matter.
        fault: Option<String>,
    },
    /// The engine or its host, with everything on it.
    Platform {
        /// Why: `platform` or `node_out_of_memory`.
        cause: Cause,
    },
}

impl Subject {
    /// What a restart is about, or `None` for what people did on purpose and jobs that ended well. `fault` is the fingerprint of the panic
    /// in its log.
    pub fn of(restart: &Restart, fault: Option<&str>) -> Option<Self> {
        let cause = restart.verdict.cause;
        restart.counts().then(|| match cause {
            Cause::Platform | Cause::NodeOutOfMemory => Self::Platform { cause },
            _ => Self::Workload {
                workload: restart.workload.clone(),
                cause,
                fault: fault
                    .filter(|_| matches!(cause, Cause::Crash | Cause::RuntimeOutOfMemory))
                    .map(str::to_owned),
            },
        })
    }
}

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

/// What decides whether an incident goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// What it is about.
    pub subject: Subject,
    /// How far people are.
    pub state: IncidentState,
    /// The first end.
    pub began_at: Timestamp,
    /// The newest end.
    pub last_at: Timestamp,
    /// How many ends.
    pub count: u32,
}

impl Incident {
    /// The incident that a restart opens.
    pub const fn open(subject: Subject, at: Timestamp) -> Self {
        Self {
            subject,
            state: IncidentState::Open,
            began_at: at,
            last_at: at,
            count: 1,
        }
    }

    /// Whether an end belongs to it: the same subject, and not after it was over. Ends may be told out of order, so one from before its
    /// first belongs too if it is as near as the others.
    pub fn takes(&self, subject: &Subject, at: Timestamp) -> bool {
        self.subject == *subject
            && self.state != IncidentState::Resolved
            && at <= self.quiet_from()
            && at + self.quiet() >= self.began_at
    }

    /// Counts an end that [`Incident::takes`].
    pub fn add(&mut self, at: Timestamp) {
        self.began_at = self.began_at.min(at);
        self.last_at = self.last_at.max(at);
        self.count += 1;
    }

    /// Whether it is over by itself at a moment.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.state != IncidentState::Resolved && now > self.quiet_from()
    }

    /// When it is over if nothing more happens.
    pub fn quiet_from(&self) -> Timestamp {
        self.last_at + self.quiet()
    }
}
