//! Alerts, rules, silences and channels as people read them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::SeriesView;
use crate::{
    alert::{Fields, Notice, Severity, Suppressed, preview::Episode},
    ids::{AlertId, ChannelId, DeliveryId, IncidentId, RestartId, RuleId, SilenceId, WorkloadId},
};

/// Where an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AlertPhase {
    /// The condition holds, but not for long enough yet.
    Pending,
    /// It is one.
    Firing,
    /// It is over.
    Resolved,
}

impl AlertPhase {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }

    /// Reads [`AlertPhase::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Firing, Self::Resolved]
            .into_iter()
            .find(|phase| phase.name() == name)
    }
}

/// Which alerts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertQuery {
    /// Only in this phase; all that last when not given.
    pub phase: Option<AlertPhase>,
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// At most this many, 200 when not given.
    pub limit: Option<u32>,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRow {
    /// Its number.
    pub id: AlertId,
    /// Where it is.
    pub phase: AlertPhase,
    /// The rule; `null` when it is gone.
    pub rule: Option<RuleId>,
    /// The rule's name.
    pub rule_name: String,
    /// How much it matters.
    pub severity: Severity,
    /// The source's name.
    pub source: String,
    /// The workload; `null` when it is about the source itself.
    pub workload: Option<WorkloadId>,
    /// Group of the workload; empty when it stands alone.
    pub group: String,
    /// Name of the workload, or of the source.
    pub name: String,
    /// When it fired, or the condition began to hold.
    pub since: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The newest value with its unit, for people.
    pub value: Option<String>,
    /// The worst value.
    pub peak: Option<String>,
    /// How often it happened; 0 for what is not counted.
    pub occurrences: u32,
    /// The newest entry of the ledger that it is about.
    pub restart: Option<RestartId>,
    /// The incident of that entry, else the one of its workload that goes on.
    pub incident: Option<IncidentId>,
    /// Why nothing is said of it.
    pub suppressed: Option<Suppressed>,
    /// What was said of it last, and when.
    pub told_at: Option<DateTime<Utc>>,
    /// Who has taken it, and when.
    pub acknowledged: Option<Acknowledged>,
    /// The channels that were told.
    pub channels: Vec<String>,
}

/// A stretch in which an alert fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSpan {
    /// The alert.
    pub id: AlertId,
    /// Its rule's name.
    pub rule_name: String,
    /// When it fired.
    pub from: DateTime<Utc>,
    /// When it was over; `None` while it lasts.
    pub to: Option<DateTime<Utc>>,
    /// Whether nothing was said of it when it was seen last.
    pub is_held_back: bool,
}

/// Somebody looks after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acknowledged {
    /// When that was said.
    pub at: DateTime<Utc>,
    /// By whom; empty when that was not said.
    pub by: String,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleRow {
    /// Its number.
    pub id: RuleId,
    /// Its fields, as they are written in files.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub fields: Fields,
    /// What it looks at, in a few words.
    pub summary: String,
    /// Whether a file of the configuration has it, which alone may change it.
    pub from_file: bool,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// How many alerts of it fire now.
    pub firing: u32,
}

/// What a rule would have said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulePreview {
    /// Begin of what was looked at.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
    /// Workloads that the rule is about.
    pub in_scope: u32,
    /// Whether it could be counted; when not, `note` says why.
    pub is_computed: bool,
    /// How often it would have fired on all of them.
    pub fired: u32,
    /// Those on which it would have fired, the most often first, then those that came closest.
    pub workloads: Vec<WorkloadPreview>,
    /// What it cannot tell, in a sentence.
    pub note: Option<String>,
}

/// What a rule would have said of one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkloadPreview {
    /// Which.
    pub workload: WorkloadId,
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// When it would have fired.
    pub episodes: Vec<Episode>,
    /// What the rule looks at; only of the first few.
    pub series: Option<SeriesView>,
}

/// One silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SilenceRow {
    /// Its number.
    pub id: SilenceId,
    /// Its fields.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub fields: Fields,
    /// Whether it holds now.
    pub is_active: bool,
    /// Whether it is over for good.
    pub is_over: bool,
    /// When it holds within the next seven days.
    pub next: Vec<Stretch>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When somebody ended it.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A stretch of time, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stretch {
    /// Its begin.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

/// One channel. Secrets are never in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelRow {
    /// Its number.
    pub id: ChannelId,
    /// Its fields without the secret ones.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, String>))]
    pub fields: Fields,
    /// Names of the secret fields that are set.
    pub secrets: Vec<String>,
    /// When it worked last.
    pub last_ok_at: Option<DateTime<Utc>>,
    /// When it failed last.
    pub last_failed_at: Option<DateTime<Utc>>,
    /// Why.
    pub last_problem: Option<String>,
    /// Deliveries that wait.
    pub waiting: u32,
}

/// A kind of channel, and what has to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelKind {
    /// The value of its field `kind`.
    pub kind: String,
    /// What people call it.
    pub label: String,
    /// Its fields.
    pub fields: Vec<ChannelField>,
}

/// A field of a kind of channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelField {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// An example, and what it is for.
    pub hint: String,
    /// Whether it is never shown again.
    pub is_secret: bool,
    /// Whether it may be left out.
    pub is_optional: bool,
}

/// A notice that could not be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// Its number.
    pub id: DeliveryId,
    /// The channel's name.
    pub channel: String,
    /// What kind of notice.
    pub notice: Notice,
    /// What it says.
    pub title: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub problem: String,
}

/// How a test of a channel went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestResult {
    /// Whether the message was taken.
    pub is_delivered: bool,
    /// Why not; `null` when it was.
    pub problem: Option<String>,
}
