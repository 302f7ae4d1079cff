//! The host goes down with everything on it, and comes back.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Happening, millis};
use crate::quantity::{Nanos, Span};

/// Goes down at each beat. Engines give it to all their containers for an outage that is a reboot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostRestart {
    pub(crate) when: When,
    /// How long the host stays down.
    pub(crate) down: Span,
}

impl Acts for HostRestart {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::HostRestart {
                down_ms: millis(self.down.0),
            },
        ))
    }
}
