//! The engines and APIs that are polled, and how they are.

use serde::{Deserialize, Serialize};

/// What kind of API a source speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SourceKind {
    /// The Docker Engine API, which Podman speaks too.
    Docker,
}

impl SourceKind {
    /// The name in the configuration, the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
        }
    }

    /// Reads [`SourceKind::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Docker].into_iter().find(|kind| kind.name() == name)
    }
}

/// How a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SourceState {
    /// Not asked yet.
    Connecting,
    /// It answers.
    Healthy,
    /// Nobody listens there, or it does not answer in time.
    Unreachable,
    /// It refuses us.
    PermissionDenied,
    /// It answers, but speaks an API we do not know.
    Unsupported,
}

impl SourceState {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Healthy => "healthy",
            Self::Unreachable => "unreachable",
            Self::PermissionDenied => "permission_denied",
            Self::Unsupported => "unsupported",
        }
    }

    /// Reads [`SourceState::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Connecting,
            Self::Healthy,
            Self::Unreachable,
            Self::PermissionDenied,
            Self::Unsupported,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

/// What an engine says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EngineInfo {
    /// `Docker` or `Podman`.
    pub product: String,
    /// The product's version.
    pub version: String,
    /// The API version in use.
    pub api_version: String,
    /// `v1` or `v2`; empty when not told.
    pub cgroup: String,
    /// The engine's host name.
    pub host: String,
    /// Memory of the host in bytes.
    pub memory_bytes: Option<u64>,
    /// Engine clock minus ours, in milliseconds.
    pub clock_offset_ms: Option<i64>,
}

impl EngineInfo {
    /// Whether its events tell of OOM kills and stops. Podman's do not.
    pub fn tells_causes(&self) -> bool {
        !self.product.eq_ignore_ascii_case("podman")
    }
}
