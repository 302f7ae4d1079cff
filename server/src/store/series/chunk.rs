//! Samples of one container as a row of `chunk_2h` or `chunk_1d`: a column for the times and one for each metric.

use super::{
    beside,
    codec::{self, CodecError},
    point::{Column, Point},
    time::{DAY, HOUR, begin},
};

/// How much time a fresh chunk covers. Chunks begin at multiples of it.
pub(super) const CHUNK_MS: i64 = 2 * HOUR;

/// Begin of the fresh chunk that a moment belongs to.
pub(super) const fn start_of(at_ms: i64) -> i64 {
    begin(at_ms, CHUNK_MS)
}

/// The two tables of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tier {
    /// `chunk_2h`: what was sealed a short while ago.
    Fresh,
    /// `chunk_1d`: finished days.
    Merged,
}

impl Tier {
    /// How much time a chunk covers.
    pub(super) const fn length_ms(self) -> i64 {
        match self {
            Self::Fresh => CHUNK_MS,
            Self::Merged => DAY,
        }
    }
}

/// One encoded column for each of [`Column::ALL`]; `None` for those that were not asked for and those without any value.
pub(super) type Columns = [Option<Vec<u8>>; Column::ALL.len()];

/// Whether a column may be stored as its difference to the working set, which is then needed to read it.
pub(super) const fn is_beside_memory(column: Column) -> bool {
    matches!(column, Column::Usage | Column::Anon)
}

/// A row of either table.
#[derive(Debug)]
pub(super) struct ChunkRow {
    pub(super) container_id: i64,
    pub(super) start_ms: i64,
    pub(super) length_ms: i64,
    pub(super) at: Vec<u8>,
    pub(super) columns: Columns,
}

impl ChunkRow {
    /// Encodes points of one chunk, which are in order of time.
    pub(super) fn encode(
        container_id: i64,
        start_ms: i64,
        length_ms: i64,
        points: &[Point],
    ) -> Self {
        let at: Vec<_> = points
            .iter()
            .map(|point| Some((point.at_ms - start_ms) as u64))
            .collect();
        let column = |column| -> Vec<_> { points.iter().map(|point| point.get(column)).collect() };
        let memory = column(Column::WorkingSet);
        let columns = Column::ALL.map(|of| {
            let values = column(of);
            if !values.iter().any(Option::is_some) {
                return None;
            }
            Some(if is_beside_memory(of) {
                beside::encode(&values, &memory)
            } else {
                codec::encode(&values)
            })
        });
        Self {
            container_id,
            start_ms,
            length_ms,
            at: codec::encode(&at),
            columns,
        }
    }

    /// The points, in order of time.
    pub(super) fn decode(&self) -> Result<Vec<Point>, CodecError> {
        let mut points = Vec::new();
        self.decode_range(i64::MIN, i64::MAX, &mut points)?;
        Ok(points)
    }

    /// Adds the points in `from..to`, in order of time. What is outside is decompressed and no more.
    pub(super) fn decode_range(
        &self,
        from_ms: i64,
        to_ms: i64,
        points: &mut Vec<Point>,
    ) -> Result<(), CodecError> {
        let rows = codec::decode(&self.at, codec::MAX_ROWS)?;
        let mut times = Vec::with_capacity(rows.len());
        for at in rows {
            let at = at.filter(|at| *at < self.length_ms as u64);
            let at = at.ok_or(CodecError::Malformed("a time outside the chunk"))?;
            times.push(self.start_ms + at as i64);
        }
        if !times.is_sorted() {
            return Err(CodecError::Malformed("times out of order"));
        }
        let wanted =
            times.partition_point(|at| *at < from_ms)..times.partition_point(|at| *at < to_ms);
        if wanted.is_empty() {
            return Ok(());
        }
        let before = points.len();
        points.extend(times[wanted.clone()].iter().map(|at| Point::empty(*at)));
        let added = &mut points[before..];
        let mut memory = None;
        for (column, bytes) in Column::ALL.into_iter().zip(&self.columns) {
            let Some(bytes) = bytes else { continue };
            let values = if is_beside_memory(column) {
                beside::decode(bytes, memory.as_deref(), times.len())?
            } else {
                codec::decode(bytes, times.len())?
            };
            if values.len() != times.len() {
                return Err(CodecError::Malformed("columns of different length"));
            }
            for (point, value) in added.iter_mut().zip(&values[wanted.clone()]) {
                point.set(column, *value);
            }
            if column == Column::WorkingSet {
                memory = Some(values);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;

    proptest! {
        #[test]
        fn any_chunk_comes_back(points in btree_set(0..DAY, 1..60)
            .prop_flat_map(|times| times.into_iter().map(|at| any_point(7 * DAY + at)).collect::<Vec<_>>()),
            from in 0..DAY, length in 0..DAY)
        {
            let row = ChunkRow::encode(1, 7 * DAY, DAY, &points);
            let (from, to) = (7 * DAY + from, 7 * DAY + from + length);
            let mut part = Vec::new();
            prop_assert_eq!(row.decode_range(from, to, &mut part), Ok(()));
            let model: Vec<Point> = points.iter().filter(|point| (from..to).contains(&point.at_ms)).copied().collect();
            prop_assert_eq!(part, model);
            prop_assert_eq!(row.decode(), Ok(points));
        }
    }

    #[test]
    fn a_time_outside_the_chunk_is_refused() {
        let mut row = ChunkRow::encode(1, 0, DAY, &[Point::empty(CHUNK_MS)]);
        row.length_ms = CHUNK_MS;
        let error = CodecError::Malformed("a time outside the chunk");
        assert_eq!(row.decode(), Err(error));
    }
}
