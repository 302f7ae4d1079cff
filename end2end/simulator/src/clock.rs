//! The simulator's time: the machine's clock with an offset, or a clock that only moves when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::quantity::Nanos;

/// Where the simulator's time comes from. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Added to the machine's clock, or the time itself when the clock is manual.
    nanos: Arc<AtomicI64>,
    runs: bool,
}

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self {
            nanos: Arc::default(),
            runs: true,
        }
    }

    /// A clock that stands at `start` and moves by [`Clock::advance`] alone, for tests.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self {
            nanos: Arc::new(AtomicI64::new(nanos(start))),
            runs: false,
        }
    }

    /// The simulator's present.
    pub fn now(&self) -> DateTime<Utc> {
        utc(self.now_nanos())
    }

    /// Moves the present forward: a manual clock by exactly this much, a real one by this much more than passes anyway.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(
            i64::try_from(by.as_nanos()).unwrap_or(i64::MAX / 2),
            Ordering::SeqCst,
        );
    }

    /// Whether time passes by itself.
    pub fn runs(&self) -> bool {
        self.runs
    }

    pub(crate) fn now_nanos(&self) -> Nanos {
        let own = self.nanos.load(Ordering::SeqCst);
        if self.runs {
            nanos(Utc::now()) + own
        } else {
            own
        }
    }
}

/// Nanoseconds since the epoch; the far ends of the calendar, which nanoseconds cannot hold, become the nearest they can.
pub(crate) fn nanos(time: DateTime<Utc>) -> Nanos {
    time.timestamp_nanos_opt()
        .unwrap_or(if time.timestamp() < 0 {
            Nanos::MIN
        } else {
            Nanos::MAX
        })
}

/// The calendar time of nanoseconds since the epoch.
pub(crate) fn utc(nanos: Nanos) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos)
}
