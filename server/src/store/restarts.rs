//! The restart ledger as people read it.

use domain::{
    Timestamp,
    ids::{EngineId, RestartId, WorkloadId},
    metric::TaskKind,
    restart::{RestartKind, signal_name, signal_of},
    verdict::Cause,
    view::{Meta, Page, RestartQuery, RestartRow},
};

use super::{
    Store,
    cursor::{Cursor, moment},
    error::{StoreError, While},
    text,
};

const DOING: &str = "reading restarts";
const LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;

struct Row {
    id: i64,
    workload_id: i64,
    workload_name: String,
    engine_id: String,
    image: String,
    next_image: Option<String>,
    run_started_at: Timestamp,
    ended_at: Timestamp,
    started_at: Option<Timestamp>,
    exit_code: Option<i32>,
    kind: String,
    counts: bool,
    cause: String,
    confidence: String,
    evidence: serde_json::Value,
    panic: Option<String>,
    last_sample_at: Option<Timestamp>,
    last_working_set_bytes: Option<i64>,
    last_limit_bytes: Option<i64>,
    last_tasks: Option<i64>,
    last_task_kind: Option<String>,
}

impl Store {
    /// A page of the ledger, newest first.
    pub async fn restart_rows(&self, query: &RestartQuery) -> Result<Page<RestartRow>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = query
            .cursor
            .as_deref()
            .map(str::parse::<Cursor<2>>)
            .transpose()?;
        let after_at = after
            .map(|Cursor([micros, _])| moment(micros))
            .transpose()?;
        // Of an incident of long ago the newest restarts need not be looked through.
        let span = match query.incident {
            Some(incident) => self.incident_span(incident).await?,
            None => None,
        };
        let (began, over) = (span.map(|(began, _)| began), span.map(|(_, over)| over));
        let from = query.from.max(began);
        let to = query
            .to
            .map_or(over, |to| Some(over.map_or(to, |over| over.min(to))));
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT r.id, r.workload_id, w.name AS workload_name, c.engine_id, r.image, r.next_image, r.run_started_at, r.ended_at,
                    r.started_at, r.exit_code, r.kind, r.counts, r.cause, r.confidence, r.evidence, r.last_sample_at,
                    r.last_working_set_bytes, r.last_limit_bytes, r.last_tasks, r.last_task_kind, p.fingerprint AS "panic?"
             FROM restart r JOIN workload w ON w.id = r.workload_id JOIN container c ON c.id = r.container_id
             LEFT JOIN panic p ON p.restart_id = r.id
             WHERE ($1::bigint IS NULL OR r.workload_id = $1)
               AND ($2::text IS NULL OR r.cause = $2)
               AND ($3::timestamptz IS NULL OR r.ended_at >= $3)
               AND ($4::timestamptz IS NULL OR r.ended_at < $4)
               AND ($5::timestamptz IS NULL OR (r.ended_at, r.id) < ($5, $6))
               AND ($8::bigint IS NULL OR r.id IN (SELECT restart_id FROM incident_restart WHERE incident_id = $8))
             ORDER BY r.ended_at DESC, r.id DESC
             LIMIT $7"#,
            query.workload.map(|workload| workload.0),
            query.cause.map(Cause::name),
            from,
            to,
            after_at,
            after.map_or(0, |Cursor([_, id])| id),
            limit as i64 + 1,
            query.incident.map(|incident| incident.0),
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let more = rows.len() > limit;
        let data = rows
            .into_iter()
            .take(limit)
            .map(Row::into_view)
            .collect::<Result<Vec<_>, _>>()?;
        let next = data
            .last()
            .filter(|_| more)
            .map(|last| Cursor([last.ended_at.timestamp_micros(), last.id.0]).encode());
        Ok(Page {
            data,
            meta: Meta { next },
        })
    }
}

impl Store {
    /// One entry of the ledger.
    pub(super) async fn restart_row(
        &self,
        id: RestartId,
    ) -> Result<Option<RestartRow>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT r.id, r.workload_id, w.name AS workload_name, c.engine_id, r.image, r.next_image, r.run_started_at, r.ended_at,
                    r.started_at, r.exit_code, r.kind, r.counts, r.cause, r.confidence, r.evidence, r.last_sample_at,
                    r.last_working_set_bytes, r.last_limit_bytes, r.last_tasks, r.last_task_kind, p.fingerprint AS "panic?"
             FROM restart r JOIN workload w ON w.id = r.workload_id JOIN container c ON c.id = r.container_id
             LEFT JOIN panic p ON p.restart_id = r.id
             WHERE r.id = $1"#,
            id.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(DOING)?;
        row.map(Row::into_view).transpose()
    }
}

impl Row {
    fn into_view(self) -> Result<RestartRow, StoreError> {
        let ratio = self
            .last_working_set_bytes
            .zip(self.last_limit_bytes.filter(|limit| *limit > 0))
            .map(|(memory, limit)| memory as f64 / limit as f64);
        let task_kind = self
            .last_task_kind
            .map(|kind| text::known(&kind, "restart.last_task_kind", TaskKind::from_name, DOING))
            .transpose()?;
        Ok(RestartRow {
            id: RestartId(self.id),
            workload: WorkloadId(self.workload_id),
            workload_name: self.workload_name,
            container_id: EngineId(self.engine_id),
            image: self.image,
            next_image: self.next_image,
            run_started_at: self.run_started_at,
            ended_at: self.ended_at,
            started_at: self.started_at,
            ran_for_ms: (self.ended_at - self.run_started_at).num_milliseconds(),
            exit_code: self.exit_code,
            signal: self
                .exit_code
                .and_then(signal_of)
                .and_then(signal_name)
                .map(str::to_owned),
            kind: text::known(&self.kind, "restart.kind", RestartKind::from_name, DOING)?,
            counts: self.counts,
            cause: text::cause(&self.cause, DOING)?,
            confidence: text::confidence(&self.confidence, DOING)?,
            evidence: text::from_json(self.evidence, DOING)?,
            panic: self.panic,
            last_memory_ratio: ratio,
            last_sample_at: self.last_sample_at,
            tasks_at_end: self.last_tasks.map(|count| count as u64),
            task_kind,
        })
    }
}
