//! The last minutes of a container's readings in memory, at full resolution and with what is not stored as a series.

use chrono::{DateTime, TimeDelta};
use domain::{Timestamp, ledger::Death, sample::Sample};

use crate::store::series::{Row, Trail, columns, from_columns};

/// As far back as an end is looked at.
pub(super) const REACH: TimeDelta = TimeDelta::minutes(10);
/// What is out of reach is forgotten a few minutes at a time.
const FORGET: TimeDelta = TimeDelta::minutes(5);

/// Where the readings that an end is judged by begin.
pub(super) fn reach(death: &Death) -> Timestamp {
    death.run_started_at.max(death.ended_at - REACH)
}

/// Recent readings. Times are kept to the microsecond, as those of the ledger are.
#[derive(Debug, Default)]
pub(super) struct Ring(Trail<COLUMNS>);

/// Columns beyond those that are stored.
const PEAK: usize = 7;
const LIMIT_HITS: usize = 8;
const COLUMNS: usize = 9;

impl Ring {
    /// Takes a reading and forgets those long out of reach.
    pub(super) fn push(&mut self, sample: &Sample) {
        let stored = columns(sample);
        self.0.insert(&Row {
            at: sample.at.timestamp_micros(),
            values: std::array::from_fn(|column| match column {
                PEAK => sample.peak_bytes,
                LIMIT_HITS => sample.limit_hits,
                column => stored[column],
            }),
        });
        if let (Some(oldest), Some(newest)) = (self.0.oldest(), self.newest())
            && newest - time(oldest) > REACH + FORGET
        {
            self.0.cut((newest - REACH).timestamp_micros());
        }
    }

    /// The newest reading.
    pub(super) fn newest_reading(&self) -> Option<Sample> {
        self.0.newest().map(sample)
    }

    /// The readings in `from..=to` that are here, however far back it reaches.
    pub(super) fn what_is_here(&self, from: Timestamp, to: Timestamp) -> Vec<Sample> {
        let rows = self
            .0
            .range(from.timestamp_micros(), to.timestamp_micros() + 1);
        rows.map(sample).collect()
    }

    /// When the newest reading was taken.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.newest().map(|row| time(row.at))
    }

    /// The readings in `from..=to`, or `None` when it does not reach back that far.
    pub(super) fn range(&self, from: Timestamp, to: Timestamp) -> Option<Vec<Sample>> {
        /// A run's first reading comes up to a few intervals after its start.
        const FIRST_READING: TimeDelta = TimeDelta::minutes(1);

        let oldest = time(self.0.oldest()?);
        let rows = self
            .0
            .range(from.timestamp_micros(), to.timestamp_micros() + 1);
        (oldest <= from + FIRST_READING).then(|| rows.map(sample).collect())
    }
}

fn time(micros: i64) -> Timestamp {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn sample(row: Row<COLUMNS>) -> Sample {
    Sample {
        peak_bytes: row.values[PEAK],
        limit_hits: row.values[LIMIT_HITS],
        ..from_columns(
            time(row.at),
            std::array::from_fn(|column| row.values[column]),
        )
    }
}

#[cfg(test)]
mod tests {
    use domain::{metric::TaskKind, sample::TaskCount};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    #[test]
    fn it_knows_what_it_does_not_reach() {
        let mut ring = Ring::default();
        assert_eq!(ring.range(at(0), at(10)), None);
        for second in [30, 0, 1_000] {
            ring.push(&Sample::empty(at(second)));
        }
        assert_eq!(
            ring.range(at(0), at(1_100)),
            None,
            "0 and 30 are out of reach"
        );
        let kept = ring.range(at(990), at(1_100)).expect("within reach");
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn a_reading_comes_back_with_its_evidence() {
        let sample = Sample {
            working_set_bytes: Some(1),
            usage_bytes: Some(2),
            anon_bytes: Some(3),
            limit_bytes: Some(4),
            tasks: Some(TaskCount {
                kind: TaskKind::Goroutines,
                count: 5,
            }),
            kernel_tasks: Some(6),
            peak_bytes: Some(7),
            limit_hits: Some(8),
            at: at(0),
        };
        let mut ring = Ring::default();
        ring.push(&sample);
        assert_eq!(ring.range(at(0), at(0)), Some(vec![sample]));
    }
}
