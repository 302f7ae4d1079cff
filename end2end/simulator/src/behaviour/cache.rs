//! A cache that fills: memory rises for hours, ever more slowly, and is no leak.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::quantity::{Nanos, Span};

/// Rises by `rise` of the limit, two thirds of it within `fills`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    #[serde(default)]
    pub(crate) when: When,
    rise: f64,
    fills: Span,
}

impl Acts for Cache {
    fn load(&self, _beat: &Beat, life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        let age = (at - life.started_at) as f64 / self.fills.0.max(1) as f64;
        Some(Load {
            level: self.rise.mul_add(1.0 - (-age).exp(), usual.level),
            ..usual
        })
    }
}
