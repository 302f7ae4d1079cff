//! What has come in and waits to be written.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Timestamp,
    fact::{EngineEvent, Gap, Observation},
    ids::EngineId,
    sample::Sample,
};

use crate::{
    collect::{Health, ProbeHealth},
    store::Tick,
};

/// What has come in since the last round of writing, other than readings.
#[derive(Debug, Default)]
pub(in crate::analyze) struct Incoming {
    pub(in crate::analyze) events: Vec<EngineEvent>,
    /// The newest state of each container of which the store knows another.
    pub(in crate::analyze) states: HashMap<EngineId, Observation>,
    pub(in crate::analyze) gaps: Vec<Gap>,
    pub(in crate::analyze) removed: BTreeMap<EngineId, Timestamp>,
    pub(in crate::analyze) health: Option<Health>,
    pub(in crate::analyze) probes: Vec<ProbeHealth>,
}

impl Incoming {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.states.is_empty()
            && self.gaps.is_empty()
            && self.removed.is_empty()
            && self.health.is_none()
            && self.probes.is_empty()
    }
}

/// Readings that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) ticks: Vec<Tick>,
    /// Those of containers that have no number yet.
    pub(super) unnamed: Vec<(Timestamp, EngineId, Sample)>,
}
