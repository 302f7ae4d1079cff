//! When the programs of the past were looked at as a whole: as the Docker source would have.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{ids::EngineId, profile::Seen};
use simulator::ContainerSample;

use super::translate;
use crate::collect::{Body, probes::FIRST_PROFILE, sources::docker::ARM_AT};

/// Remembers which runs were looked at.
#[derive(Default)]
pub(super) struct Profiler {
    /// The begin of the run that was looked at, by container.
    seen: HashMap<EngineId, DateTime<Utc>>,
}

impl Profiler {
    /// What a program was doing, if that would have been asked for now.
    pub(super) fn look(&mut self, at: DateTime<Utc>, container: &ContainerSample) -> Option<Body> {
        let id = EngineId(container.container.id.clone());
        let started_at = container.state.started_at?;
        let is_first = self.seen.get(&id) != Some(&started_at) && started_at + FIRST_PROFILE <= at;
        let ratio = translate::sample(at, container).and_then(|sample| sample.memory_ratio());
        if !is_first && ratio.is_none_or(|ratio| ratio < ARM_AT) {
            return None;
        }
        let profile = domain::profile::goroutines(&container.goroutine_profile()?)?;
        self.seen.insert(id.clone(), started_at);
        Some(Body::Profile(id, Seen { at, profile }))
    }
}
