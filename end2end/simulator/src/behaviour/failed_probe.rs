//! A health check that fails, and a watcher that restarts what is unhealthy.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::Nanos;

/// Turns unhealthy at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailedProbe {
    pub(crate) when: When,
}

impl Acts for FailedProbe {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((beat.next_after(after)?, Happening::FailedProbe))
    }
}
