//! What an engine says of the kernel's kills beside its `oom` events: `OOMKilled` of inspect, and of the event of the end.

use crate::fleet::{EngineKind, EngineSpec};

/// When `OOMKilled` is set, and how long it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OomFlag {
    /// Docker 20: with the end, and over the next start.
    AtEndForGood,
    /// Newer Docker: with the kill, until the next start.
    AtOnce,
    /// Podman 4: never.
    Never,
    /// Podman 5: with the end, until the next start (pull request 21523 of its repository).
    AtEnd,
    /// Podman 6: likewise, and the event of the end says so too (release notes of 6.0).
    AtEndAndTold,
}

impl OomFlag {
    pub(crate) fn of(engine: &EngineSpec) -> Self {
        let major = engine.version.split('.').next();
        let major: u32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
        match (engine.kind, major) {
            (EngineKind::Docker, ..=20) => Self::AtEndForGood,
            (EngineKind::Docker, _) => Self::AtOnce,
            (EngineKind::Podman, ..=4) => Self::Never,
            (EngineKind::Podman, 5) => Self::AtEnd,
            (EngineKind::Podman, _) => Self::AtEndAndTold,
        }
    }
}
