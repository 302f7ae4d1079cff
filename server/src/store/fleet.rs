//! All the overview needs, in a handful of statements whatever the size of the fleet.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::ContainerKey,
    verdict::CauseGroup,
    view::{FleetSummary, FleetView, Spark, TimeRange, WorkloadQuery},
};

use super::{
    Store, ends,
    error::{StoreError, While},
    series::Lines,
};

const DOING: &str = "reading the overview";

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
        let (workloads, sources, mut lines) = tokio::try_join!(
            self.workload_rows(&query, now),
            self.source_rows(now),
            self.lines(day),
        )?;
        let workloads = workloads.data;
        let ends = self.ends.read(&self.pool, now).await?;

        let mut summary = FleetSummary {
            workloads: workloads.len() as u32,
            ..FleetSummary::default()
        };
        let mut sparks = Vec::with_capacity(workloads.len());
        for row in &workloads {
            let ends = ends::within(ends.of(row.id), day.from, day.to);
            summary.restarting += u32::from(row.restarts.last_24h > 0);
            summary.restarts_24h += row.restarts.last_24h;
            let memory = ends
                .iter()
                .filter(|end| end.counts() && end.cause().group() == CauseGroup::Memory);
            summary.memory_24h += memory.count() as u32;
            let lines = lines.remove(&row.id.0).unwrap_or_default();
            sparks.push(Spark {
                memory: lines.memory,
                tasks: lines.tasks,
                restarts: ends.iter().map(|end| (end.at(), end.cause())).collect(),
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

    /// Reads into memory what the overview is made of. Whoever comes first would wait for it otherwise.
    pub async fn load_overview(&self, now: Timestamp) -> Result<(), StoreError> {
        self.samples().load_day(now).await?;
        self.ends.read(&self.pool, now).await?;
        Ok(())
    }

    /// What sparklines are drawn from, by workload.
    async fn lines(&self, range: TimeRange) -> Result<HashMap<i64, Lines>, StoreError> {
        let (workloads, groups): (Vec<i64>, Vec<Vec<ContainerKey>>) =
            self.containers_since(range.from).await?.into_iter().unzip();
        let lines = self.samples().last_day(&groups, range).await?;
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
}
