//! A sample as it is stored: a time and a handful of columns, each of which may be absent.

use chrono::{DateTime, Utc};
use domain::{
    metric::TaskKind,
    sample::{Sample, TIME_KEPT_TO_MS, TaskCount},
};

use super::trail::Row;

/// What is stored of a sample. `peak_bytes` and `limit_hits` are evidence, kept with the restart they explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    WorkingSet,
    Usage,
    Anon,
    Limit,
    Tasks,
    TaskKind,
    KernelTasks,
}

impl Column {
    pub(super) const ALL: [Self; 7] = [
        Self::WorkingSet,
        Self::Usage,
        Self::Anon,
        Self::Limit,
        Self::Tasks,
        Self::TaskKind,
        Self::KernelTasks,
    ];
    /// Those in bytes, of [`Column::ALL`] the first ones.
    pub(super) const IN_BYTES: usize = 4;

    /// Whether it may be stored as its difference to the working set, which is then needed to read it.
    pub(super) const fn is_beside_memory(self) -> bool {
        matches!(self, Self::Usage | Self::Anon)
    }
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    /// Milliseconds since 1970.
    pub(super) at_ms: i64,
    present: u8,
    values: [u64; Column::ALL.len()],
}

impl Point {
    /// Nothing but a time.
    pub(super) const fn empty(at_ms: i64) -> Self {
        Self {
            at_ms,
            present: 0,
            values: [0; Column::ALL.len()],
        }
    }

    pub(super) fn get(&self, column: Column) -> Option<u64> {
        (self.present & (1 << column as u8) != 0).then(|| self.values[column as usize])
    }

    pub(super) fn set(&mut self, column: Column, value: Option<u64>) {
        if let Some(value) = value {
            self.present |= 1 << column as u8;
            self.values[column as usize] = value;
        }
    }

    /// One bit for each column that has a value.
    pub(super) const fn present(&self) -> u8 {
        self.present
    }

    pub(super) fn task_kind(&self) -> Option<TaskKind> {
        self.get(Column::TaskKind).and_then(kind_of_code)
    }

    /// What polls of one tick say lies at the tick: engines answer within milliseconds, and equal steps take no space.
    pub(super) fn from_sample(sample: &Sample, tick_ms: i64) -> Self {
        let at_ms = sample.at.timestamp_millis();
        let snapped = if at_ms.abs_diff(tick_ms) < TIME_KEPT_TO_MS {
            tick_ms
        } else {
            at_ms
        };
        Row {
            at: snapped,
            values: columns(sample),
        }
        .into()
    }
}

impl Row<{ Column::ALL.len() }> {
    pub(super) fn to_sample(self) -> Sample {
        let at = DateTime::<Utc>::from_timestamp_millis(self.at).unwrap_or_default();
        from_columns(at, self.values)
    }
}

impl From<Row<{ Column::ALL.len() }>> for Point {
    fn from(row: Row<{ Column::ALL.len() }>) -> Self {
        let mut point = Self::empty(row.at);
        for (column, value) in Column::ALL.into_iter().zip(row.values) {
            point.set(column, value);
        }
        point
    }
}

impl From<Point> for Row<{ Column::ALL.len() }> {
    fn from(point: Point) -> Self {
        Self {
            at: point.at_ms,
            values: Column::ALL.map(|column| point.get(column)),
        }
    }
}

/// What is stored of a sample, in the order of [`Column::ALL`].
pub(crate) fn columns(sample: &Sample) -> [Option<u64>; Column::ALL.len()] {
    [
        sample.working_set_bytes,
        sample.usage_bytes,
        sample.anon_bytes,
        sample.limit_bytes,
        sample.tasks.map(|tasks| tasks.count),
        sample.tasks.map(|tasks| code_of_kind(tasks.kind)),
        sample.kernel_tasks,
    ]
}

/// Undoes [`columns`].
pub(crate) fn from_columns(at: DateTime<Utc>, columns: [Option<u64>; Column::ALL.len()]) -> Sample {
    let [
        working_set_bytes,
        usage_bytes,
        anon_bytes,
        limit_bytes,
        tasks,
        task_kind,
        kernel_tasks,
    ] = columns;
    Sample {
        working_set_bytes,
        usage_bytes,
        anon_bytes,
        limit_bytes,
        tasks: tasks
            .zip(task_kind.and_then(kind_of_code))
            .map(|(count, kind)| TaskCount { kind, count }),
        kernel_tasks,
        ..Sample::empty(at)
    }
}

/// In order of time, one for each moment: of two the later in the input stays.
pub(super) fn sort_and_dedupe(points: &mut Vec<Point>) {
    points.sort_by_key(|point| point.at_ms);
    points.dedup_by(|later, earlier| {
        let same = later.at_ms == earlier.at_ms;
        if same {
            *earlier = *later;
        }
        same
    });
}

/// The numbers are stored: they never change their meaning.
const KINDS: [(u64, TaskKind); 5] = [
    (1, TaskKind::Goroutines),
    (2, TaskKind::TokioTasks),
    (3, TaskKind::JvmThreads),
    (4, TaskKind::Threads),
    (5, TaskKind::KernelTasks),
];

pub(super) fn code_of_kind(kind: TaskKind) -> u64 {
    KINDS
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or(0, |(code, _)| *code)
}

pub(super) fn kind_of_code(code: u64) -> Option<TaskKind> {
    KINDS
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, kind)| *kind)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    /// Any point at a given time.
    pub(in crate::store::series) fn any_point(at_ms: i64) -> impl Strategy<Value = Point> {
        let value = prop_oneof![
            any::<u64>(),
            (0..1_u64 << 20).prop_map(|pages| pages * 4096)
        ];
        proptest::array::uniform7(option::of(value)).prop_map(move |values| {
            let mut point = Point::empty(at_ms);
            for (column, value) in Column::ALL.into_iter().zip(values) {
                point.set(column, value);
            }
            point
        })
    }

    #[test]
    fn every_kind_has_a_code() {
        for kind in [
            TaskKind::Goroutines,
            TaskKind::TokioTasks,
            TaskKind::JvmThreads,
            TaskKind::Threads,
            TaskKind::KernelTasks,
        ] {
            assert_eq!(kind_of_code(code_of_kind(kind)), Some(kind));
        }
    }

    proptest! {
        #[test]
        fn the_later_of_any_points_at_one_moment_stays(moments in vec(0..200_i64, 0..300)) {
            let mut points: Vec<Point> = Vec::new();
            let mut expected = BTreeMap::new();
            for (number, at_ms) in moments.into_iter().enumerate() {
                let mut point = Point::empty(at_ms);
                point.set(Column::Usage, Some(number as u64));
                points.push(point);
                expected.insert(at_ms, point);
            }
            sort_and_dedupe(&mut points);
            prop_assert_eq!(points, expected.into_values().collect::<Vec<_>>());
        }
    }

    #[test]
    fn of_two_points_at_one_moment_the_later_one_stays() {
        let mut newer = Point::empty(1);
        newer.set(Column::Usage, Some(2));
        let mut points = vec![Point::empty(3), Point::empty(1), newer];
        sort_and_dedupe(&mut points);
        assert_eq!(points, [newer, Point::empty(3)]);
    }

    #[test]
    fn a_sample_comes_back_at_its_tick() {
        let at = DateTime::<Utc>::from_timestamp_millis(10_040).unwrap_or_default();
        let sample = Sample {
            working_set_bytes: Some(4096),
            tasks: Some(TaskCount {
                kind: TaskKind::Goroutines,
                count: 12,
            }),
            ..Sample::empty(at)
        };
        let stored = |tick_ms| Row::from(Point::from_sample(&sample, tick_ms)).to_sample();
        let back = stored(10_000);
        assert_eq!(back.at.timestamp_millis(), 10_000);
        assert_eq!(
            (back.working_set_bytes, back.tasks),
            (sample.working_set_bytes, sample.tasks)
        );
        assert_eq!(stored(9_000).at, at);
    }
}
