//! Load that follows the day, after caches have warmed up: it rises for hours and is no leak.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::quantity::{DAY, Nanos, SECOND};
use crate::random;

/// How long caches take to fill to about two thirds.
const WARM_UP: f64 = 25.0 * 60.0 * SECOND as f64;

/// Swings by `swing` around the usual level, highest in the afternoon (UTC).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Daily {
    #[serde(default)]
    pub(crate) when: When,
    swing: f64,
}

impl Acts for Daily {
    fn load(&self, _beat: &Beat, life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        let hour_angle = (at.rem_euclid(DAY) as f64 / DAY as f64 - 0.375) * std::f64::consts::TAU;
        let day = hour_angle.sin() + 0.15 * random::wave(life.seed, at, 1_800 * SECOND);
        let warm = 1.0 - 0.45 * (-((at - life.started_at) as f64) / WARM_UP).exp();
        Some(Load {
            level: (usual.level + self.swing * day) * warm,
            tasks: usual.tasks * (1.0 + self.swing * day),
        })
    }
}
