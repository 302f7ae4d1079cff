//! The kernel kills a child process at the container's limit, and the container lives on.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::Nanos;

/// Loses a child at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildOom {
    pub(crate) when: When,
}

impl Acts for ChildOom {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((beat.next_after(after)?, Happening::ChildOutOfMemory))
    }
}
