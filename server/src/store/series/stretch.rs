//! Samples of one container in columns: what charts are drawn from. A chart of one metric touches the times and what it is computed
//! from, a quarter of what samples say.

use domain::metric::{Metric, TaskKind};

use super::{
    grid::Buckets,
    point::{Column, code_of_kind, kind_of_code},
    trail::Row,
};

/// Some of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted(u8);

impl Wanted {
    /// What metrics are computed from, and what is needed to read that.
    pub(super) fn of(metrics: &[Metric]) -> Self {
        let inputs = metrics.iter().flat_map(|metric| {
            let (column, other) = inputs(*metric);
            // Usage and anonymous memory may be stored as their differences to the working set.
            let beside = column.is_beside_memory().then_some(Column::WorkingSet);
            [Some(column), other, beside]
        });
        let bits = inputs.flatten().map(|column| 1 << column as u8);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    pub(super) const fn has(self, column: Column) -> bool {
        self.0 & (1 << column as u8) != 0
    }
}

/// What a metric is computed from.
const fn inputs(metric: Metric) -> (Column, Option<Column>) {
    match metric {
        Metric::MemoryWorkingSetBytes => (Column::WorkingSet, None),
        Metric::MemoryUsageBytes => (Column::Usage, None),
        Metric::MemoryCacheBytes => (Column::Usage, Some(Column::WorkingSet)),
        Metric::MemoryAnonBytes => (Column::Anon, None),
        Metric::MemoryLimitBytes => (Column::Limit, None),
        Metric::MemoryRatio => (Column::WorkingSet, Some(Column::Limit)),
        Metric::Tasks => (Column::Tasks, Some(Column::TaskKind)),
        Metric::KernelTasks => (Column::KernelTasks, None),
    }
}

/// Samples of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// When, in milliseconds since 1970.
    times: Vec<i64>,
    /// For each of [`Column::ALL`] what it says at these times. Where a column ends early, it has no more values.
    columns: [Vec<Option<u64>>; Column::ALL.len()],
}

impl Stretch {
    /// Samples at these times, of which nothing is known yet.
    pub(super) fn at(times: Vec<i64>) -> Self {
        Self {
            times,
            columns: Default::default(),
        }
    }

    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }

    /// Says what a column is, from the first sample on.
    pub(super) fn set(&mut self, column: Column, values: Vec<Option<u64>>) {
        self.columns[column as usize] = values;
    }

    /// Adds a sample, or what is wanted of it.
    pub(super) fn push(&mut self, row: &Row<{ Column::ALL.len() }>, wanted: Wanted) {
        for (of, value) in Column::ALL.into_iter().zip(row.values) {
            if wanted.has(of) {
                let column = &mut self.columns[of as usize];
                column.resize(self.times.len(), None);
                column.push(value);
            }
        }
        self.times.push(row.at);
    }

    /// Adds all of another one.
    pub(super) fn append(&mut self, mut other: Self) {
        if self.times.is_empty() {
            *self = other;
            return;
        }
        for (column, more) in self.columns.iter_mut().zip(&mut other.columns) {
            if !more.is_empty() {
                column.resize(self.times.len(), None);
                column.append(more);
            }
        }
        self.times.append(&mut other.times);
    }

    /// In order of time, one sample for each moment: of two the one that was added later stays.
    pub(super) fn settle(&mut self) {
        let Some(first) = self.times.windows(2).position(|pair| pair[0] >= pair[1]) else {
            return;
        };
        // What comes before all of the rest stays where it is: mostly a day of chunks, before the hours that are in memory too.
        let earliest = self.times[first + 1..].iter().min();
        let settled = self.times[..=first].partition_point(|at| Some(at) < earliest);
        let mut rows: Vec<usize> = (settled..self.times.len()).collect();
        rows.sort_by_key(|row| self.times[*row]);
        rows.dedup_by(|later, earlier| {
            let same = self.times[*later] == self.times[*earlier];
            if same {
                *earlier = *later;
            }
            same
        });
        for column in self.columns.iter_mut().filter(|column| !column.is_empty()) {
            let values: Vec<_> = rows.iter().map(|row| *column.get(*row)?).collect();
            column.resize(settled, None);
            column.extend(values);
        }
        let times: Vec<_> = rows.iter().map(|row| self.times[*row]).collect();
        self.times.truncate(settled);
        self.times.extend(times);
    }

    /// The samples one by one.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<{ Column::ALL.len() }>> {
        self.times.iter().enumerate().map(|(row, at)| Row {
            at: *at,
            values: std::array::from_fn(|column| *self.columns[column].get(row)?),
        })
    }

    /// The most telling kind of task count. The others would be another quantity in the same line.
    pub(super) fn task_kind(&self) -> Option<TaskKind> {
        let mut kinds = self.columns[Column::TaskKind as usize].chunk_by(|a, b| a == b);
        let codes = std::iter::from_fn(|| kinds.next().map(|equal| equal[0]));
        codes.flatten().filter_map(kind_of_code).min()
    }

    /// Adds the values of one metric, as they are in [`Sample::value`](domain::sample::Sample::value). Of task counts, those of one kind.
    pub(super) fn draw(&self, metric: Metric, kind: Option<TaskKind>, buckets: &mut Buckets) {
        let (column, other) = inputs(metric);
        let times = self.times.iter().copied();
        let values = times.zip(&self.columns[column as usize]);
        let Some(other) = other else {
            buckets.add_all(values.filter_map(|(at, value)| Some((at, (*value)? as f64))));
            return;
        };
        let both = values.zip(&self.columns[other as usize]);
        let kind = kind.map(code_of_kind);
        buckets.add_all(both.filter_map(|((at, value), other)| {
            let (value, other) = ((*value)?, (*other)?);
            let value = match metric {
                Metric::MemoryRatio => {
                    return (other > 0).then(|| (at, value as f64 / other as f64));
                }
                Metric::Tasks if Some(other) != kind => return None,
                Metric::MemoryCacheBytes => value.saturating_sub(other),
                _ => value,
            };
            Some((at, value as f64))
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::store::series::{grid::Grid, head::Reading, point::tests::any_point};

    fn readings(times: Vec<i64>) -> impl Strategy<Value = Vec<Reading>> {
        let readings: Vec<_> = times
            .into_iter()
            .map(|at| any_point(at).prop_map(Row::from))
            .collect();
        readings
    }

    fn stretch(readings: &[Reading], wanted: Wanted) -> Stretch {
        let mut stretch = Stretch::default();
        for reading in readings {
            stretch.push(reading, wanted);
        }
        stretch
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_what_samples_are_worth(
            readings in (0..40_i64).prop_flat_map(|count| readings((0..count).map(|at| 10 * at).collect())),
            codes in vec(1..6_u64, 40), metric in prop::sample::select(Metric::ALL.to_vec()),
        ) {
            let mut readings = readings;
            for (reading, code) in readings.iter_mut().zip(codes) {
                reading.values[Column::TaskKind as usize] = Some(code);
            }
            let stretch = stretch(&readings, Wanted::of(&[metric]));
            let kind = stretch.task_kind();
            let mut buckets = Buckets::new(Grid::of_steps(0, 400, 10));
            stretch.draw(metric, kind, &mut buckets);
            let drawn = buckets.into_view(metric, kind).last;
            let samples = readings.iter().map(|reading| reading.to_sample());
            let mut worth: Vec<_> = samples
                .map(|sample| {
                    let is_other = metric == Metric::Tasks && sample.tasks.map(|tasks| tasks.kind) != kind;
                    sample.value(metric).filter(|_| !is_other)
                })
                .collect();
            worth.resize(40, None);
            prop_assert_eq!(drawn, worth);
        }

        #[test]
        fn of_two_samples_at_one_moment_the_later_one_stays(
            parts in vec((vec(0..50_i64, 0..30).prop_flat_map(readings), prop::sample::select(Metric::ALL.to_vec())), 1..4),
        ) {
            let (mut all, mut model) = (Stretch::default(), BTreeMap::new());
            for (readings, metric) in &parts {
                let wanted = Wanted::of(&[*metric]);
                all.append(stretch(readings, wanted));
                for reading in readings {
                    let mut known = *reading;
                    for column in Column::ALL.into_iter().filter(|column| !wanted.has(*column)) {
                        known.values[column as usize] = None;
                    }
                    model.insert(reading.at, known);
                }
            }
            all.settle();
            prop_assert!(all.times().iter().eq(model.keys()));
            prop_assert_eq!(all.rows().collect::<Vec<_>>(), model.into_values().collect::<Vec<_>>());
        }
    }
}
