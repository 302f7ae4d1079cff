//! An operator runs `docker kill`, and `docker start` later.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Happening, millis};
use crate::quantity::{Nanos, Span};

/// Is killed through the engine at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kill {
    pub(crate) when: When,
    /// How long it stays down: no policy restarts what the operator killed.
    down: Span,
}

impl Acts for Kill {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::Kill {
                down_ms: millis(self.down.0),
            },
        ))
    }
}
