//! The last minutes of a container's readings in memory, at full resolution and with what is not stored as a series.

use std::collections::VecDeque;

use chrono::TimeDelta;
use domain::{Timestamp, ledger::Death, sample::Sample};

/// As far back as an end is looked at.
pub(super) const REACH: TimeDelta = TimeDelta::minutes(10);

/// Where the readings that an end is judged by begin.
pub(super) fn reach(death: &Death) -> Timestamp {
    death.run_started_at.max(death.ended_at - REACH)
}

/// Recent readings, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ring(VecDeque<Sample>);

impl Ring {
    /// Takes a reading and forgets those out of reach.
    pub(super) fn push(&mut self, sample: Sample) {
        let place = self.0.partition_point(|known| known.at <= sample.at);
        self.0.insert(place, sample);
        let newest = self.0.back().map_or(sample.at, |sample| sample.at);
        while self.0.front().is_some_and(|old| newest - old.at > REACH) {
            self.0.pop_front();
        }
    }

    /// When the newest reading was taken.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.back().map(|sample| sample.at)
    }

    /// The readings in `from..=to`, or `None` when it does not reach back that far.
    pub(super) fn range(&self, from: Timestamp, to: Timestamp) -> Option<Vec<Sample>> {
        /// A run's first reading comes up to a few intervals after its start.
        const FIRST_READING: TimeDelta = TimeDelta::minutes(1);

        let oldest = self.0.front()?;
        (oldest.at <= from + FIRST_READING).then(|| {
            self.0
                .iter()
                .filter(|sample| sample.at >= from && sample.at <= to)
                .copied()
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    #[test]
    fn it_knows_what_it_does_not_reach() {
        let mut ring = Ring::default();
        assert_eq!(ring.range(at(0), at(10)), None);
        for second in [30, 0, 700] {
            ring.push(Sample::empty(at(second)));
        }
        assert_eq!(
            ring.range(at(0), at(800)),
            None,
            "0 and 30 are out of reach"
        );
        let kept = ring.range(at(690), at(800)).expect("within reach");
        assert_eq!(kept.len(), 1);
    }
}
