//! What a detector gets to see of an end.

use crate::{ledger::Death, panic::Panic, sample::Sample};

/// An end with the numbers that led up to it.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The end, with its events.
    pub death: &'a Death,
    /// Readings of the run, oldest first, up to its end. The last ten minutes are enough.
    pub samples: &'a [Sample],
    /// The last panic in what the run wrote, if its log was read and had one.
    pub panic: Option<&'a Panic>,
    /// Whether the engine reports OOM kills and stops as events. Docker does; Podman reports neither.
    pub events_tell_causes: bool,
}

impl Window<'_> {
    /// SIGKILL, whoever sent it: 128 + 9.
    pub const SIGKILLED: i32 = 137;

    /// Whether every event that could explain the end was seen, of an engine that sends such events.
    pub fn saw_everything(&self) -> bool {
        self.events_tell_causes && self.death.stream_whole()
    }

    /// Whether somebody asked the engine to end the run.
    pub fn was_asked(&self) -> bool {
        !self.death.asked.nothing()
    }
}
