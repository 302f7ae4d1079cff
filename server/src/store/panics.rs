//! Panics: one row for each restart that had one, counted when they are asked for.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{ContainerKey, RestartId, WorkloadId},
    panic::{Language, Panic},
    view::{PanicDetail, PanicGroup, PanicQuery, PanicReturn},
};
use sqlx::PgConnection;

use super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "keeping a panic";
const READING: &str = "reading panics";
const LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;
/// A panic that was not seen for so long, and then was, came back: longer than what a weekly job leaves between two runs.
const GONE: TimeDelta = TimeDelta::days(7);

/// Keeps what the log of a run that is in the ledger says of its end.
pub(super) async fn keep(
    connection: &mut PgConnection,
    container: ContainerKey,
    run_started_at: Timestamp,
    panic: &Panic,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO panic (restart_id, workload_id, ended_at, image, fingerprint, language, kind, message, detail)
         SELECT id, workload_id, ended_at, image, $3, $4, $5, $6, $7 FROM restart WHERE container_id = $1 AND run_started_at = $2
         ON CONFLICT (restart_id) DO UPDATE SET
             fingerprint = excluded.fingerprint, language = excluded.language, kind = excluded.kind, message = excluded.message,
             detail = excluded.detail, ended_at = excluded.ended_at",
        container.0,
        run_started_at,
        panic.fingerprint,
        panic.language.name(),
        panic.kind,
        panic.message,
        text::to_json(panic, DOING)?,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

struct Row {
    fingerprint: String,
    workload_id: i64,
    workload_name: String,
    detail: serde_json::Value,
    count: i64,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    last_restart: i64,
    images: Vec<String>,
    returned_at: Option<Timestamp>,
    seen_before: Option<Timestamp>,
    image_before: Option<String>,
    image_again: Option<String>,
}

impl Store {
    /// What the log of a run says of its end, if the run is in the ledger and its log had a panic.
    pub async fn panic_of(
        &self,
        container: ContainerKey,
        run_started_at: Timestamp,
    ) -> Result<Option<Panic>, StoreError> {
        let detail = sqlx::query_scalar!(
            "SELECT p.detail FROM panic p JOIN restart r ON r.id = p.restart_id WHERE r.container_id = $1 AND r.run_started_at = $2",
            container.0,
            run_started_at,
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        detail
            .map(|detail| text::from_json(detail, READING))
            .transpose()
    }

    /// Groups of panics, the last seen first.
    pub async fn panic_groups(&self, query: &PanicQuery) -> Result<Vec<PanicGroup>, StoreError> {
        let limit = query.limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT);
        let rows = sqlx::query_as!(
            Row,
            r#"WITH seen AS (
                 SELECT p.*, lag(p.ended_at) OVER runs AS before_at, lag(p.image) OVER runs AS before_image,
                        row_number() OVER (PARTITION BY workload_id, fingerprint, image ORDER BY ended_at, restart_id) AS of_image
                 FROM panic p
                 WHERE ($1::bigint IS NULL OR p.workload_id = $1) AND ($2::text IS NULL OR p.fingerprint = $2)
                 WINDOW runs AS (PARTITION BY workload_id, fingerprint ORDER BY ended_at, restart_id)
               ), newest AS (
                 SELECT DISTINCT ON (workload_id, fingerprint) workload_id, fingerprint, restart_id, ended_at, detail
                 FROM seen ORDER BY workload_id, fingerprint, ended_at DESC, restart_id DESC
               ), returned AS (
                 SELECT DISTINCT ON (workload_id, fingerprint) workload_id, fingerprint, ended_at, before_at, before_image, image
                 FROM seen WHERE ended_at - before_at >= $3::float8 * interval '1 second'
                 ORDER BY workload_id, fingerprint, ended_at DESC, restart_id DESC
               ), counted AS (
                 SELECT workload_id, fingerprint, count(*) AS count, min(ended_at) AS first_seen_at,
                        array_agg(image ORDER BY ended_at, restart_id) FILTER (WHERE of_image = 1) AS images
                 FROM seen GROUP BY workload_id, fingerprint
               )
               SELECT c.fingerprint, c.workload_id, w.name AS workload_name, n.detail, c.count AS "count!", c.first_seen_at AS "first_seen_at!",
                      n.ended_at AS last_seen_at, n.restart_id AS last_restart, c.images AS "images!",
                      b.ended_at AS "returned_at?", b.before_at AS "seen_before?", b.before_image AS "image_before?", b.image AS "image_again?"
               FROM counted c
               JOIN newest n USING (workload_id, fingerprint)
               LEFT JOIN returned b USING (workload_id, fingerprint)
               JOIN workload w ON w.id = c.workload_id
               ORDER BY n.ended_at DESC, n.restart_id DESC
               LIMIT $4"#,
            query.workload.map(|workload| workload.0),
            query.fingerprint,
            GONE.num_seconds() as f64,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await
        .during(READING)?;
        rows.into_iter().map(Row::into_group).collect()
    }

    /// The panic of a restart with its group.
    pub(super) async fn panic_detail(
        &self,
        restart: RestartId,
    ) -> Result<Option<PanicDetail>, StoreError> {
        let own = sqlx::query!(
            "SELECT workload_id, fingerprint, detail FROM panic WHERE restart_id = $1",
            restart.0,
        )
        .fetch_optional(&self.pool)
        .await
        .during(READING)?;
        let Some(own) = own else { return Ok(None) };
        let panic: Panic = text::from_json(own.detail, READING)?;
        let query = PanicQuery {
            workload: Some(WorkloadId(own.workload_id)),
            fingerprint: Some(own.fingerprint),
            limit: Some(1),
        };
        let Some(mut group) = self.panic_groups(&query).await?.pop() else {
            return Ok(None);
        };
        // What this one said, rather than the last of its kind.
        group.message = panic.message;
        Ok(Some(PanicDetail {
            group,
            frames: panic.frames,
            first_line: u32::try_from(panic.first_line).unwrap_or(u32::MAX),
        }))
    }
}

impl Row {
    fn into_group(self) -> Result<PanicGroup, StoreError> {
        let panic: Panic = text::from_json(self.detail, READING)?;
        let language: Language = panic.language;
        let came_back = self
            .returned_at
            .zip(self.seen_before)
            .map(|(at, before)| PanicReturn {
                at,
                quiet_ms: (at - before).num_milliseconds(),
                image_before: self.image_before.unwrap_or_default(),
                image: self.image_again.unwrap_or_default(),
            });
        Ok(PanicGroup {
            fingerprint: self.fingerprint,
            workload: WorkloadId(self.workload_id),
            workload_name: self.workload_name,
            language,
            kind: panic.kind,
            message: panic.message,
            count: u32::try_from(self.count).unwrap_or(u32::MAX),
            first_seen_at: self.first_seen_at,
            last_seen_at: self.last_seen_at,
            last_restart: RestartId(self.last_restart),
            images: self.images,
            came_back,
        })
    }
}
