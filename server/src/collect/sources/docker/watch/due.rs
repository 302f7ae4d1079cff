//! When readings were due, in equal steps.
//!
//! A beat comes a few milliseconds late, now more and now less. What is read at it belongs to the moment at which it was due: equal
//! steps are what charts are drawn in, and their times take no space.

use chrono::TimeDelta;
use domain::Timestamp;

/// Above this the beats have another rhythm from now on: the process or the machine was stopped, or a clock was set.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(50);

/// The moments at which beats are due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    step: TimeDelta,
    last: Timestamp,
}

impl Due {
    /// Beats so far apart, the first one now.
    pub(super) fn new(step: TimeDelta, now: Timestamp) -> Self {
        // Samples are kept to the millisecond.
        let last = Timestamp::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
        Self { step, last }
    }

    /// A beat comes now.
    pub(super) fn beat(&mut self, now: Timestamp) {
        let step = self.step.num_milliseconds().max(1);
        let since = (now - self.last).num_milliseconds();
        let steps = (since + step / 2).div_euclid(step);
        let due = self.last + TimeDelta::milliseconds(steps * step);
        *self = if (now - due).abs() <= TOLERANCE {
            Self { last: due, ..*self }
        } else {
            Self::new(self.step, now)
        };
    }

    /// When the last beat was due.
    pub(super) fn last(self) -> Timestamp {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    proptest! {
        #[test]
        fn beats_that_come_a_little_late_are_due_in_equal_steps(late in vec(0..40_i64, 1..50), skipped in vec(1..3_i64, 50)) {
            let mut due = Due::new(TimeDelta::seconds(1), at(0));
            let mut beat = 0;
            for (late, skipped) in late.into_iter().zip(skipped) {
                beat += skipped * 1_000;
                due.beat(at(beat + late));
                prop_assert_eq!(due.last(), at(beat));
            }
        }

        #[test]
        fn no_beat_is_far_from_when_it_was_due(times in vec(-5_000..5_000_i64, 1..50)) {
            let mut due = Due::new(TimeDelta::seconds(1), at(0));
            for time in times {
                due.beat(at(time));
                prop_assert!((due.last() - at(time)).abs() <= TOLERANCE);
            }
        }
    }

    #[test]
    fn after_a_pause_the_steps_begin_anew() {
        let mut due = Due::new(TimeDelta::seconds(1), at(0));
        due.beat(at(1_400));
        assert_eq!(due.last(), at(1_400));
        due.beat(at(2_405));
        assert_eq!(due.last(), at(2_400));
    }
}
