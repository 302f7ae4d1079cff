//! A program that ends by itself and means it.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Farewell, Happening};
use crate::quantity::Nanos;

/// Exits cleanly at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exit {
    pub(crate) when: When,
    #[serde(default)]
    code: i32,
}

impl Acts for Exit {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        Some((
            beat.next_after(after)?,
            Happening::Exit {
                code: self.code,
                log: Farewell::Clean,
                again_after_ms: None,
            },
        ))
    }
}
