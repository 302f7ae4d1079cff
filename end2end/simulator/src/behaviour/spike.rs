//! Memory that jumps to its limit within a tenth of a second: no poll ever sees the peak.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::{MILLISECOND, Nanos};

/// How long the climb takes: between 0.03 and 0.2 s on real engines.
const CLIMB: Nanos = 100 * MILLISECOND;

/// At each beat, one request asks for more memory than there is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spike {
    pub(crate) when: When,
}

impl Acts for Spike {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::OutOfMemory {
                late: false,
                duplicates: 0,
            },
        ))
    }

    fn load(&self, beat: &Beat, _life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        let left = beat.next_after(at.saturating_sub(1))? - at;
        let climbed = 1.0 - left as f64 / CLIMB as f64;
        (climbed > 0.0).then(|| Load {
            level: (1.0 - usual.level).mul_add(climbed, usual.level),
            ..usual
        })
    }
}
