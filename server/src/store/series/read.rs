//! Reading samples: from memory, from chunks or from rollups.
//!
//! Memory is always read before the database. Sealing writes chunks before it forgets: a sample that moves in between is seen twice,
//! which does no harm, and never not at all.

use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::Sample,
    view::{MAX_POINTS, SeriesQuery, SeriesSet, SeriesView, TimeRange},
};

use super::{
    Samples,
    grid::{Buckets, Grid, natural_step},
    point::Point,
    raw::Raw,
    roll::BUCKET_MS,
    rolled::Rollups,
};
use crate::store::error::StoreError;

impl Samples<'_> {
    /// Series of one workload: of all its `containers`, the newest last. Buckets lie at round times, so the answer may begin before
    /// and end after the range by less than a step, and is never finer than the samples are.
    pub async fn query(
        &self,
        containers: &[ContainerKey],
        query: &SeriesQuery,
    ) -> Result<SeriesSet, StoreError> {
        let points = points_of(query);
        let (from, to) = (
            query.range.from.timestamp_millis(),
            query.range.to.timestamp_millis(),
        );
        let mut grid = Grid::cover(from, to, points, 0);
        let series = if grid.step_ms < BUCKET_MS {
            let (begin, end) = Grid::whole(from, to);
            let raw = self.raw(containers, begin, end, &query.metrics).await?;
            let natural = raw.iter().map(|points| natural_step(&times(points)));
            // Polls are five minutes apart at most: what is rarer is no rhythm.
            let natural = natural.max().unwrap_or(0).min(Grid::WHOLE_MS);
            grid = Grid::cover(from, to, points, natural);
            let kind = kind_of_points(raw.iter().flatten());
            query
                .metrics
                .iter()
                .map(|metric| from_points(*metric, kind, grid, &raw))
                .collect()
        } else {
            let (raw, rollups) = self.rolled(&[containers], &grid, &query.metrics).await?;
            query
                .metrics
                .iter()
                .map(|metric| from_rollups(*metric, containers, grid, &raw[0], &rollups))
                .collect()
        };
        Ok(SeriesSet { series })
    }

    /// The same series of many workloads in one round trip, in steps of five minutes or more: what sparklines are drawn from.
    /// The answer has an entry for each group of containers, with the metrics in the order of the question.
    pub async fn query_many(
        &self,
        groups: &[&[ContainerKey]],
        range: TimeRange,
        points: u32,
        metrics: &[Metric],
    ) -> Result<Vec<Vec<SeriesView>>, StoreError> {
        let points = points.clamp(1, MAX_POINTS) as usize;
        let grid = Grid::cover(
            range.from.timestamp_millis(),
            range.to.timestamp_millis(),
            points,
            BUCKET_MS,
        );
        let (raw, rollups) = self.rolled(groups, &grid, metrics).await?;
        Ok(groups
            .iter()
            .zip(&raw)
            .map(|(containers, raw)| {
                metrics
                    .iter()
                    .map(|metric| from_rollups(*metric, containers, grid, raw, &rollups))
                    .collect()
            })
            .collect())
    }

    /// Samples of a container in `from..to`, in order of time, without `peak_bytes` and `limit_hits`, which are not stored.
    pub async fn tail(
        &self,
        container: ContainerKey,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Sample>, StoreError> {
        self.read(container, TimeRange { from, to }, &Metric::ALL)
            .await
    }

    /// The same with what `metrics` are computed from and, where it costs nothing, the rest.
    pub(in crate::store) async fn read(
        &self,
        container: ContainerKey,
        range: TimeRange,
        metrics: &[Metric],
    ) -> Result<Vec<Sample>, StoreError> {
        let (from, to) = (range.from.timestamp_millis(), range.to.timestamp_millis());
        let raw = self.raw(&[container], from, to, metrics).await?;
        Ok(raw.into_iter().flatten().map(Point::to_sample).collect())
    }

    /// Samples of a container after a moment, in order of time, as far as they are in memory: those of the last two hours.
    pub fn recent(&self, container: ContainerKey, after: Timestamp, to: Timestamp) -> Vec<Sample> {
        let from_ms = after.timestamp_millis() + 1;
        let points = self
            .head
            .range(container.0, from_ms, to.timestamp_millis() + 1);
        points.into_iter().map(Point::to_sample).collect()
    }

    /// The newest sample of a container, if one came in within the last two hours.
    pub fn latest(&self, container: ContainerKey) -> Option<Sample> {
        self.head.latest(container.0).map(Point::to_sample)
    }
}

/// How many buckets an answer has at most.
pub(super) fn points_of(query: &SeriesQuery) -> usize {
    query.points.clamp(1, MAX_POINTS) as usize
}

fn times(points: &[Point]) -> Vec<i64> {
    points.iter().map(|point| point.at_ms).collect()
}

/// The most telling kind of task count. The others would be another quantity in the same line.
fn kind_of_points<'a>(points: impl Iterator<Item = &'a Point>) -> Option<TaskKind> {
    points.filter_map(Point::task_kind).min()
}

fn from_points(metric: Metric, kind: Option<TaskKind>, grid: Grid, raw: &Raw) -> SeriesView {
    let mut buckets = Buckets::new(grid);
    for points in raw {
        add_points(&mut buckets, metric, kind, points);
    }
    buckets.into_view(metric, kind.filter(|_| metric == Metric::Tasks))
}

fn from_rollups(
    metric: Metric,
    containers: &[ContainerKey],
    grid: Grid,
    raw: &Raw,
    rollups: &Rollups,
) -> SeriesView {
    let rolled = |container: &ContainerKey| rollups.get(&container.0).into_iter().flatten();
    let kind = (metric == Metric::Tasks)
        .then(|| {
            let sealed = containers
                .iter()
                .flat_map(rolled)
                .filter_map(|rolled| rolled.task_kind(grid.from_ms, grid.to_ms()));
            sealed.chain(kind_of_points(raw.iter().flatten())).min()
        })
        .flatten();
    let mut buckets = Buckets::new(grid);
    for (container, points) in containers.iter().zip(raw) {
        for rolled in rolled(container) {
            for (at, values) in rolled.values(metric, kind) {
                buckets.add_range(at, values);
            }
        }
        add_points(&mut buckets, metric, kind, points);
    }
    buckets.into_view(metric, kind)
}

fn add_points(buckets: &mut Buckets, metric: Metric, kind: Option<TaskKind>, points: &[Point]) {
    for point in points {
        if metric == Metric::Tasks && point.task_kind() != kind {
            continue;
        }
        if let Some(value) = point.value(metric) {
            buckets.add(point.at_ms, value);
        }
    }
}
