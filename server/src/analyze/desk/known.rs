//! What is known of a container, and what the store was told of it.

use chrono::TimeDelta;
use domain::{Timestamp, fact::Observation, workload::ContainerState};

use crate::{
    analyze::{profiles::Profiles, ring::Ring},
    store::Resolved,
};

/// The store is told of a state again after so long although it is the same: should it know better, that lasts no longer.
const TELL_AGAIN: TimeDelta = TimeDelta::hours(1);

/// What is known of a container.
#[derive(Debug, Default)]
pub(in crate::analyze) struct Known {
    /// Our numbers, since it was inspected for the first time.
    pub(in crate::analyze) keys: Option<Resolved>,
    /// What the store was told of its state.
    pub(super) told: Option<Told>,
    /// Whether the engine still has it, as far as we know.
    pub(super) is_present: bool,
    pub(super) ring: Ring,
    pub(super) profiles: Profiles,
}

/// What the store is told of a container's state. It is told again when it changes, and after [`TELL_AGAIN`].
#[derive(Debug)]
pub(super) struct Told {
    at: Timestamp,
    state: ContainerState,
    started_at: Option<Timestamp>,
    limit_bytes: Option<u64>,
    restart_policy: String,
    restart_count: Option<u64>,
}

impl From<&Observation> for Told {
    fn from(seen: &Observation) -> Self {
        Self {
            at: seen.at,
            state: seen.state,
            started_at: seen.started_at,
            limit_bytes: seen.spec.limit_bytes,
            restart_policy: seen.spec.restart_policy.clone(),
            restart_count: seen.restart_count,
        }
    }
}

impl Told {
    /// Whether the store need not be told.
    pub(super) fn covers(&self, seen: &Observation) -> bool {
        self.state == seen.state
            && self.started_at == seen.started_at
            && self.limit_bytes == seen.spec.limit_bytes
            && self.restart_policy == seen.spec.restart_policy
            && self.restart_count == seen.restart_count
            && (seen.at - self.at).abs() < TELL_AGAIN
    }
}
