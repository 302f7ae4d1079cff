//! Readings of one container with all that they say, in the columns of a chunk and two more: what a black box is stored as.

use chrono::DateTime;
use domain::sample::Sample;

use super::{
    codec::{self, CodecError},
    point::{Column, columns, from_columns},
};

/// Beyond the stored columns: peak and limit hits.
const MORE: usize = 2;
const COLUMNS: usize = 1 + Column::ALL.len() + MORE;

/// Columns of readings in order of time, the first with their times in milliseconds after `from_ms`. Those before it are left out.
pub(in crate::store) fn encode(from_ms: i64, readings: &[Sample]) -> Vec<Vec<u8>> {
    let mut rows: [Vec<Option<u64>>; COLUMNS] = std::array::from_fn(|_| Vec::new());
    for reading in readings {
        let Ok(at) = u64::try_from(reading.at.timestamp_millis() - from_ms) else {
            continue;
        };
        let stored = columns(reading);
        let all = [Some(at)]
            .into_iter()
            .chain(stored)
            .chain([reading.peak_bytes, reading.limit_hits]);
        for (column, value) in rows.iter_mut().zip(all) {
            column.push(value);
        }
    }
    rows.iter().map(|column| codec::encode(column)).collect()
}

/// The readings again, of which there cannot be more than `at_most`.
pub(in crate::store) fn decode(
    from_ms: i64,
    columns: &[Vec<u8>],
    at_most: usize,
) -> Result<Vec<Sample>, CodecError> {
    let decoded = columns
        .iter()
        .map(|column| codec::decode(column, at_most))
        .collect::<Result<Vec<_>, _>>()?;
    let [times, values @ ..] = &decoded[..] else {
        return Err(CodecError::Malformed("no column of times"));
    };
    if values.len() < COLUMNS - 1 || values.iter().any(|column| column.len() != times.len()) {
        return Err(CodecError::Malformed("columns do not fit each other"));
    }
    let (stored, more) = values.split_at(Column::ALL.len());
    times
        .iter()
        .enumerate()
        .map(|(row, at)| {
            let at = at
                .and_then(|at| from_ms.checked_add_unsigned(at))
                .and_then(DateTime::from_timestamp_millis)
                .ok_or(CodecError::Malformed("a reading without a time"))?;
            let sample = from_columns(at, std::array::from_fn(|column| stored[column][row]));
            Ok(Sample {
                peak_bytes: more[0][row],
                limit_hits: more[1][row],
                ..sample
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, metric::TaskKind, sample::TaskCount};
    use proptest::prelude::*;

    use super::*;

    fn reading() -> impl Strategy<Value = Sample> {
        let number = || proptest::option::of(any::<u64>());
        (
            0..720_000_i64,
            number(),
            number(),
            number(),
            number(),
            number(),
        )
            .prop_map(|(ms, working_set, limit, tasks, peak, hits)| Sample {
                working_set_bytes: working_set,
                limit_bytes: limit,
                tasks: tasks.map(|count| TaskCount {
                    kind: TaskKind::Goroutines,
                    count,
                }),
                peak_bytes: peak,
                limit_hits: hits,
                ..Sample::empty(
                    Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range"),
                )
            })
    }

    proptest! {
        #[test]
        fn readings_come_back(readings in proptest::collection::vec(reading(), 0..60)) {
            let bytes = encode(1_800_000_000_000, &readings);
            prop_assert_eq!(decode(1_800_000_000_000, &bytes, 60), Ok(readings));
        }

        #[test]
        fn any_bytes_are_read_or_refused(columns: Vec<Vec<u8>>, from_ms: i64) {
            let _either = decode(from_ms, &columns, 1_000);
        }
    }
}
