//! The polled engines and how they are.

use domain::{
    Timestamp,
    ids::{RestartId, SourceId},
    source::{EngineInfo, SourceKind, SourceState},
    view::SourceRow,
};
use sqlx::PgPool;

use super::{
    Store,
    error::{StoreError, While},
    text,
};
use crate::collect::Health;

/// See [`Store::sources`].
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    pub(super) pool: &'a PgPool,
}

impl Sources<'_> {
    /// Makes a configured source known, or changes it; its name is its identity.
    pub async fn upsert(
        &self,
        name: &str,
        kind: SourceKind,
        endpoint: &str,
        interval_ms: u64,
    ) -> Result<SourceId, StoreError> {
        let id = sqlx::query_scalar!(
            "INSERT INTO source (name, kind, endpoint, interval_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, endpoint = excluded.endpoint, interval_ms = excluded.interval_ms
             RETURNING id",
            name,
            kind.name(),
            endpoint,
            interval_ms as i64,
        )
        .fetch_one(self.pool)
        .await
        .during("writing a source")?;
        Ok(SourceId(id))
    }

    /// Notes how a source is. What a failed try cannot know, such as the engine's version, stays as it was.
    pub async fn set_health(&self, id: SourceId, health: &Health) -> Result<(), StoreError> {
        const DOING: &str = "writing a source's health";
        let engine = health
            .engine
            .as_ref()
            .map(|engine| text::to_json(engine, DOING))
            .transpose()?;
        sqlx::query!(
            "UPDATE source SET
                 state = $2,
                 state_since = CASE WHEN state = $2 THEN coalesce(state_since, $3) ELSE $3 END,
                 problem = $4,
                 engine = coalesce($5, engine),
                 last_poll_at = CASE WHEN $6::bigint IS NULL THEN last_poll_at ELSE $3 END,
                 last_poll_ms = coalesce($6, last_poll_ms),
                 next_try_at = $7,
                 events_connected = $8
             WHERE id = $1",
            id.0,
            health.state.name(),
            health.at,
            health.problem,
            engine,
            health.poll_ms.map(|ms| ms as i64),
            health.next_try_at,
            health.events_connected,
        )
        .execute(self.pool)
        .await
        .during(DOING)?;
        Ok(())
    }

    /// What the engine of a restart says about itself; `None` when it never answered.
    pub async fn engine_of(&self, restart: RestartId) -> Result<Option<EngineInfo>, StoreError> {
        const DOING: &str = "reading the engine of a restart";
        let engine = sqlx::query_scalar!(
            "SELECT s.engine FROM restart r JOIN container c ON c.id = r.container_id JOIN source s ON s.id = c.source_id
             WHERE r.id = $1",
            restart.0,
        )
        .fetch_optional(self.pool)
        .await
        .during(DOING)?;
        engine
            .flatten()
            .map(|engine| text::from_json(engine, DOING))
            .transpose()
    }

    /// When a source last answered a poll: what happened since is not known.
    pub async fn last_poll_at(&self, id: SourceId) -> Result<Option<Timestamp>, StoreError> {
        let at = sqlx::query_scalar!("SELECT last_poll_at FROM source WHERE id = $1", id.0)
            .fetch_optional(self.pool)
            .await
            .during("reading a source")?;
        Ok(at.flatten())
    }
}

impl Store {
    /// All sources by name, with the share of the 24 hours before `now` in which they were seen.
    pub async fn source_rows(&self, now: Timestamp) -> Result<Vec<SourceRow>, StoreError> {
        const DOING: &str = "reading sources";
        let rows = sqlx::query!(
            r#"WITH seen AS (
                 SELECT id, greatest(first_seen_at, $1::timestamptz - interval '24 hours') AS since FROM source
               ), blind AS (
                 -- Gaps of different kinds may overlap: their union counts once.
                 SELECT g.source_id, range_agg(tstzrange(greatest(g.began_at, s.since), least(coalesce(g.ended_at, $1), $1))) AS gaps
                 FROM coverage_gap g JOIN seen s ON s.id = g.source_id
                 WHERE g.kind <> 'events' AND coalesce(g.ended_at, $1) > s.since AND g.began_at < $1
                 GROUP BY g.source_id
               ), total AS (
                 SELECT b.source_id, sum(extract(epoch FROM upper(gap) - lower(gap)))::float8 AS seconds
                 FROM blind b, unnest(b.gaps) AS gap
                 GROUP BY b.source_id
               )
               SELECT s.id, s.name, s.kind, s.endpoint, s.interval_ms, s.state, s.state_since, s.problem, s.engine, s.last_poll_at,
                      s.last_poll_ms, s.next_try_at, s.events_connected,
                      (SELECT count(*) FROM container c WHERE c.source_id = s.id AND c.state <> 'removed') AS "containers!",
                      (SELECT count(*) FROM container c WHERE c.source_id = s.id AND c.state = 'running') AS "running!",
                      extract(epoch FROM $1 - seen.since)::float8 AS "watched!",
                      coalesce(t.seconds, 0) AS "blind!"
               FROM source s JOIN seen ON seen.id = s.id LEFT JOIN total t ON t.source_id = s.id
               ORDER BY s.name"#,
            now,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                Ok(SourceRow {
                    id: SourceId(row.id),
                    name: row.name,
                    kind: text::known(&row.kind, "source.kind", SourceKind::from_name, DOING)?,
                    endpoint: row.endpoint,
                    state: text::known(&row.state, "source.state", SourceState::from_name, DOING)?,
                    since: row.state_since,
                    problem: row.problem,
                    engine: row
                        .engine
                        .map(|engine| text::from_json(engine, DOING))
                        .transpose()?,
                    last_poll_at: row.last_poll_at,
                    last_poll_ms: row.last_poll_ms.map(|ms| ms as u64),
                    next_try_at: row.next_try_at,
                    interval_ms: row.interval_ms as u64,
                    events_connected: row.events_connected,
                    containers: row.containers as u32,
                    running: row.running as u32,
                    coverage_24h: (row.watched > 0.0)
                        .then(|| (1.0 - row.blind / row.watched).clamp(0.0, 1.0)),
                })
            })
            .collect()
    }
}
