//! The simulator's time: the machine's clock with an offset, a clock that only moves when told to, or that of tokio's timers, which a
//! runtime with paused time moves as fast as everything that waits for it allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::quantity::Nanos;

/// Where the simulator's time comes from. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Added to the pace's own time.
    nanos: Arc<AtomicI64>,
    pace: Pace,
}

/// What moves a clock.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// The machine's clock.
    Machine,
    /// Nothing.
    Manual,
    /// The time of tokio's timers since this moment.
    Timers(Instant),
}

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self {
            nanos: Arc::default(),
            pace: Pace::Machine,
        }
    }

    /// A clock that stands at `start` now and goes with tokio's timers: in a runtime with paused time, as fast as they do.
    pub fn of_timers(start: DateTime<Utc>) -> Self {
        Self {
            nanos: Arc::new(AtomicI64::new(nanos(start))),
            pace: Pace::Timers(Instant::now()),
        }
    }

    /// A clock that stands at `start` and moves by [`Clock::advance`] alone, for tests.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self {
            nanos: Arc::new(AtomicI64::new(nanos(start))),
            pace: Pace::Manual,
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
        !matches!(self.pace, Pace::Manual)
    }

    /// Whether a timer that is set for a moment of this clock ends at it. One of the machine may be set, a manual one is moved by hand.
    pub(crate) fn is_of_timers(&self) -> bool {
        matches!(self.pace, Pace::Timers(_))
    }

    pub(crate) fn now_nanos(&self) -> Nanos {
        let own = self.nanos.load(Ordering::SeqCst);
        match self.pace {
            Pace::Machine => nanos(Utc::now()) + own,
            Pace::Manual => own,
            Pace::Timers(start) => {
                own + Nanos::try_from(start.elapsed().as_nanos()).unwrap_or(Nanos::MAX / 2)
            }
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
