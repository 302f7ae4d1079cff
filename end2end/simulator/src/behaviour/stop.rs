//! An operator runs `docker stop`, and `docker start` later.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Happening, millis};
use crate::quantity::{Nanos, Span};

/// Is stopped at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stop {
    pub(crate) when: When,
    /// How long it stays down.
    down: Span,
}

impl Acts for Stop {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::Stop {
                down_ms: millis(self.down.0),
            },
        ))
    }
}
