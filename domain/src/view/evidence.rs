//! All that is kept around one restart, and what is searched across them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RestartRow;
use crate::{
    black_box::InferredPeak,
    ids::{IncidentId, RestartId, WorkloadId},
    log::{LogLine, LogMissing, Stream},
    panic::{Frame, Language},
    profile::Growth,
    revision::RevisionReason,
    sample::Sample,
    verdict::{Cause, Confidence, Evidence},
};

/// One restart with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestartDetail {
    /// The same as in the list.
    #[serde(flatten)]
    pub row: RestartRow,
    /// The last reading before the end; `null` when there was none.
    pub last_sample: Option<Sample>,
    /// Set when memory reached its limit between two readings: the kernel said so, no reading did.
    pub inferred_peak: Option<InferredPeak>,
    /// Verdicts that were replaced, the oldest first. The newest verdict is the restart's own.
    pub revisions: Vec<Revision>,
    /// What people say it was, the newest first. Verdict and correction both stay.
    pub corrections: Vec<Correction>,
    /// About the log; `null` when none was asked for, as when the end was not seen as it happened.
    pub log: Option<LogSummary>,
    /// What the program said of its own end; `null` when that is not known.
    pub panic: Option<PanicDetail>,
    /// What its goroutines were doing before the end, where it tells (`inquest.pprof`); `null` when it does not, or nobody had looked.
    pub goroutines: Option<Growth>,
    /// Readings around the end; `null` when there were none.
    pub black_box: Option<BlackBoxView>,
    /// Who used most memory on the same engine then, the largest first.
    pub neighbours: Vec<NeighbourRow>,
}

/// A verdict that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revision {
    /// When it was replaced.
    pub at: DateTime<Utc>,
    /// What had become known.
    pub reason: RevisionReason,
    /// What it said.
    pub cause: Cause,
    /// How sure it was.
    pub confidence: Confidence,
    /// What it had weighed.
    pub evidence: Vec<Evidence>,
}

/// What a person says the cause was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correction {
    /// When it was said.
    pub at: DateTime<Utc>,
    /// The cause.
    pub cause: Cause,
    /// Why, in the person's words; may be empty.
    pub note: String,
}

/// A correction as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    /// The cause.
    pub cause: Cause,
    /// Why; 2,000 characters at most.
    #[serde(default)]
    pub note: String,
}

/// Characters that a note may have.
pub const LONGEST_NOTE: usize = 2_000;

/// About the log of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogSummary {
    /// How many lines are kept.
    pub lines: u32,
    /// Whether the run wrote more.
    pub is_cut: bool,
    /// How many secrets were taken out.
    pub redacted: u32,
    /// Why there are none; `null` when the log was read, even if the run wrote nothing.
    pub missing: Option<LogMissing>,
}

/// The last lines that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// About it.
    pub summary: LogSummary,
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
}

/// A panic, and how often the same was seen in the same workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PanicDetail {
    /// The group it belongs to, as it is now.
    pub group: PanicGroup,
    /// Where it happened, the innermost function first.
    pub frames: Vec<Frame>,
    /// Its first line in the log, counted from 0.
    pub first_line: u32,
}

/// The same panic of the same workload, however often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PanicGroup {
    /// The same for the same fault in every build and run.
    pub fingerprint: String,
    /// Whose it is.
    pub workload: WorkloadId,
    /// The workload's name.
    pub workload_name: String,
    /// The language of the program.
    pub language: Language,
    /// What was thrown.
    pub kind: String,
    /// What was said of it the last time.
    pub message: String,
    /// How many restarts had it.
    pub count: u32,
    /// The first time.
    pub first_seen_at: DateTime<Utc>,
    /// The last time.
    pub last_seen_at: DateTime<Utc>,
    /// The restart of the last time.
    pub last_restart: RestartId,
    /// The images that had it, in the order in which they first did.
    pub images: Vec<String>,
    /// The last time it came back after at least a week.
    pub came_back: Option<PanicReturn>,
}

/// A panic that was gone for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PanicReturn {
    /// When it was seen again.
    pub at: DateTime<Utc>,
    /// How long it had not been, in milliseconds.
    pub quiet_ms: i64,
    /// The image that had it before.
    pub image_before: String,
    /// The image that has it again.
    pub image: String,
}

/// Which panics are wanted, the last seen first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicQuery {
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// Only this one.
    pub fingerprint: Option<String>,
    /// At most this many, 100 when not given, 1,000 at most.
    pub limit: Option<u32>,
}

/// Readings around an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlackBoxView {
    /// Begin of what is kept.
    pub from: DateTime<Utc>,
    /// End of what is kept.
    pub to: DateTime<Utc>,
    /// Whether the minutes after the end are in it yet.
    pub is_complete: bool,
    /// Every reading, oldest first.
    pub readings: Vec<Sample>,
}

/// A user of memory at the moment of an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NeighbourRow {
    /// Who.
    pub workload: WorkloadId,
    /// Its name.
    pub name: String,
    /// Compose project, stack or namespace; empty when there is none.
    pub group: String,
    /// Memory that counts towards its limit, in bytes.
    pub working_set_bytes: u64,
    /// Its limit in bytes; `null` without one.
    pub limit_bytes: Option<u64>,
    /// Share of its limit; `null` without one.
    pub ratio: Option<f64>,
    /// When that was read.
    pub at: DateTime<Utc>,
    /// Whether it is the one that ended.
    pub is_itself: bool,
}

/// What to look for in logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    /// Words that must all be there; `"in quotes"` next to each other, `or` between them, `-` before one that must not be there.
    pub text: String,
    /// Only of this workload.
    pub workload: Option<WorkloadId>,
    /// Only of workloads that have this in their name, in capitals or not.
    pub name: Option<String>,
    /// Only of runs that ended for this cause.
    pub cause: Option<Cause>,
    /// Of runs that ended at or after.
    pub from: Option<DateTime<Utc>>,
    /// Of runs that ended before.
    pub to: Option<DateTime<Utc>>,
    /// At most this many, 20 when not given, 100 at most.
    pub limit: Option<u32>,
    /// `meta.next` of the page before.
    pub cursor: Option<String>,
}

/// A log in which the words were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogHit {
    /// The restart that it belongs to.
    pub restart: RestartId,
    /// The incident that this restart belongs to; `null` for those that people caused.
    pub incident: Option<IncidentId>,
    /// Whose.
    pub workload: WorkloadId,
    /// The workload's name.
    pub workload_name: String,
    /// When the run ended.
    pub ended_at: DateTime<Utc>,
    /// Why.
    pub cause: Cause,
    /// With which exit code, when that was seen.
    pub exit_code: Option<i32>,
    /// How many lines of the log are kept.
    pub log_lines: u32,
    /// How many of them have one of the words.
    pub lines_with_hits: u32,
    /// The lines that say most of what was looked for, and those around them, oldest first.
    pub lines: Vec<HitLine>,
    /// The same as running text, in parts: join them to read it.
    pub excerpt: Vec<ExcerptPart>,
}

/// A line of a log in which something was found, or one beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HitLine {
    /// Its place in the log, counted from 0.
    pub number: u32,
    /// When the engine took it; `null` when it did not say.
    pub at: Option<DateTime<Utc>>,
    /// Where it was written to.
    pub stream: Stream,
    /// What it says; far from what was found a long line is cut, which `…` tells.
    pub parts: Vec<ExcerptPart>,
}

/// A part of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExcerptPart {
    /// What it says.
    pub text: String,
    /// Whether it is a word that was looked for.
    pub is_hit: bool,
}
