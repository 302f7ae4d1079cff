//! A garbage collector's own sawtooth: up and down within bounds for ever, and no leak.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::quantity::{Nanos, Span};
use crate::random;

/// Climbs by `swing` over `period`, then falls back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Garbage {
    #[serde(default)]
    pub(crate) when: When,
    period: Span,
    swing: f64,
}

impl Acts for Garbage {
    fn load(&self, _beat: &Beat, life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        let age = at - life.started_at;
        let (cycle, phase) = (
            age.div_euclid(self.period.0),
            age.rem_euclid(self.period.0) as f64 / self.period.0 as f64,
        );
        let height = 1.0 + 0.2 * random::signed(life.seed, cycle);
        Some(Load {
            level: self.swing.mul_add(phase * height - 0.5, usual.level),
            ..usual
        })
    }
}
