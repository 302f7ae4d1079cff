//! SIGKILL from outside: nobody tells the engine who or why.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::Nanos;

/// Is killed at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sigkill {
    pub(crate) when: When,
}

impl Acts for Sigkill {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((beat.next_after(after)?, Happening::Sigkill))
    }
}
