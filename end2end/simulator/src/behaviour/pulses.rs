//! Batches of work: memory stands high while one runs and falls back after.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::quantity::{Nanos, Span};

/// From each beat on, for `lasts`, stands at `peak`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pulses {
    pub(crate) when: When,
    lasts: Span,
    peak: f64,
}

impl Acts for Pulses {
    fn load(&self, beat: &Beat, life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        let began = beat.unbounded_after(at - self.lasts.0)?;
        (began <= at && began >= life.started_at).then_some(Load {
            level: self.peak + (usual.level * 0.1),
            tasks: usual.tasks * 1.6,
        })
    }
}
