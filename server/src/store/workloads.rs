//! Workloads as people read them: who they are, how they are now, how often they restarted.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, WorkloadId},
    labels::Labels,
    source::SourceState,
    verdict::{Cause, Confidence},
    view::{
        CauseCount, LastRestart, MemoryNow, Meta, Page, RestartCounts, RestartQuery, SeriesQuery,
        SeriesSet, TasksNow, WorkloadDetail, WorkloadQuery, WorkloadRow,
    },
    workload::ContainerState,
};

use super::{
    Store,
    cursor::Cursor,
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading workloads";
const LIMIT: u32 = 500;
const MAX_LIMIT: u32 = 10_000;

/// A workload with its newest container, its restart counts and its newest ledger entry.
struct Row {
    id: i64,
    name: String,
    grp: String,
    first_seen_at: Timestamp,
    source: String,
    source_state: String,
    container_id: i64,
    engine_id: String,
    image: String,
    state: String,
    started_at: Option<Timestamp>,
    last_seen_at: Timestamp,
    limit_bytes: Option<i64>,
    restart_policy: String,
    engine_restart_count: Option<i64>,
    probe_problem: Option<String>,
    last_10m: i64,
    last_24h: i64,
    last_7d: i64,
    last_30d: i64,
    last_ended_at: Option<Timestamp>,
    last_cause: Option<String>,
    last_confidence: Option<String>,
}

/// Which rows.
#[derive(Default)]
struct Wanted<'a> {
    id: Option<WorkloadId>,
    source: Option<&'a str>,
    search: Option<&'a str>,
    after: Option<Cursor<4>>,
    limit: i64,
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
        let wanted = Wanted {
            id: None,
            source: query.source.as_deref(),
            search: query.search.as_deref(),
            after: query.cursor.as_deref().map(str::parse).transpose()?,
            limit: limit as i64 + 1,
        };
        let rows = self.rows(&wanted, now).await?;
        let more = rows.len() > limit;
        let next = rows
            .get(limit - 1)
            .filter(|_| more)
            .map(|last| Cursor([last.last_10m, last.last_24h, last.last_30d, last.id]).encode());
        let data = rows
            .into_iter()
            .take(limit)
            .map(|row| self.view(row))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            data,
            meta: Meta { next },
        })
    }

    /// One workload, or `None` when there is no such.
    pub async fn workload_detail(
        &self,
        id: WorkloadId,
        now: Timestamp,
    ) -> Result<Option<WorkloadDetail>, StoreError> {
        let wanted = Wanted {
            id: Some(id),
            limit: 1,
            ..Wanted::default()
        };
        let Some(row) = self.rows(&wanted, now).await?.pop() else {
            return Ok(None);
        };
        let newest = RestartQuery {
            workload: Some(id),
            limit: Some(1),
            ..RestartQuery::default()
        };
        let (labels, containers, causes, newest, incident) = tokio::try_join!(
            self.labels(ContainerKey(row.container_id)),
            self.members(id),
            self.causes_30d(id, now),
            self.restart_rows(&newest),
            self.incident_of(id),
        )?;
        Ok(Some(WorkloadDetail {
            container_id: EngineId(row.engine_id.clone()),
            restart_policy: row.restart_policy.clone(),
            labels,
            containers: containers.len() as u32,
            first_seen_at: row.first_seen_at,
            engine_restart_count: row.engine_restart_count.map(|count| count as u64),
            causes_30d: causes,
            newest_restart: newest.data.into_iter().next(),
            incident,
            row: self.view(row)?,
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

    async fn rows(&self, wanted: &Wanted<'_>, now: Timestamp) -> Result<Vec<Row>, StoreError> {
        let after = wanted.after.map(|Cursor(place)| place);
        // Computed here: there, they would be for every restart of a month.
        let [ten_minutes, day, week, month] = [
            TimeDelta::minutes(10),
            TimeDelta::hours(24),
            TimeDelta::days(7),
            TimeDelta::days(30),
        ]
        .map(|length| now - length);
        sqlx::query_as!(
            Row,
            r#"WITH listed AS (
                   SELECT w.id, w.name, w.grp, w.first_seen_at, s.name AS source, s.state AS source_state,
                          c.id AS container_id, c.engine_id, c.image, c.state, c.started_at, c.limit_bytes,
                          -- What is not removed was listed at every poll of its source.
                          CASE WHEN c.state = 'removed' THEN c.last_seen_at
                               ELSE greatest(c.last_seen_at, s.last_poll_at) END AS last_seen_at,
                          c.restart_policy, c.engine_restart_count, c.probe_problem,
                          n.last_10m, n.last_24h, n.last_7d, n.last_30d
                   FROM workload w
                   JOIN source s ON s.id = w.source_id
                   JOIN LATERAL (
                       SELECT * FROM container WHERE workload_id = w.id ORDER BY created_at DESC, id DESC LIMIT 1
                   ) c ON true
                   -- Workload by workload, for each of which an index has the times: all at once, the planner would have to guess how many.
                   CROSS JOIN LATERAL (
                       SELECT count(*) FILTER (WHERE ended_at > $10) AS last_10m,
                              count(*) FILTER (WHERE ended_at > $11) AS last_24h,
                              count(*) FILTER (WHERE ended_at > $12) AS last_7d,
                              count(*) AS last_30d
                       FROM restart
                       WHERE workload_id = w.id AND counts AND ended_at > $13 AND ended_at <= $1
                   ) n
                   WHERE ($2::bigint IS NOT NULL AND w.id = $2)
                      OR ($2::bigint IS NULL
                          AND (c.state <> 'removed' OR c.last_seen_at > $1::timestamptz - interval '24 hours')
                          AND ($3::text IS NULL OR s.name = $3)
                          AND ($4::text IS NULL OR strpos(lower(concat_ws(' ', w.grp, w.name, c.image)), lower($4)) > 0))
               )
               SELECT l.id AS "id!", l.name AS "name!", l.grp AS "grp!", l.first_seen_at AS "first_seen_at!", l.source AS "source!",
                      l.source_state AS "source_state!", l.container_id AS "container_id!", l.engine_id AS "engine_id!",
                      l.image AS "image!", l.state AS "state!", l.started_at, l.last_seen_at AS "last_seen_at!", l.limit_bytes,
                      l.restart_policy AS "restart_policy!", l.engine_restart_count, l.probe_problem, l.last_10m AS "last_10m!",
                      l.last_24h AS "last_24h!", l.last_7d AS "last_7d!", l.last_30d AS "last_30d!",
                      r.ended_at AS "last_ended_at?", r.cause AS "last_cause?", r.confidence AS "last_confidence?"
               FROM listed l
               LEFT JOIN LATERAL (
                   SELECT ended_at, cause, confidence FROM restart WHERE workload_id = l.id ORDER BY ended_at DESC, id DESC LIMIT 1
               ) r ON true
               WHERE $5::bigint IS NULL
                  OR (-l.last_10m, -l.last_24h, -l.last_30d, l.name COLLATE "C", l.id)
                     > (-$6::bigint, -$7::bigint, -$8::bigint, (SELECT name FROM workload WHERE id = $5), $5)
               -- In the order of characters: that of a language would take longer than all the rest, and depend on the database.
               ORDER BY l.last_10m DESC, l.last_24h DESC, l.last_30d DESC, l.name COLLATE "C", l.id
               LIMIT $9"#,
            now,
            wanted.id.map(|id| id.0),
            wanted.source,
            wanted.search,
            after.map(|[.., id]| id),
            after.map(|[last_10m, ..]| last_10m),
            after.map(|[_, last_24h, ..]| last_24h),
            after.map(|[_, _, last_30d, _]| last_30d),
            wanted.limit,
            ten_minutes,
            day,
            week,
            month,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)
    }

    async fn labels(&self, container: ContainerKey) -> Result<Labels, StoreError> {
        let labels = sqlx::query_scalar!("SELECT labels FROM container WHERE id = $1", container.0)
            .fetch_optional(&self.pool)
            .await
            .during(DOING)?;
        // Removed in this moment, it has none.
        labels.map_or_else(
            || Ok(Labels::default()),
            |labels| text::from_json(labels, DOING),
        )
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
                let cause = text::known(&row.cause, "restart.cause", Cause::from_name, DOING)?;
                Ok(CauseCount {
                    cause,
                    count: row.count as u32,
                })
            })
            .collect()
    }

    /// Adds what is only in memory: the numbers of now.
    fn view(&self, row: Row) -> Result<WorkloadRow, StoreError> {
        let state = text::known(
            &row.state,
            "container.state",
            ContainerState::from_name,
            DOING,
        )?;
        let alive = matches!(state, ContainerState::Running | ContainerState::Paused);
        // A sample from before the start belongs to the run before. Samples are kept to the millisecond, and lie at their tick.
        let sample = self
            .samples()
            .latest(ContainerKey(row.container_id))
            .filter(|sample| {
                alive
                    && row
                        .started_at
                        .is_none_or(|started| sample.at.timestamp() >= started.timestamp())
            });
        let limit_bytes = sample.map_or(row.limit_bytes.map(|bytes| bytes as u64), |sample| {
            sample.limit_bytes
        });
        let last_restart = match (row.last_ended_at, row.last_cause, row.last_confidence) {
            (Some(at), Some(cause), Some(confidence)) => Some(LastRestart {
                at,
                cause: text::known(&cause, "restart.cause", Cause::from_name, DOING)?,
                confidence: text::known(
                    &confidence,
                    "restart.confidence",
                    Confidence::from_name,
                    DOING,
                )?,
            }),
            _ => None,
        };
        Ok(WorkloadRow {
            id: WorkloadId(row.id),
            name: row.name,
            group: row.grp,
            source: row.source,
            source_state: text::known(
                &row.source_state,
                "source.state",
                SourceState::from_name,
                DOING,
            )?,
            image: row.image,
            state,
            started_at: row.started_at.filter(|_| alive),
            seen_at: row.last_seen_at,
            memory: MemoryNow {
                working_set_bytes: sample.and_then(|sample| sample.working_set_bytes),
                limit_bytes,
                ratio: sample.and_then(|sample| sample.memory_ratio()),
            },
            tasks: TasksNow {
                kind: sample
                    .and_then(|sample| sample.tasks)
                    .map(|tasks| tasks.kind),
                count: sample
                    .and_then(|sample| sample.tasks)
                    .map(|tasks| tasks.count),
                problem: row.probe_problem,
            },
            restarts: RestartCounts {
                last_10m: row.last_10m as u32,
                last_24h: row.last_24h as u32,
                last_7d: row.last_7d as u32,
                last_30d: row.last_30d as u32,
            },
            last_restart,
            forecast: None,
        })
    }
}
