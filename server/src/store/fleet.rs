//! All the overview needs, in a handful of statements whatever the size of the fleet.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::Metric,
    verdict::{Cause, CauseGroup},
    view::{FleetSummary, FleetView, SeriesView, Spark, TimeRange, WorkloadQuery},
};

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading the overview";

/// Points of a sparkline: 24 h in quarters of an hour, which begin at round times and so may be one more.
const SPARK_POINTS: u32 = 97;

/// What the overview lists at most.
const WORKLOADS: u32 = 10_000;

impl Store {
    /// The overview as of `now`.
    pub async fn fleet(&self, now: Timestamp) -> Result<FleetView, StoreError> {
        let query = WorkloadQuery {
            limit: Some(WORKLOADS),
            ..WorkloadQuery::default()
        };
        let day = TimeRange {
            from: now - TimeDelta::hours(24),
            to: now,
        };
        let (workloads, sources, mut lines, mut restarts) = tokio::try_join!(
            self.workload_rows(&query, now),
            self.source_rows(now),
            self.lines(day),
            self.restarts_in(day),
        )?;
        let workloads = workloads.data;

        let mut summary = FleetSummary {
            workloads: workloads.len() as u32,
            ..FleetSummary::default()
        };
        let mut sparks = Vec::with_capacity(workloads.len());
        for row in &workloads {
            let restarts = restarts.remove(&row.id.0).unwrap_or_default();
            summary.restarting += u32::from(row.restarts.last_24h > 0);
            summary.restarts_24h += row.restarts.last_24h;
            let memory = restarts
                .iter()
                .filter(|restart| restart.counts && restart.cause.group() == CauseGroup::Memory);
            summary.memory_24h += memory.count() as u32;
            let [ratio, bytes, tasks] = lines.remove(&row.id.0).unwrap_or_default();
            sparks.push(Spark {
                memory: ratio.or(bytes),
                tasks,
                restarts: restarts
                    .into_iter()
                    .map(|restart| (restart.at, restart.cause))
                    .collect(),
            });
        }
        Ok(FleetView {
            at: now,
            summary,
            workloads,
            sparks,
            sources,
        })
    }

    /// What sparklines may be drawn from, by workload.
    async fn lines(&self, range: TimeRange) -> Result<HashMap<i64, Lines>, StoreError> {
        let metrics = [
            Metric::MemoryRatio,
            Metric::MemoryWorkingSetBytes,
            Metric::Tasks,
        ];
        let (workloads, groups): (Vec<i64>, Vec<_>) =
            self.containers_since(range.from).await?.into_iter().unzip();
        let groups: Vec<&[ContainerKey]> = groups.iter().map(Vec::as_slice).collect();
        let series = self
            .samples()
            .query_many(&groups, range, SPARK_POINTS, &metrics)
            .await?;
        let lines = series.into_iter().map(|series| {
            let mut lines = Lines::default();
            for (line, view) in lines.iter_mut().zip(series) {
                *line = has_values(&view).then_some(view);
            }
            lines
        });
        Ok(workloads.into_iter().zip(lines).collect())
    }

    /// Containers by workload that were there at or after a moment, the newest last.
    async fn containers_since(
        &self,
        since: Timestamp,
    ) -> Result<HashMap<i64, Vec<ContainerKey>>, StoreError> {
        let rows = sqlx::query!(
            "SELECT workload_id, id FROM container WHERE state <> 'removed' OR last_seen_at >= $1 ORDER BY created_at, id",
            since,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut containers = HashMap::<_, Vec<_>>::new();
        for row in rows {
            containers
                .entry(row.workload_id)
                .or_default()
                .push(ContainerKey(row.id));
        }
        Ok(containers)
    }

    /// Ledger entries by workload, oldest first.
    async fn restarts_in(&self, range: TimeRange) -> Result<HashMap<i64, Vec<Mark>>, StoreError> {
        let rows = sqlx::query!(
            "SELECT workload_id, ended_at, cause, counts FROM restart WHERE ended_at > $1 AND ended_at <= $2 ORDER BY ended_at, id",
            range.from,
            range.to,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut restarts = HashMap::<_, Vec<_>>::new();
        for row in rows {
            let cause = text::known(&row.cause, "restart.cause", Cause::from_name, DOING)?;
            let mark = Mark {
                at: row.ended_at,
                cause,
                counts: row.counts,
            };
            restarts.entry(row.workload_id).or_default().push(mark);
        }
        Ok(restarts)
    }
}

/// Share of the limit, bytes, task count; `None` where there is no value at all.
type Lines = [Option<SeriesView>; 3];

struct Mark {
    at: Timestamp,
    cause: Cause,
    counts: bool,
}

fn has_values(view: &SeriesView) -> bool {
    view.last.iter().any(Option::is_some)
}
