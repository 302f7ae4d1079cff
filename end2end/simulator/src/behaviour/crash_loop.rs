//! A program that dies as soon as it has started, until somebody mends it.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Farewell, Happening};
use crate::quantity::{Nanos, Span};

/// In its window, every life lasts only `lasts`; the engine's back-off does the rest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrashLoop {
    pub(crate) when: When,
    lasts: Span,
}

impl Acts for CrashLoop {
    fn next(&self, beat: &Beat, life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        let at = (life.started_at + self.lasts.0)
            .max(beat.from())
            .max(after + 1);
        beat.covers(at).then_some((
            at,
            Happening::Exit {
                code: 1,
                log: Farewell::BadConfig,
                again_after_ms: None,
            },
        ))
    }
}
