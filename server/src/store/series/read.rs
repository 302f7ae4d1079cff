//! Reading samples: from memory, from chunks or from rollups.
//!
//! Memory is always read before the database. Sealing writes chunks before it forgets: a sample that moves in between is seen twice,
//! which does no harm, and never not at all.

use std::collections::HashMap;

use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::Sample,
    view::{MAX_POINTS, SeriesQuery, SeriesSet, SeriesView, TimeRange},
};

use super::{
    Samples,
    chunk::{self, ChunkRow},
    grid::{Buckets, Grid, natural_step},
    point::{Point, sort_and_dedupe},
    roll::{BUCKET_MS, Day, RollRow, day_of},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "reading samples";

/// Samples of several containers, in the order of the question.
type Raw = Vec<Vec<Point>>;
/// Rollups by container.
type Days = HashMap<i64, Vec<Day>>;

impl Samples<'_> {
    /// Series of one workload: of all its `containers`, the newest last. Buckets lie at round times, so the answer may begin before
    /// and end after the range by less than a step, and is never finer than the samples are.
    pub async fn query(
        &self,
        containers: &[ContainerKey],
        query: &SeriesQuery,
    ) -> Result<SeriesSet, StoreError> {
        let points = query.points.clamp(1, MAX_POINTS) as usize;
        let (from, to) = (
            query.range.from.timestamp_millis(),
            query.range.to.timestamp_millis(),
        );
        let mut grid = Grid::cover(from, to, points, 0);
        let series = if grid.step_ms < BUCKET_MS {
            let (mut begin, mut end) = Grid::whole(from, to);
            let mut raw = self.raw(containers, begin, end, &query.metrics).await?;
            let natural = raw.iter().map(|points| natural_step(&times(points)));
            grid = Grid::cover(from, to, points, natural.max().unwrap_or(0));
            if grid.from_ms < begin || grid.to_ms() > end {
                (begin, end) = (grid.from_ms, grid.to_ms());
                raw = self.raw(containers, begin, end, &query.metrics).await?;
            }
            let kind = kind_of_points(raw.iter().flatten());
            query
                .metrics
                .iter()
                .map(|metric| from_points(*metric, kind, grid, &raw))
                .collect()
        } else {
            let (raw, days) = self.rolled(&[containers], &grid, &query.metrics).await?;
            query
                .metrics
                .iter()
                .map(|metric| from_days(*metric, containers, grid, &raw[0], &days))
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
        let (raw, days) = self.rolled(groups, &grid, metrics).await?;
        Ok(groups
            .iter()
            .zip(&raw)
            .map(|(containers, raw)| {
                metrics
                    .iter()
                    .map(|metric| from_days(*metric, containers, grid, raw, &days))
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
        let raw = self
            .raw(
                &[container],
                from.timestamp_millis(),
                to.timestamp_millis(),
                &Metric::ALL,
            )
            .await?;
        Ok(raw.into_iter().flatten().map(Point::to_sample).collect())
    }

    /// The newest sample of a container, if one came in within the last two hours.
    pub fn latest(&self, container: ContainerKey) -> Option<Sample> {
        self.head.latest(container.0).map(Point::to_sample)
    }

    /// Every sample in `from..to`.
    async fn raw(
        &self,
        containers: &[ContainerKey],
        from: i64,
        to: i64,
        metrics: &[Metric],
    ) -> Result<Raw, StoreError> {
        let in_memory_since = self.head.complete_since_ms();
        let mut raw: Raw = containers
            .iter()
            .map(|container| self.head.range(container.0, from, to))
            .collect();
        if in_memory_since <= from {
            return Ok(raw);
        }
        let ids: Vec<i64> = containers.iter().map(|container| container.0).collect();
        let rows = sqlx::query_as!(
            ChunkRow,
            "SELECT container_id, start_ms, at,
                    CASE WHEN $4 THEN working_set END AS working_set,
                    CASE WHEN $5 THEN usage END AS usage,
                    CASE WHEN $6 THEN anon END AS anon,
                    CASE WHEN $7 THEN limit_bytes END AS limit_bytes,
                    CASE WHEN $8 THEN tasks END AS tasks,
                    CASE WHEN $8 THEN task_kind END AS task_kind,
                    CASE WHEN $9 THEN kernel_tasks END AS kernel_tasks
             FROM chunk_2h
             WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $3
             ORDER BY container_id, start_ms",
            &ids,
            chunk::start_of(from),
            to,
            any(
                metrics,
                &[
                    Metric::MemoryWorkingSetBytes,
                    Metric::MemoryCacheBytes,
                    Metric::MemoryRatio
                ]
            ),
            any(
                metrics,
                &[Metric::MemoryUsageBytes, Metric::MemoryCacheBytes]
            ),
            any(metrics, &[Metric::MemoryAnonBytes]),
            any(metrics, &[Metric::MemoryLimitBytes, Metric::MemoryRatio]),
            any(metrics, &[Metric::Tasks]),
            any(metrics, &[Metric::KernelTasks]),
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        let mut sealed = HashMap::<i64, Vec<Point>>::new();
        for row in rows {
            let points = row.decode().during(DOING)?;
            let points = points
                .into_iter()
                .filter(|point| (from..to).contains(&point.at_ms));
            sealed.entry(row.container_id).or_default().extend(points);
        }
        for (container, points) in ids.iter().zip(&mut raw) {
            if let Some(mut all) = sealed.remove(container) {
                all.append(points);
                sort_and_dedupe(&mut all);
                *points = all;
            }
        }
        Ok(raw)
    }

    /// Rollups of what is sealed, and what is in memory.
    async fn rolled(
        &self,
        groups: &[&[ContainerKey]],
        grid: &Grid,
        metrics: &[Metric],
    ) -> Result<(Vec<Raw>, Days), StoreError> {
        let in_memory_since = self.head.complete_since_ms();
        let recent =
            |container: &ContainerKey| self.head.range(container.0, grid.from_ms, grid.to_ms());
        let raw = groups
            .iter()
            .map(|containers| containers.iter().map(recent).collect())
            .collect();
        let mut days = Days::new();
        if in_memory_since <= grid.from_ms {
            return Ok((raw, days));
        }
        let ids: Vec<i64> = groups
            .iter()
            .copied()
            .flatten()
            .map(|container| container.0)
            .collect();
        let rows = sqlx::query_as!(
            RollRow,
            "SELECT container_id, start_ms,
                    CASE WHEN $4 THEN working_set END AS working_set,
                    CASE WHEN $5 THEN usage END AS usage,
                    CASE WHEN $6 THEN cache END AS cache,
                    CASE WHEN $7 THEN anon END AS anon,
                    CASE WHEN $8 THEN limit_bytes END AS limit_bytes,
                    CASE WHEN $9 THEN tasks END AS tasks,
                    CASE WHEN $9 THEN task_kind END AS task_kind,
                    CASE WHEN $10 THEN kernel_tasks END AS kernel_tasks
             FROM roll_5m
             WHERE container_id = ANY($1) AND start_ms >= $2 AND start_ms < $3
             ORDER BY container_id, start_ms",
            &ids,
            day_of(grid.from_ms),
            grid.to_ms(),
            any(
                metrics,
                &[Metric::MemoryWorkingSetBytes, Metric::MemoryRatio]
            ),
            any(metrics, &[Metric::MemoryUsageBytes]),
            any(metrics, &[Metric::MemoryCacheBytes]),
            any(metrics, &[Metric::MemoryAnonBytes]),
            any(metrics, &[Metric::MemoryLimitBytes, Metric::MemoryRatio]),
            any(metrics, &[Metric::Tasks]),
            any(metrics, &[Metric::KernelTasks]),
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        for row in rows {
            days.entry(row.container_id)
                .or_default()
                .push(Day::decode(&row).during(DOING)?);
        }
        Ok((raw, days))
    }
}

/// Whether one of the metrics that are asked for is computed from a column.
fn any(metrics: &[Metric], of_column: &[Metric]) -> bool {
    metrics.iter().any(|metric| of_column.contains(metric))
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

fn from_days(
    metric: Metric,
    containers: &[ContainerKey],
    grid: Grid,
    raw: &Raw,
    days: &Days,
) -> SeriesView {
    let days_of = |container: &ContainerKey| days.get(&container.0).into_iter().flatten();
    let kind = (metric == Metric::Tasks)
        .then(|| {
            let sealed = containers
                .iter()
                .flat_map(days_of)
                .filter_map(|day| day.task_kind(grid.from_ms, grid.to_ms()));
            sealed.chain(kind_of_points(raw.iter().flatten())).min()
        })
        .flatten();
    let mut buckets = Buckets::new(grid);
    for (container, points) in containers.iter().zip(raw) {
        for day in days_of(container) {
            for (at, values) in day.values(metric, kind) {
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
        if let Some(value) = point.to_sample().value(metric) {
            buckets.add(point.at_ms, value);
        }
    }
}
