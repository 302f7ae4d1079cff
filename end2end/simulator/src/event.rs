//! What an engine says when something changed.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// One container object: what stays the same from `create` to `destroy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the engine it is on.
    pub engine: Arc<str>,
    /// The engine's id: 64 hexadecimal digits.
    pub id: String,
    /// The container's name, without the leading slash.
    pub name: String,
    /// Image with tag.
    pub image: String,
    /// The image's digest.
    pub image_id: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Its own address, on the loopback network, where its probes answer.
    pub address: Ipv4Addr,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The memory limit it was given, in bytes.
    pub limit_bytes: Option<u64>,
}

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
    pub log_tail: Option<Arc<str>>,
}
