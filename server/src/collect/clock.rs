//! The engine's clock. Events and start times are on it, so everything a source reports is.

use chrono::{TimeDelta, Utc};
use domain::Timestamp;

/// What we know of an engine's clock relative to ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineClock {
    offset: TimeDelta,
}

impl EngineClock {
    /// From the time an engine told, and when we asked and were answered. A difference that the journey alone explains is none:
    /// most engines share our clock, and a made-up offset would put states before the events that caused them.
    pub fn measured(told: Timestamp, asked: Timestamp, answered: Timestamp) -> Self {
        let half = (answered - asked) / 2;
        let offset = told - (asked + half);
        // The engine's clock is read somewhere between asking and answering, and some engines tell whole milliseconds only.
        if offset.abs() <= half + TimeDelta::milliseconds(1) {
            Self::default()
        } else {
            Self { offset }
        }
    }

    /// Now, by the engine's clock.
    pub fn now(self) -> Timestamp {
        Utc::now() + self.offset
    }

    /// Engine clock minus ours, in milliseconds.
    pub fn offset_ms(self) -> i64 {
        self.offset.num_milliseconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    #[test]
    fn a_shared_clock_has_no_offset() {
        assert_eq!(EngineClock::measured(at(30), at(0), at(80)).offset_ms(), 0);
    }

    #[test]
    fn a_clock_behind_ours_has_a_negative_offset() {
        assert_eq!(
            EngineClock::measured(at(-4_990), at(0), at(20)).offset_ms(),
            -5_000
        );
    }

    #[test]
    fn a_clock_ahead_of_ours_has_a_positive_offset() {
        assert_eq!(
            EngineClock::measured(at(60_010), at(0), at(20)).offset_ms(),
            60_000
        );
    }
}
