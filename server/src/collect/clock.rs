//! Our clock, and the engine's. Events and start times are on the engine's, so everything a source reports is.

use std::{fmt, sync::Arc};

use chrono::{TimeDelta, Utc};
use domain::Timestamp;

/// Where our own time comes from: the machine, unless what is watched lives in a time of its own, as a simulated month does that
/// passes in minutes.
#[derive(Clone)]
pub struct OurClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl OurClock {
    /// A clock that asks `now` for the time.
    pub fn told_by(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now, by our clock.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for OurClock {
    fn default() -> Self {
        Self::told_by(Utc::now)
    }
}

impl fmt::Debug for OurClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OurClock").field(&self.now()).finish()
    }
}

/// What we know of an engine's clock relative to ours.
#[derive(Clone, Debug, Default)]
pub struct EngineClock {
    ours: OurClock,
    offset: TimeDelta,
}

impl EngineClock {
    /// An engine's clock that agrees with ours, as far as we know.
    pub fn like(ours: OurClock) -> Self {
        Self {
            ours,
            offset: TimeDelta::zero(),
        }
    }

    /// From the time an engine told, and when we asked and were answered. A difference that the journey alone explains is none:
    /// most engines share our clock, and a made-up offset would put states before the events that caused them.
    pub fn measured(
        ours: OurClock,
        told: Timestamp,
        asked: Timestamp,
        answered: Timestamp,
    ) -> Self {
        let half = (answered - asked) / 2;
        let offset = told - (asked + half);
        // The engine's clock is read somewhere between asking and answering, and some engines tell whole milliseconds only.
        if offset.abs() <= half + TimeDelta::milliseconds(1) {
            Self::like(ours)
        } else {
            Self { ours, offset }
        }
    }

    /// Now, by the engine's clock.
    pub fn now(&self) -> Timestamp {
        self.ours.now() + self.offset
    }

    /// Engine clock minus ours, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset.num_milliseconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    fn offset_ms(told: i64, asked: i64, answered: i64) -> i64 {
        EngineClock::measured(OurClock::default(), at(told), at(asked), at(answered)).offset_ms()
    }

    #[test]
    fn a_shared_clock_has_no_offset() {
        assert_eq!(offset_ms(30, 0, 80), 0);
    }

    #[test]
    fn a_clock_behind_ours_has_a_negative_offset() {
        assert_eq!(offset_ms(-4_990, 0, 20), -5_000);
    }

    #[test]
    fn a_clock_ahead_of_ours_has_a_positive_offset() {
        assert_eq!(offset_ms(60_010, 0, 20), 60_000);
    }

    #[test]
    fn the_engines_time_follows_ours() {
        let clock = EngineClock::measured(OurClock::told_by(|| at(100)), at(7_000), at(0), at(0));
        assert_eq!(clock.now(), at(7_100));
    }
}
