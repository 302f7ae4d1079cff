//! Two hours of one container as a row of `chunk_2h`: one column for the times and one for each metric.

use super::{
    codec::{self, CodecError},
    point::{Column, Point},
};

/// How much time a chunk covers. Chunks begin at multiples of it.
pub(super) const CHUNK_MS: i64 = 2 * 60 * 60 * 1000;

/// Begin of the chunk that a moment belongs to.
pub(super) const fn start_of(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(CHUNK_MS)
}

/// A row of `chunk_2h`. Columns that were not asked for are `None`, as are those without any value.
#[derive(Debug)]
pub(super) struct ChunkRow {
    pub(super) container_id: i64,
    pub(super) start_ms: i64,
    pub(super) at: Vec<u8>,
    pub(super) working_set: Option<Vec<u8>>,
    pub(super) usage: Option<Vec<u8>>,
    pub(super) anon: Option<Vec<u8>>,
    pub(super) limit_bytes: Option<Vec<u8>>,
    pub(super) tasks: Option<Vec<u8>>,
    pub(super) task_kind: Option<Vec<u8>>,
    pub(super) kernel_tasks: Option<Vec<u8>>,
}

impl ChunkRow {
    /// Encodes points of one chunk, which are in order of time.
    pub(super) fn encode(container_id: i64, start_ms: i64, points: &[Point]) -> Self {
        let at: Vec<_> = points
            .iter()
            .map(|point| Some((point.at_ms - start_ms) as u64))
            .collect();
        let column = |column| {
            let values: Vec<_> = points.iter().map(|point| point.get(column)).collect();
            values
                .iter()
                .any(Option::is_some)
                .then(|| codec::encode(&values))
        };
        Self {
            container_id,
            start_ms,
            at: codec::encode(&at),
            working_set: column(Column::WorkingSet),
            usage: column(Column::Usage),
            anon: column(Column::Anon),
            limit_bytes: column(Column::Limit),
            tasks: column(Column::Tasks),
            task_kind: column(Column::TaskKind),
            kernel_tasks: column(Column::KernelTasks),
        }
    }

    /// The points, in order of time.
    pub(super) fn decode(&self) -> Result<Vec<Point>, CodecError> {
        let mut points = codec::decode(&self.at)?
            .into_iter()
            .map(|at| {
                let at = at.filter(|at| *at < CHUNK_MS as u64);
                let at = at.ok_or(CodecError::Malformed("a time outside the chunk"))?;
                Ok(Point::empty(self.start_ms + at as i64))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let columns = [
            (Column::WorkingSet, &self.working_set),
            (Column::Usage, &self.usage),
            (Column::Anon, &self.anon),
            (Column::Limit, &self.limit_bytes),
            (Column::Tasks, &self.tasks),
            (Column::TaskKind, &self.task_kind),
            (Column::KernelTasks, &self.kernel_tasks),
        ];
        for (column, bytes) in columns {
            let Some(bytes) = bytes else { continue };
            let values = codec::decode(bytes)?;
            if values.len() != points.len() {
                return Err(CodecError::Malformed("columns of different length"));
            }
            for (point, value) in points.iter_mut().zip(values) {
                point.set(column, value);
            }
        }
        Ok(points)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;

    proptest! {
        #[test]
        fn any_chunk_comes_back(points in btree_set(0..CHUNK_MS, 1..60)
            .prop_flat_map(|times| times.into_iter().map(|at| any_point(7 * CHUNK_MS + at)).collect::<Vec<_>>()))
        {
            let row = ChunkRow::encode(1, 7 * CHUNK_MS, &points);
            prop_assert_eq!(row.decode(), Ok(points));
        }
    }

    #[test]
    fn chunks_begin_at_even_hours() {
        assert_eq!(start_of(CHUNK_MS - 1), 0);
        assert_eq!(start_of(CHUNK_MS), CHUNK_MS);
        assert_eq!(start_of(-1), -CHUNK_MS);
    }
}
