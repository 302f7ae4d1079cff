//! The ledger's entries: the end of a run, how the next one began, and why.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    ids::EngineId,
    sample::Sample,
    verdict::{Cause, Verdict},
    workload::WorkloadKey,
};

/// How the next run came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RestartKind {
    /// The engine's restart policy.
    Policy,
    /// An operator's start or restart.
    Manual,
    /// A new container took its place.
    Recreated,
    /// The engine itself was restarted.
    EngineRestart,
    /// We saw only that it happened: `started_at` had moved.
    Unobserved,
    /// It has stayed down so far.
    StayedDown,
}

impl RestartKind {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Manual => "manual",
            Self::Recreated => "recreated",
            Self::EngineRestart => "engine_restart",
            Self::Unobserved => "unobserved",
            Self::StayedDown => "stayed_down",
        }
    }

    /// Reads [`RestartKind::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Policy,
            Self::Manual,
            Self::Recreated,
            Self::EngineRestart,
            Self::Unobserved,
            Self::StayedDown,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// One ledger entry, keyed by the run that ended: `(container, run_started_at)` is unique, so that seeing it twice changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restart {
    /// Whose.
    pub workload: WorkloadKey,
    /// The container whose run ended.
    pub container: EngineId,
    /// When that run had begun.
    pub run_started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// When the next run of the workload began; `None` while it stays down.
    pub started_at: Option<Timestamp>,
    /// Exit code, when it was seen.
    pub exit_code: Option<i32>,
    /// How the next run came about.
    pub kind: RestartKind,
    /// The image that ran.
    pub image: String,
    /// The image of the next run, when it is another one.
    pub next_image: Option<String>,
    /// Why.
    pub verdict: Verdict,
    /// The last reading before the end, kept for ever.
    pub last_sample: Option<Sample>,
}

impl Restart {
    /// The signal that ended the process: shells and engines report 128 + n.
    pub fn signal(&self) -> Option<i32> {
        self.exit_code.and_then(signal_of)
    }

    /// Whether it counts among "restarts": what people did on purpose does not, nor does a job that ended well and stayed ended.
    /// (A child that was killed while the container lived on makes no entry at all.)
    pub fn counts(&self) -> bool {
        counts(self.verdict.cause, self.started_at.is_some())
    }
}

/// See [`Restart::counts`].
pub const fn counts(cause: Cause, came_back: bool) -> bool {
    match cause {
        Cause::Stopped | Cause::Deployed => false,
        Cause::Completed => came_back,
        _ => true,
    }
}

/// The signal in an exit code above 128, by the convention of POSIX shells that engines follow.
pub const fn signal_of(exit_code: i32) -> Option<i32> {
    if exit_code > 128 && exit_code <= 128 + 64 {
        Some(exit_code - 128)
    } else {
        None
    }
}

/// `SIGKILL` for 9. Only signals that end containers are named.
pub const fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// An entry for tests: a run of `web` that ended and was followed by another a second later.
#[cfg(test)]
pub(crate) fn ended(run_started_at: Timestamp, ended_at: Timestamp, cause: Cause) -> Restart {
    Restart {
        workload: WorkloadKey {
            group: String::new(),
            name: "web".to_owned(),
        },
        container: EngineId("c1".to_owned()),
        run_started_at,
        ended_at,
        started_at: Some(ended_at + chrono::TimeDelta::seconds(1)),
        exit_code: Some(137),
        kind: RestartKind::Policy,
        image: "web:1".to_owned(),
        next_image: None,
        verdict: Verdict {
            cause,
            confidence: crate::verdict::Confidence::Probable,
            evidence: Vec::new(),
        },
        last_sample: None,
    }
}
