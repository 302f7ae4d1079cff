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
    head::Reading,
    raw::Raw,
    roll::BUCKET_MS,
    rolled::Rollups,
    stretch::{Stretch, Wanted},
    trail::Row,
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
            let wanted = Wanted::of(&query.metrics);
            let raw = self.raw(containers, begin, end, wanted).await?;
            let natural = raw
                .iter()
                .map(|stretch| natural_step(stretch.times(), grid.step_ms));
            grid = Grid::cover(from, to, points, natural.max().unwrap_or(0));
            let kind = raw.iter().filter_map(Stretch::task_kind).min();
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

    /// The same with what `metrics` are computed from, and no more.
    pub(in crate::store) async fn read(
        &self,
        container: ContainerKey,
        range: TimeRange,
        metrics: &[Metric],
    ) -> Result<Vec<Sample>, StoreError> {
        let (from, to) = (range.from.timestamp_millis(), range.to.timestamp_millis());
        let raw = self
            .raw(&[container], from, to, Wanted::of(metrics))
            .await?;
        Ok(raw
            .iter()
            .flat_map(Stretch::rows)
            .map(Row::to_sample)
            .collect())
    }

    /// Samples of a container after a moment, in order of time, as far as they are in memory: those of the last two hours.
    pub fn recent(&self, container: ContainerKey, after: Timestamp, to: Timestamp) -> Vec<Sample> {
        let (from, to) = (after.timestamp_millis() + 1, to.timestamp_millis() + 1);
        let mut samples = Vec::new();
        let take = |row: Reading| samples.push(row.to_sample());
        self.head.each(container.0, from, to, take);
        samples
    }

    /// The newest sample of a container, if one came in within the last two hours.
    pub fn latest(&self, container: ContainerKey) -> Option<Sample> {
        self.head.latest(container.0).map(Row::to_sample)
    }
}

/// How many buckets an answer has at most.
pub(super) fn points_of(query: &SeriesQuery) -> usize {
    query.points.clamp(1, MAX_POINTS) as usize
}

fn from_points(metric: Metric, kind: Option<TaskKind>, grid: Grid, raw: &Raw) -> SeriesView {
    let mut buckets = Buckets::new(grid);
    for stretch in raw {
        stretch.draw(metric, kind, &mut buckets);
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
            sealed
                .chain(raw.iter().filter_map(Stretch::task_kind))
                .min()
        })
        .flatten();
    let mut buckets = Buckets::new(grid);
    for (container, recent) in containers.iter().zip(raw) {
        for rolled in rolled(container) {
            for (at, values) in rolled.values(metric, kind) {
                buckets.add_range(at, values);
            }
        }
        recent.draw(metric, kind, &mut buckets);
    }
    buckets.into_view(metric, kind)
}
