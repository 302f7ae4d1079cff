//! What the tasks that watch and the handlers that answer have in common.

use std::path::Path;

use super::watching::Pulse;
use crate::{alerting, analyze::Outlooks, config::Config, live::Live};

/// Handles that are cheap to clone; clones are of the same thing.
#[derive(Clone)]
pub(super) struct Shared {
    /// Tells open pages what is new.
    pub(super) live: Live,
    /// What the analyzer expects of runs that last.
    pub(super) outlooks: Outlooks,
    /// Whether the recorder can write.
    pub(super) pulse: Pulse,
    /// What channels are reached and their secrets kept with.
    pub(super) alerts: alerting::Setup,
}

impl Shared {
    pub(super) fn new(config: &Config, data_dir: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            live: Live::default(),
            outlooks: Outlooks::default(),
            pulse: Pulse::default(),
            alerts: alerting::Setup::new(config, data_dir)?,
        })
    }
}
