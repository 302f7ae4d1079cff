//! A one-shot job: started at each beat, done after a while.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Farewell, Happening, millis};
use crate::quantity::{Nanos, Span};

/// Works for `lasts`, exits with 0, and is started again at the next beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    pub(crate) when: When,
    lasts: Span,
}

impl Acts for Job {
    fn next(&self, beat: &Beat, life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        let done = (life.started_at + self.lasts.0).max(after + 1);
        let again = beat.next_after(done).map(|next| millis(next - done));
        beat.covers(done).then_some((
            done,
            Happening::Exit {
                code: 0,
                log: Farewell::Clean,
                again_after_ms: again,
            },
        ))
    }
}
