//! Incidents.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{SeriesSet, TimeRange, TimelineEntry};
use crate::{
    ids::{IncidentId, WorkloadId},
    incident::{IncidentState, ResolvedBy},
    verdict::{Cause, Confidence, EvidenceKind, Stance},
};

/// The longest name of a person, in characters.
pub const MAX_NAME: usize = 80;
/// The longest note, in characters: some pages of text.
pub const MAX_NOTE: usize = 10_000;

/// Which incidents are wanted: open ones first, then acknowledged, then resolved, each with the newest restart first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentQuery {
    /// Only in one of these states; in any when empty.
    pub states: Vec<IncidentState>,
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// Only with this cause.
    pub cause: Option<Cause>,
    /// Went on at or after.
    pub from: Option<DateTime<Utc>>,
    /// Began before.
    pub to: Option<DateTime<Utc>>,
    /// At most this many, 100 when not given, 1,000 at most.
    pub limit: Option<u32>,
    /// `meta.next` of the page before.
    pub cursor: Option<String>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentRow {
    /// Opaque.
    pub id: IncidentId,
    /// How far people are with it.
    pub state: IncidentState,
    /// Why runs ended.
    pub cause: Cause,
    /// How sure that is of the surest of its restarts; `null` when they are no longer kept.
    pub confidence: Option<Confidence>,
    /// Whose; `null` when it is about a whole source.
    pub workload: Option<WorkloadId>,
    /// The workload's name.
    pub workload_name: Option<String>,
    /// The workload's project, stack or namespace; empty when it stands alone.
    pub group: String,
    /// The source's name.
    pub source: String,
    /// Fingerprint of the panic, where a log named one.
    pub fault: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// How many runs ended.
    pub restarts: u32,
    /// Of how many workloads.
    pub workloads: u32,
    /// The first end.
    pub began_at: DateTime<Utc>,
    /// The newest end.
    pub last_at: DateTime<Utc>,
    /// When it is over by itself if nothing more happens; `null` when it is over.
    pub quiet_at: Option<DateTime<Utc>>,
    /// When it was over; `null` while it goes on.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who ended it.
    pub resolved_by: Option<ResolvedBy>,
}

/// One incident with what is known about it beside its restarts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentDetail {
    /// What the list says.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// Of how many restarts the cause is how sure.
    pub confidences: ConfidenceCounts,
    /// Evidence of its restarts, by what it is about: of how many of them it was found. Most common first.
    pub evidence: Vec<EvidenceCount>,
    /// Images that ran, in the order in which they came.
    pub images: Vec<String>,
    /// Workloads with restarts in it, most of them first.
    pub victims: Vec<IncidentVictim>,
    /// What became of it and what people wrote, oldest first.
    pub entries: Vec<IncidentEntry>,
    /// Others like it, newest first.
    pub similar: Vec<SimilarIncident>,
}

/// Of how many restarts the cause is how sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfidenceCounts {
    /// Direct evidence, and none against.
    pub confirmed: u32,
    /// The best reading.
    pub probable: u32,
    /// One of several readings.
    pub possible: u32,
}

impl ConfidenceCounts {
    /// All of them.
    pub const fn total(&self) -> u32 {
        self.confirmed + self.probable + self.possible
    }

    /// How many are this sure.
    pub const fn of(&self, confidence: Confidence) -> u32 {
        match confidence {
            Confidence::Confirmed => self.confirmed,
            Confidence::Probable => self.probable,
            Confidence::Possible => self.possible,
        }
    }
}

/// Of how many restarts a kind of evidence was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvidenceCount {
    /// Which way it points.
    pub stance: Stance,
    /// What it is about.
    pub kind: EvidenceKind,
    /// Of how many restarts.
    pub restarts: u32,
}

/// A workload that went down in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentVictim {
    /// Which.
    pub workload: WorkloadId,
    /// Its name.
    pub name: String,
    /// Its project, stack or namespace; empty when it stands alone.
    pub group: String,
    /// How often it went down.
    pub restarts: u32,
    /// Whether it is still down.
    pub is_down: bool,
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EntryKind {
    /// Somebody looks after it.
    Acknowledged,
    /// It was over.
    Resolved,
    /// It was not over after all.
    Reopened,
    /// Another owner; `text` has the name, empty for none.
    Owner,
    /// A person wrote something down.
    Note,
}

impl EntryKind {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Owner => "owner",
            Self::Note => "note",
        }
    }

    /// Reads [`EntryKind::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Acknowledged,
            Self::Resolved,
            Self::Reopened,
            Self::Owner,
            Self::Note,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// What became of an incident, or what a person wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EntryKind,
    /// The name that was given; `null` when none was, and when nobody did it.
    pub who: Option<String>,
    /// The note, the name of the owner, or more about what happened; may be empty.
    pub text: String,
}

/// Why an incident is like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Similarity {
    /// The logs name the same fault.
    SameFault,
    /// The same workload, or source, ended for the same reason.
    SameSubject,
}

/// An incident like another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SimilarIncident {
    /// Which.
    pub incident: IncidentRow,
    /// Why.
    pub similarity: Similarity,
}

/// The course of an incident: its range, what was measured and what happened in it. It is frozen when the incident is over, and then outlives
/// the samples. Of one that is about a whole source it is that of its workloads together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentCharts {
    /// What is drawn: the incident with a margin; of a long one, its last runs.
    pub range: TimeRange,
    /// Memory, its limit and tasks; of several workloads the sum of their working sets.
    pub series: SeriesSet,
    /// Of how many workloads that is: of those that went down most often.
    #[serde(default)]
    pub workloads: u32,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

/// What a person does with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Looks after it.
    Acknowledge,
    /// Says that it is over, and perhaps why.
    Resolve {
        /// Why; empty when nothing was said.
        text: String,
    },
    /// Says that it is not.
    Reopen,
    /// Says whose it is.
    Owner {
        /// Who; empty for nobody.
        owner: String,
    },
    /// Writes something down.
    Note {
        /// What.
        text: String,
    },
}
