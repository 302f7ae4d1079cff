//! What a source says, before anyone judges it: numbers, states and events.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    ids::EngineId,
    sample::Sample,
    workload::{ContainerSpec, ContainerState},
};

/// What one round of polling saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// When the round was due; samples carry their own times.
    pub tick: Timestamp,
    /// Numbers of running containers.
    pub samples: Vec<(EngineId, Sample)>,
    /// States of containers, from list and inspect. Only a `complete` poll lists all of them.
    pub states: Vec<Observation>,
    /// Whether `states` lists every container of the source: one that is missing was removed.
    pub complete: bool,
}

/// A container's state as the engine told it when asked. It lags behind events and forgets causes at every start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When the engine answered.
    pub at: Timestamp,
    /// What the container is made from.
    pub spec: ContainerSpec,
    /// What it is doing.
    pub state: ContainerState,
    /// Start of the present run, or of the last one when it is dead. `None` when it never ran.
    pub started_at: Option<Timestamp>,
    /// End of the last finished run: before `started_at` while it runs.
    pub finished_at: Option<Timestamp>,
    /// Exit code of the last run. Meaningful only while the container is dead: a start sets it to zero.
    pub exit_code: Option<i32>,
    /// The engine's own flag. Never enough on its own: stale on old engines, cleared by starts on new ones, set by children too.
    pub oom_killed: bool,
    /// The engine's own counter: policy restarts only, set to zero by an operator's start and restart.
    pub restart_count: Option<u64>,
}

impl Observation {
    /// Whether it is another one with nothing new in it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self {
            at: _,
            spec,
            state,
            started_at,
            finished_at,
            exit_code,
            oom_killed,
            restart_count,
        } = self;
        *state == other.state
            && *started_at == other.started_at
            && *finished_at == other.finished_at
            && *exit_code == other.exit_code
            && *oom_killed == other.oom_killed
            && *restart_count == other.restart_count
            && *spec == other.spec
    }
}

/// One entry of the engine's event stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineEvent {
    /// The engine's own time, to the nanosecond.
    pub at: Timestamp,
    /// Whom it is about.
    pub container: EngineId,
    /// Name, image and labels travel with the event, so that even a container that is already gone can be named.
    pub spec: Option<ContainerSpec>,
    /// What happened.
    pub action: Action,
}

/// What happened to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// A container was made.
    Create,
    /// A run began.
    Start,
    /// A run ended.
    Die {
        /// The exit code, which the event always has.
        exit_code: i32,
        /// Podman 6 and newer: the kernel killed a process of this run for memory, not necessarily the one whose end this is.
        #[serde(default)]
        oom_killed: bool,
    },
    /// The kernel killed a process in the container's cgroup.
    Oom,
    /// Somebody asked the engine to send a signal.
    Kill {
        /// The signal's number.
        signal: i32,
    },
    /// An operator's stop has finished.
    Stop,
    /// An operator's restart has finished (Docker), or the policy restarted it (Podman).
    Restart,
    /// The container was removed.
    Destroy,
    /// Frozen.
    Pause,
    /// Thawed.
    Unpause,
    /// Its limits were changed in place.
    Update,
    /// The engine's health check changed its mind.
    Health {
        /// Whether it is healthy now.
        healthy: bool,
    },
}

impl Action {
    /// The end of a run as every engine but Podman 6 tells it: with its exit code alone.
    pub const fn died(exit_code: i32) -> Self {
        Self::Die {
            exit_code,
            oom_killed: false,
        }
    }

    /// The name in the API and the database.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Die { .. } => "die",
            Self::Oom => "oom",
            Self::Kill { .. } => "kill",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Destroy => "destroy",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Update => "update",
            Self::Health { .. } => "health",
        }
    }
}

/// A stretch in which we could not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What was not seen.
    pub kind: GapKind,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// Why, in a sentence for people.
    pub reason: String,
}

/// What a gap hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GapKind {
    /// The engine did not answer polls: numbers are missing.
    Polls,
    /// Events were lost: causes may be missing.
    Events,
    /// Numbers were seen but could not be kept: the store was behind or down.
    Storage,
}
