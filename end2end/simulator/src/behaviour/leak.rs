//! Memory that climbs until the kernel ends it, with the runtime's tasks climbing alongside: the sawtooth.

use serde::Deserialize;

use super::{Acts, Life, Load};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::{Nanos, SECOND};
use crate::random;

/// A life shorter than this share of the period is no full tooth: its end is the beat after the next.
const SHORTEST_TOOTH: f64 = 0.3;

/// One death in this many is reported late: on a real engine 2 of 59 `oom` events came 0.7 s after their `die`.
const LATE_EVENTS: u64 = 30;

/// Leaks from `floor` to the limit between two beats; each beat is a death.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leak {
    pub(crate) when: When,
    /// Level after the start.
    #[serde(default = "floor")]
    floor: f64,
    /// Tasks at the limit; by default the leak is not one of tasks.
    #[serde(default)]
    tasks: Option<f64>,
    /// How many times too often the engine reports each kill.
    #[serde(default)]
    duplicates: u8,
    /// How far memory strays from its line, as a share of the limit.
    #[serde(default = "noise")]
    noise: f64,
    /// 1 for a straight line; above, growth gets faster; below, slower.
    #[serde(default = "straight")]
    bend: f64,
}

fn floor() -> f64 {
    0.12
}

fn noise() -> f64 {
    0.012
}

fn straight() -> f64 {
    1.0
}

impl Leak {
    pub(crate) fn new(when: When) -> Self {
        Self {
            when,
            floor: floor(),
            tasks: None,
            duplicates: 0,
            noise: noise(),
            bend: straight(),
        }
    }

    /// Before this moment the life is too young to die of its leak.
    fn earliest_end(beat: &Beat, life: &Life) -> Nanos {
        life.started_at + (beat.period().unwrap_or(0) as f64 * SHORTEST_TOOTH) as Nanos
    }
}

impl Acts for Leak {
    fn next(&self, beat: &Beat, life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        let at = beat.next_after(after.max(Self::earliest_end(beat, life)))?;
        let late = random::mix(life.seed ^ life.number).is_multiple_of(LATE_EVENTS);
        Some((
            at,
            Happening::OutOfMemory {
                late,
                duplicates: self.duplicates,
            },
        ))
    }

    fn load(&self, beat: &Beat, life: &Life, at: Nanos, usual: Load) -> Option<Load> {
        // A deploy may end the window before the limit is reached; the slope is the same as if it had not.
        let from = life.started_at.max(beat.from());
        let end = beat.unbounded_after(Self::earliest_end(beat, life).max(from))?;
        let progress = ((at - from) as f64 / (end - from).max(1) as f64).clamp(0.0, 1.0);
        let wobble = random::wave(life.seed, at, 11 * SECOND) * self.noise * (1.0 - progress);
        let progress = progress.powf(self.bend);
        Some(Load {
            level: (1.0 - self.floor).mul_add(progress, self.floor) + wobble,
            tasks: self.tasks.map_or(usual.tasks, |peak| {
                (peak - usual.tasks).mul_add(progress, usual.tasks)
            }),
        })
    }
}
