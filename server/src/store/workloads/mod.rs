//! Workloads as people read them: who they are, how they are now, how often they restarted.

mod place;
mod row;

use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, WorkloadId},
    view::{
        CauseCount, Meta, Page, RestartQuery, SeriesQuery, SeriesSet, WorkloadDetail,
        WorkloadQuery, WorkloadRow,
    },
};

use self::place::Place;
use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading workloads";
const LIMIT: u32 = 500;
const MAX_LIMIT: u32 = 10_000;

/// What only the page of a workload says of it and its newest container.
struct About {
    engine_id: String,
    restart_policy: String,
    engine_restart_count: Option<i64>,
    labels: serde_json::Value,
    first_seen_at: Timestamp,
}

impl Store {
    /// A page of workloads, most urgent first: restarts of the last 10 min, 24 h, 30 d before `now`, then name. Workloads that were
    /// removed more than a day ago are left out.
    pub async fn workload_rows(
        &self,
        query: &WorkloadQuery,
        now: Timestamp,
    ) -> Result<Page<WorkloadRow>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = query.cursor.as_deref().map(str::parse).transpose()?;
        let mut rows = self.rows(now).await?;
        if let Some(source) = &query.source {
            rows.retain(|row| row.source == *source);
        }
        if let Some(search) = &query.search {
            let search = search.to_lowercase();
            rows.retain(|row| {
                let text = format!("{} {} {}", row.group, row.name, row.image);
                text.to_lowercase().contains(&search)
            });
        }
        rows.sort_unstable_by(|a, b| Place::of(a).cmp(&Place::of(b)));
        if let Some(after) = after {
            let after = Place::after(after, &rows);
            let told = rows.partition_point(|row| Place::of(row) <= after);
            rows.drain(..told);
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| Place::of(row).cursor());
        Ok(Page {
            data: rows,
            meta: Meta { next },
        })
    }

    /// One workload, or `None` when there is no such.
    pub async fn workload_detail(
        &self,
        id: WorkloadId,
        now: Timestamp,
    ) -> Result<Option<WorkloadDetail>, StoreError> {
        let Some((container, row)) = self.row(id, now).await? else {
            return Ok(None);
        };
        let newest = RestartQuery {
            workload: Some(id),
            limit: Some(1),
            ..RestartQuery::default()
        };
        let (about, containers, causes, newest, incident) = tokio::try_join!(
            self.about(container),
            self.members(id),
            self.causes_30d(id, now),
            self.restart_rows(&newest),
            self.incident_of(id),
        )?;
        Ok(Some(WorkloadDetail {
            row,
            container_id: EngineId(about.engine_id),
            restart_policy: about.restart_policy,
            labels: text::from_json(about.labels, DOING)?,
            containers: containers.len() as u32,
            first_seen_at: about.first_seen_at,
            engine_restart_count: about.engine_restart_count.map(|count| count as u64),
            causes_30d: causes,
            newest_restart: newest.data.into_iter().next(),
            incident,
        }))
    }

    /// Series of a workload over all its containers, or `None` when there is no such workload.
    pub async fn workload_series(
        &self,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<Option<SeriesSet>, StoreError> {
        let containers = self.members(id).await?;
        if containers.is_empty() {
            return Ok(None);
        }
        self.samples().query(&containers, query).await.map(Some)
    }

    /// The version of [`Store::workload_series`] when its range is sealed, see [`Samples::version`](super::Samples::version).
    pub async fn workload_series_version(
        &self,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<Option<String>, StoreError> {
        let containers = self.members(id).await?;
        if containers.is_empty() {
            return Ok(None);
        }
        self.samples().version(&containers, query).await
    }

    async fn about(&self, container: ContainerKey) -> Result<About, StoreError> {
        sqlx::query_as!(
            About,
            "SELECT c.engine_id, c.restart_policy, c.engine_restart_count, c.labels, w.first_seen_at
             FROM container c JOIN workload w ON w.id = c.workload_id
             WHERE c.id = $1",
            container.0,
        )
        .fetch_one(&self.pool)
        .await
        .during(DOING)
    }

    async fn causes_30d(
        &self,
        id: WorkloadId,
        now: Timestamp,
    ) -> Result<Vec<CauseCount>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT cause, count(*) AS "count!" FROM restart
               WHERE workload_id = $1 AND ended_at > $2::timestamptz - interval '30 days' AND ended_at <= $2
               GROUP BY cause ORDER BY count(*) DESC, cause"#,
            id.0,
            now,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let cause = text::cause(&row.cause, DOING)?;
                Ok(CauseCount {
                    cause,
                    count: row.count as u32,
                })
            })
            .collect()
    }
}
