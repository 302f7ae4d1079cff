//! The last lines that a run wrote, as they may be kept: bounded, printable, without secrets.
//!
//! A [`LogTail`] is made from raw lines by [`LogTail::read`] alone, which cleans and redacts them. So whatever takes a tail, the store
//! above all, takes nothing that was not redacted.

mod clean;
mod tail;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
pub use clean::clean;
pub use tail::{LogTail, Raw};

/// Lines of a tail at most. A panic of Go with a hundred goroutines has about that many; its reason comes first.
pub const MOST_LINES: usize = 1_000;
/// Bytes of a tail at most, without the ends of lines.
pub const MOST_BYTES: usize = 256 << 10;
/// Bytes of one line at most; the rest of it is cut. Engines split lines at 16 KiB.
pub const LONGEST_LINE: usize = 8 << 10;

/// How much older than its run a run's first lines may be: the engine stamps them as they come, and the run when all is set up.
const FIRST_LINES: TimeDelta = TimeDelta::seconds(1);

/// From when on lines are of a run that began at a moment, the run before it having ended at another, if there was one.
pub fn begins_at(run_started_at: Timestamp, ended_before: Option<Timestamp>) -> Timestamp {
    let begin = run_started_at - FIRST_LINES;
    // An end that is told later than the next start says nothing of where the lines part.
    ended_before
        .filter(|end| *end <= run_started_at)
        .map_or(begin, |end| begin.max(end))
}

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Stream {
    /// Standard output, or a terminal, which takes both.
    Out,
    /// Standard error.
    Err,
}

/// One line, cleaned and redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When the engine took it, by the engine's clock; `null` when it did not say.
    pub at: Option<DateTime<Utc>>,
    /// Where it was written to.
    pub stream: Stream,
    /// What it says.
    pub text: String,
}

/// Why there is no log, although one was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogMissing {
    /// The container was removed before its log could be read.
    Removed,
    /// Its logging driver cannot be read back.
    DriverCannotRead,
    /// The engine, or the proxy before it, does not let us.
    Forbidden,
    /// The engine did not answer in time.
    Timeout,
    /// The engine failed to answer.
    Failed,
    /// Too many containers died at once.
    TooMany,
    /// It was read, but the recorder was too far behind to keep it.
    QueueFull,
}

impl LogMissing {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Removed,
        Self::DriverCannotRead,
        Self::Forbidden,
        Self::Timeout,
        Self::Failed,
        Self::TooMany,
        Self::QueueFull,
    ];

    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::DriverCannotRead => "driver_cannot_read",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Failed => "failed",
            Self::TooMany => "too_many",
            Self::QueueFull => "queue_full",
        }
    }

    /// Reads [`LogMissing::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The reason in a sentence, with what would help.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Removed => {
                "The container was removed before its log could be read. Without --rm, and with a moment before `rm`, it can be."
            }
            Self::DriverCannotRead => {
                "The container's logging driver cannot be read back. The drivers json-file, local and journald can."
            }
            Self::Forbidden => {
                "The engine refused to show the log. Allow GET /containers/{id}/logs in the proxy or authorisation plug-in in front of it."
            }
            Self::Timeout => "The engine did not hand over the log in time.",
            Self::Failed => "The engine failed to hand over the log.",
            Self::TooMany => {
                "Too many containers ended at once: the engine was spared reading all of their logs."
            }
            Self::QueueFull => "The log was read, but the database was too far behind to keep it.",
        }
    }
}
