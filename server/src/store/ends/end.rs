//! An end in 16 bytes: a fleet in which a thousand containers die every ten minutes has four million of them in a month.

use std::cmp::Ordering;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::RestartId,
    verdict::{Cause, Confidence},
    view::{LastRestart, RestartCounts},
};

/// The longest stretch that is counted.
pub(super) const MONTH: TimeDelta = TimeDelta::days(30);

const CONFIDENCES: [Confidence; 3] = [
    Confidence::Possible,
    Confidence::Probable,
    Confidence::Confirmed,
];

/// Bits for what is thought of it: four for the cause, two for the confidence, one for whether it counts.
const VERDICT_BITS: u32 = 7;
const _: () = assert!(Cause::ALL.len() <= 16);

/// An entry of the ledger. Their order is that of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct End {
    /// Microseconds, as exact as the database is, and below them the verdict. Good for the next 36,000 years.
    packed: i64,
    restart: RestartId,
}

impl End {
    pub(in crate::store) fn new(
        restart: RestartId,
        at: Timestamp,
        (cause, confidence): (Cause, Confidence),
        counts: bool,
    ) -> Self {
        let cause = Cause::ALL.iter().position(|known| *known == cause);
        let confidence = CONFIDENCES.iter().position(|known| *known == confidence);
        let verdict = cause.unwrap_or(0) << 3 | confidence.unwrap_or(0) << 1 | usize::from(counts);
        Self {
            packed: at.timestamp_micros() << VERDICT_BITS | verdict as i64,
            restart,
        }
    }

    pub(in crate::store) const fn restart(&self) -> RestartId {
        self.restart
    }

    /// When the run ended.
    pub(in crate::store) fn at(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.at_us()).unwrap_or_default()
    }

    /// Why.
    pub(in crate::store) const fn cause(&self) -> Cause {
        Cause::ALL[self.verdict(3, 0b1111)]
    }

    /// How sure that is.
    pub(in crate::store) const fn confidence(&self) -> Confidence {
        CONFIDENCES[self.verdict(1, 0b11)]
    }

    /// Whether it counts as a restart.
    pub(in crate::store) const fn counts(&self) -> bool {
        self.verdict(0, 1) == 1
    }

    const fn at_us(&self) -> i64 {
        self.packed >> VERDICT_BITS
    }

    const fn verdict(&self, shift: u32, mask: i64) -> usize {
        (self.packed >> shift & mask) as usize
    }
}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for End {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |end: &Self| (end.at_us(), end.restart, end.packed);
        place(self).cmp(&place(other))
    }
}

/// Those of a workload, the oldest first, that came after a moment and not after another.
pub(in crate::store) fn within(ends: &[End], after: Timestamp, until: Timestamp) -> &[End] {
    let place = |at: Timestamp| {
        let at_us = at.timestamp_micros();
        ends.partition_point(|end| end.at_us() <= at_us)
    };
    &ends[place(after).min(place(until))..place(until)]
}

/// How many of them count, in each stretch that ends now.
pub(in crate::store) fn count(ends: &[End], now: Timestamp) -> RestartCounts {
    let month = within(ends, now - MONTH, now);
    let last = |length| {
        let counted = within(month, now - length, now).iter();
        counted.filter(|end| end.counts()).count() as u32
    };
    RestartCounts {
        last_10m: last(TimeDelta::minutes(10)),
        last_24h: last(TimeDelta::hours(24)),
        last_7d: last(TimeDelta::days(7)),
        last_30d: last(MONTH),
    }
}

/// The newest of them.
pub(in crate::store) fn last(ends: &[End]) -> Option<LastRestart> {
    ends.last().map(|end| LastRestart {
        at: end.at(),
        cause: end.cause(),
        confidence: end.confidence(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    const DAY: i64 = 24 * 60;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_timestamp(minutes * 60, 0).expect("in range")
    }

    fn end(restart: i64, minutes: i64, counts: bool) -> End {
        let verdict = (Cause::OutOfMemory, Confidence::Confirmed);
        End::new(RestartId(restart), at(minutes), verdict, counts)
    }

    proptest! {
        #[test]
        fn everything_comes_back(
            at_us in -1_i64 << 50..1 << 55, id: i64, cause in select(&Cause::ALL[..]), confidence in select(&CONFIDENCES[..]), counts: bool,
        ) {
            let at = Timestamp::from_timestamp_micros(at_us).expect("in range");
            let end = End::new(RestartId(id), at, (cause, confidence), counts);
            prop_assert_eq!((end.restart(), end.at()), (RestartId(id), at));
            prop_assert_eq!((end.cause(), end.confidence(), end.counts()), (cause, confidence, counts));
        }
    }

    #[test]
    fn the_order_is_that_of_time_then_of_the_ledger() {
        let mut ends = [
            end(2, 10, false),
            end(1, 20, false),
            end(1, 10, true),
            end(3, 5, true),
        ];
        ends.sort_unstable();
        assert_eq!(ends.map(|end| end.restart().0), [3, 1, 2, 1]);
    }

    #[test]
    fn each_stretch_is_counted_from_its_begin() {
        let now = 100 * DAY;
        // An end at the very begin of a stretch is out of it; one that does not count, and one that is still to come, too.
        let ends = [
            end(0, now - 30 * DAY, true),
            end(1, now - 7 * DAY - 1, true),
            end(2, now - 7 * DAY, true),
            end(3, now - DAY, true),
            end(4, now - 10, true),
            end(5, now - 9, true),
            end(6, now - 5, false),
            end(7, now, true),
            end(8, now + 1, true),
        ];
        let expected = RestartCounts {
            last_10m: 2,
            last_24h: 3,
            last_7d: 4,
            last_30d: 6,
        };
        assert_eq!(count(&ends, at(now)), expected);
        assert_eq!(count(&ends, at(0)), RestartCounts::default());
    }
}
