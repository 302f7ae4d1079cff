//! The truth log: what really happened, to compare a ledger with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everything that happened since the fleet began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Every end of a process, in order of time.
    pub deaths: Vec<Death>,
    /// Every child that the kernel killed while its container lived on.
    pub child_ooms: Vec<ChildOom>,
}

/// One end of a container's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// Name of the engine.
    pub engine: String,
    /// Name of the workload in the fleet file.
    pub workload: String,
    /// Id of the container whose process ended.
    pub container_id: String,
    /// Which life of the workload this was, from 1.
    pub run: u64,
    /// When the process started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// The true cause.
    pub cause: Cause,
    /// The exit code.
    pub exit_code: i32,
    /// When the next process of the workload started, if one did.
    pub restarted_at: Option<DateTime<Utc>>,
    /// Who started it.
    pub restarted_by: Option<Starter>,
}

/// A process killed for memory while its container lived on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildOom {
    /// Name of the engine.
    pub engine: String,
    /// Name of the workload in the fleet file.
    pub workload: String,
    /// Id of the container.
    pub container_id: String,
    /// When the engine heard of it.
    pub at: DateTime<Utc>,
}

impl Cause {
    /// By Inquest's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out_of_memory",
            Self::NodeOutOfMemory => "node_out_of_memory",
            Self::ChildOutOfMemory => "child_out_of_memory",
            Self::RuntimeOutOfMemory => "runtime_out_of_memory",
            Self::Crash => "crash",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Deployed => "deployed",
            Self::FailedProbe => "failed_probe",
            Self::Killed => "killed",
            Self::Platform => "platform",
        }
    }
}

/// Why a process ended, by Inquest's names for causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The kernel killed it at the container's own limit.
    OutOfMemory,
    /// The kernel killed it because the host had no memory left.
    NodeOutOfMemory,
    /// The kernel killed another of its processes, and it gave up upon that.
    ChildOutOfMemory,
    /// Its heap was exhausted inside; it ended itself.
    RuntimeOutOfMemory,
    /// It ended with an error of its own.
    Crash,
    /// It ended by itself with exit code 0.
    Completed,
    /// An operator stopped, restarted or killed it through the engine.
    Stopped,
    /// It made way for another version.
    Deployed,
    /// Its health check failed.
    FailedProbe,
    /// SIGKILL from outside the engine.
    Killed,
    /// Its host or its engine went down.
    Platform,
}

/// Who started a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starter {
    /// The engine, by the restart policy.
    Policy,
    /// An operator, or a program in the role of one.
    Manual,
    /// A deploy.
    Deploy,
    /// The engine, when it came up again.
    Engine,
}

impl Truth {
    /// Deaths per cause.
    pub fn counts(&self) -> BTreeMap<Cause, usize> {
        let mut counts = BTreeMap::new();
        for death in &self.deaths {
            *counts.entry(death.cause).or_default() += 1;
        }
        counts
    }

    /// The deaths of one workload.
    pub fn of<'a>(&'a self, workload: &'a str) -> impl Iterator<Item = &'a Death> {
        self.deaths
            .iter()
            .filter(move |death| death.workload == workload)
    }
}
