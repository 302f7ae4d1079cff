//! What an engine says when something changed.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::identity::Identity;
use crate::logs::LogTail;

/// What changed, by the engine's own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The container object was made.
    Create,
    /// Podman only: its process is being set up.
    Init,
    /// Its process runs.
    Start,
    /// A signal was sent through the API.
    Kill {
        /// The signal's number.
        signal: u8,
    },
    /// The kernel killed a process in it, for memory.
    Oom,
    /// Its process has ended.
    Die {
        /// The exit code.
        exit_code: i32,
        /// How long the process ran, in seconds.
        lasted_seconds: i64,
        /// Podman from version 6 on: the kernel had killed a process of it for memory.
        oom_killed: bool,
    },
    /// Podman only: what was left of the process is gone.
    Cleanup,
    /// An operator's stop is complete.
    Stop,
    /// An operator's restart is complete; with Podman also: the restart policy acts.
    Restart,
    /// The container object was removed.
    Destroy,
    /// Its health check has failed too often.
    Unhealthy,
}

impl Action {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Init => "init",
            Self::Start => "start",
            Self::Kill { .. } => "kill",
            Self::Oom => "oom",
            Self::Die { .. } => "die",
            Self::Cleanup => "cleanup",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Destroy => "destroy",
            Self::Unhealthy => "health_status: unhealthy",
        }
    }
}

/// One line of an engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// When, by the engine's clock.
    pub at: DateTime<Utc>,
    /// What changed.
    pub action: Action,
    /// Which container.
    pub container: Arc<Identity>,
    /// With `die`: the last lines of its log, as `logs` would have answered then.
    pub log_tail: Option<Arc<LogTail>>,
}
