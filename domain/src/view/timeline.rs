//! The timeline: every dated fact about a workload, for the event lane.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::TimeRange;
use crate::{
    ids::{RestartId, WorkloadId},
    verdict::{Cause, Confidence},
};

/// Which facts are wanted, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineQuery {
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// The stretch of time.
    pub range: TimeRange,
    /// At most this many, 2,000 when not given, 10,000 at most.
    pub limit: Option<u32>,
    /// `meta.next` of the page before.
    pub cursor: Option<String>,
}

/// What kind of fact it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimelineKind {
    /// A run ended (and usually another began).
    Restart,
    /// The kernel killed a process in the container for memory.
    Oom,
    /// The same, and the container lived on.
    ChildOutOfMemory,
    /// Image or specification changed.
    Deploy,
    /// What a deploy did was decided.
    Proof,
    /// A profile or log was captured.
    Capture,
    /// We could not see, from `at` to `until`.
    CoverageGap,
    /// A person wrote something down.
    Note,
    /// An incident was opened, acknowledged, resolved, reopened or given to somebody.
    Incident,
}

/// One dated fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Until when, for facts that last; `null` while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// What kind.
    pub kind: TimelineKind,
    /// Whose; `null` when it concerns a whole source.
    pub workload: Option<WorkloadId>,
    /// In a sentence.
    pub text: String,
    /// For restarts: the ledger entry.
    pub restart: Option<RestartId>,
    /// For restarts: why.
    pub cause: Option<Cause>,
    /// For restarts: how sure that is.
    pub confidence: Option<Confidence>,
}
