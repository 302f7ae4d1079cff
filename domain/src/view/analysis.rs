//! What is made of a workload's runs: growth, forecast, correlation, survival, the right limit, and what deploys did.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::TimeRange;
use crate::{
    correlation::Correlation,
    ids::{EngineId, RestartId, RunId},
    leak::Reading,
    metric::TaskKind,
    right_size::RightSize,
    survival::Survival,
    verdict::{Cause, Confidence},
};

/// Whether something grows without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GrowthState {
    /// It grows.
    Growing,
    /// It does not.
    Flat,
    /// It cannot be told.
    Unknown,
}

/// How something grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrowthView {
    /// Whether it does.
    pub state: GrowthState,
    /// How fast, or why not, or why that cannot be told.
    pub text: String,
    /// Units an hour while it grows; else `null`.
    pub per_hour: Option<f64>,
}

/// When the present run meets its memory limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastView {
    /// When that was told.
    pub judged_at: DateTime<Utc>,
    /// Whether memory grows.
    pub state: GrowthState,
    /// `41 min (34–52)`, `None in sight`, `Not known yet`.
    pub text: String,
    /// How fast it grows, or why it does not, or why that cannot be told.
    pub reason: String,
    /// Not before this; `null` when no limit is in sight.
    pub earliest_at: Option<DateTime<Utc>>,
    /// Most likely then.
    pub likely_at: Option<DateTime<Utc>>,
    /// Not after this.
    pub latest_at: Option<DateTime<Utc>>,
    /// Of the forecasts that were tried on past runs, those whose range held the true end; `null` when there are too few.
    pub hits: Option<u32>,
    /// Forecasts that were tried.
    pub tried: Option<u32>,
}

/// Which analysis is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisQuery {
    /// The stretch of time whose restarts are correlated.
    pub range: TimeRange,
}

/// Whether restarts follow something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CorrelationView {
    /// The figures.
    pub figures: Correlation,
    /// Whether so many would hardly have followed by chance.
    pub significant: bool,
    /// `19 of 19 restarts came within 15 s of memory reaching its limit`.
    pub text: String,
    /// `by chance 0.4 %`.
    pub chance_text: String,
}

/// What the growth of tasks explains of the growth of memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostView {
    /// Bytes for each further task: the median over runs.
    pub bytes_per_task: f64,
    /// Share of the growth of memory: the median over runs.
    pub explained_ratio: f64,
    /// How many runs that is from.
    pub runs: u32,
    /// In a sentence.
    pub text: String,
}

/// What is made of a workload's runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnalysisView {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Whether the restarts of the range follow memory at its limit; `null` when none of them can be told.
    pub memory_correlation: Option<CorrelationView>,
    /// Whether they follow the task count at its highest.
    pub tasks_correlation: Option<CorrelationView>,
    /// How the memory of the present run grows; `null` when nothing runs.
    pub memory: Option<GrowthView>,
    /// How its tasks grow.
    pub tasks: Option<GrowthView>,
    /// When it meets the limit.
    pub forecast: Option<ForecastView>,
    /// At which age runs die; `null` with fewer than five ends.
    pub survival: Option<Survival>,
    /// The same in a sentence.
    pub survival_text: Option<String>,
    /// Whether memory climbs from the start of each run to its limit.
    pub is_sawtooth: bool,
    /// What a task costs; `null` where memory does not follow tasks.
    pub cost: Option<CostView>,
    /// Which limit would be right.
    pub right_size: RightSize,
    /// The same in a sentence.
    pub right_size_text: String,
}

/// One run, with its course by age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunRow {
    /// Opaque.
    pub id: RunId,
    /// The engine's id of its container.
    pub container_id: EngineId,
    /// The image.
    pub image: String,
    /// The memory limit in bytes; `null` when none was set.
    pub limit_bytes: Option<u64>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `null` while it lasts.
    pub ended_at: Option<DateTime<Utc>>,
    /// How old it is, or was when it ended, in milliseconds.
    pub age_ms: i64,
    /// The ledger's entry for its end.
    pub restart: Option<RestartId>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// How sure that is.
    pub confidence: Option<Confidence>,
    /// Whether its end is in the restart counts.
    pub counts: bool,
    /// Memory in the last reading before the end.
    pub memory_at_end_bytes: Option<u64>,
    /// Tasks in the last reading before the end.
    pub tasks_at_end: Option<u64>,
    /// What is counted as tasks.
    pub task_kind: Option<TaskKind>,
    /// How its memory grew.
    pub memory_growth: GrowthView,
    /// How its tasks grew.
    pub tasks_growth: GrowthView,
    /// Its memory by age, in bytes.
    pub memory: Vec<Reading>,
    /// Its tasks by age.
    pub tasks: Vec<Reading>,
}

/// What a deploy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeployOutcome {
    /// There was no fault before that could be gone.
    NothingBefore,
    /// No restart for so long that the fault is gone.
    Fixed,
    /// Fewer restarts than before, and no accident.
    Better,
    /// As many as before.
    Unchanged,
    /// More than before, and no accident.
    MadeWorse,
    /// It grows as before towards a larger limit.
    OnlyDelayed,
    /// Not enough time has passed.
    TooEarly,
    /// It was replaced before anything could be told.
    Replaced,
}

/// A figure of runs before and after a deploy, at the same age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BeforeAfter {
    /// The median of the runs before.
    pub before: f64,
    /// The median of the runs after.
    pub after: f64,
    /// How likely it would lie this far below by chance.
    pub chance_lower: f64,
}

/// A deploy and what it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeployRow {
    /// When the first run of the new version began.
    pub at: DateTime<Utc>,
    /// The container it came with.
    pub container_id: EngineId,
    /// The image before.
    pub from_image: String,
    /// The image after.
    pub to_image: String,
    /// The limit before, in bytes; `null` when none was set.
    pub from_limit_bytes: Option<u64>,
    /// The limit after.
    pub to_limit_bytes: Option<u64>,
    /// What it did.
    pub outcome: DeployOutcome,
    /// The same in a sentence, with figures.
    pub text: String,
    /// When the outcome was decided and put on the timeline; `null` while it is not.
    pub decided_at: Option<DateTime<Utc>>,
    /// What was said then: with more time and restarts, `text` may say more.
    pub decided_text: Option<String>,
    /// When it can be told if nothing happens until then; `null` once it is.
    pub ready_at: Option<DateTime<Utc>>,
    /// The cause whose restarts are compared; `null` for all.
    pub cause: Option<Cause>,
    /// Restarts before.
    pub restarts_before: u32,
    /// Restarts after.
    pub restarts_after: u32,
    /// Seconds in which the version before was watched and meant to run.
    pub watched_before_s: f64,
    /// The same of the version after.
    pub watched_after_s: f64,
    /// The chance that the fault is still there and only did not strike: exp(-T / M).
    pub residual: f64,
    /// Growth of memory in bytes a second.
    pub growth: Option<BeforeAfter>,
    /// The age at which memory and tasks are compared, in seconds.
    pub same_age_s: Option<f64>,
    /// Bytes of memory at that age.
    pub memory: Option<BeforeAfter>,
    /// Tasks at that age.
    pub tasks: Option<BeforeAfter>,
    /// The runs before.
    pub runs_before: Vec<RunId>,
    /// The runs after.
    pub runs_after: Vec<RunId>,
}
