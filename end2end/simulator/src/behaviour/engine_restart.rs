//! The engine is restarted, and with it everything it runs.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Happening, millis};
use crate::quantity::{Nanos, Span};

/// Is stopped by its engine at each beat. Engines give it to all their containers for an outage that is a restart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineRestart {
    pub(crate) when: When,
    /// How long the engine is away.
    pub(crate) down: Span,
}

impl Acts for EngineRestart {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::EngineRestart {
                down_ms: millis(self.down.0),
            },
        ))
    }
}
