//! Who a container is: the identity that outlives it, and what it was made from.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, ids::EngineId, labels::Labels};

/// The identity of a workload within its source. Two containers with the same key are the same workload, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadKey {
    /// Compose project, Swarm stack or namespace; empty when the container stands alone.
    pub group: String,
    /// Service name with the replica's number when it is not the first, else the container's name.
    pub name: String,
}

/// What a container was made from. A change of image or limit between two containers of a workload is a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The engine's id.
    pub id: EngineId,
    /// Which workload it belongs to.
    pub workload: WorkloadKey,
    /// The image as it was asked for, e.g. `shop/checkout:2.14.1`.
    pub image: String,
    /// The image's content digest (`sha256:…`), empty when the engine did not tell.
    pub image_id: String,
    /// When the engine made the container.
    pub created_at: Option<Timestamp>,
    /// The configured memory limit in bytes, `None` when there is none.
    pub limit_bytes: Option<u64>,
    /// `no`, `always`, `on-failure:3`, `unless-stopped`; empty when not known.
    pub restart_policy: String,
    /// What people choose workloads by. Other labels make no deploy: they change nothing of what runs.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

/// What a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ContainerState {
    /// Made, not started yet.
    Created,
    /// A process is running.
    Running,
    /// Frozen by an operator.
    Paused,
    /// Dead, and the engine will start it again after its back-off.
    Restarting,
    /// Dead.
    Exited,
    /// The engine no longer has it.
    Removed,
}

impl ContainerState {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
            Self::Removed => "removed",
        }
    }

    /// Reads [`ContainerState::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Created,
            Self::Running,
            Self::Paused,
            Self::Restarting,
            Self::Exited,
            Self::Removed,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}
