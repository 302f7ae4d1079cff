//! Samples of one container as a row of `chunk_2h` or `chunk_1d`: a column for the times and one for each metric.

use super::{
    beside,
    codec::{self, CodecError},
    point::{Column, Point},
    stretch::Stretch,
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
            Some(if of.is_beside_memory() {
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
        let stretch = self.decode_range(i64::MIN, i64::MAX)?;
        Ok(stretch.rows().map(Point::from).collect())
    }

    /// The samples in `from..to`, in order of time. What is outside is decompressed and no more.
    pub(super) fn decode_range(&self, from_ms: i64, to_ms: i64) -> Result<Stretch, CodecError> {
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
        let rows = times.len();
        let wanted =
            times.partition_point(|at| *at < from_ms)..times.partition_point(|at| *at < to_ms);
        if wanted.is_empty() {
            return Ok(Stretch::default());
        }
        let mut stretch = Stretch::at(times[wanted.clone()].to_vec());
        let mut memory = None;
        for (column, bytes) in Column::ALL.into_iter().zip(&self.columns) {
            let Some(bytes) = bytes else { continue };
            let values = if column.is_beside_memory() {
                beside::decode(bytes, memory.as_deref(), rows)?
            } else {
                codec::decode(bytes, rows)?
            };
            if values.len() != rows {
                return Err(CodecError::Malformed("columns of different length"));
            }
            stretch.set(column, values[wanted.clone()].to_vec());
            if column == Column::WorkingSet {
                memory = Some(values);
            }
        }
        Ok(stretch)
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
            let part = row.decode_range(from, to).expect("decodes");
            let part: Vec<Point> = part.rows().map(Point::from).collect();
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
