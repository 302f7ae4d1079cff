//! The host has no memory left, and the kernel kills a container that did nothing wrong.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::Nanos;

/// Is the kernel's victim at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostOom {
    pub(crate) when: When,
}

impl Acts for HostOom {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((beat.next_after(after)?, Happening::HostOutOfMemory))
    }
}
