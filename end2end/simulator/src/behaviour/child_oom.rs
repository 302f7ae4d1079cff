//! The kernel kills a child process at the container's limit, and the container lives on.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::Nanos;

/// Loses a child at each beat. With `ends`, the first process gives up upon it with that exit code.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildOom {
    pub(crate) when: When,
    #[serde(default)]
    ends: Option<i32>,
}

impl Acts for ChildOom {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        let happening = self.ends.map_or(Happening::ChildOutOfMemory, |code| {
            Happening::ChildOutOfMemoryEnds { code }
        });
        Some((beat.next_after(after)?, happening))
    }
}
