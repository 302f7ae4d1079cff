//! Looks at an end with the readings that led up to it.

use domain::{
    detect::{Window, judge},
    ledger::Death,
    panic::Panic,
    restart::Restart,
    sample::Sample,
};

/// The ledger's entry for an end. `samples` may reach beyond the run; `panic` is what its log says, if it was read.
pub(super) fn entry(
    death: &Death,
    samples: &[Sample],
    panic: Option<&Panic>,
    events_tell_causes: bool,
) -> Restart {
    let of_the_run = death.readings(samples);
    let verdict = judge(&Window {
        death,
        samples: &of_the_run,
        panic,
        events_tell_causes,
    });
    death.entry(verdict, of_the_run.last().copied())
}
