//! The engines' event streams, as they were told.

use domain::{
    Timestamp,
    fact::{Action, EngineEvent},
    ids::{EngineId, RestartId, SourceId},
};
use sqlx::PgPool;

use super::{
    error::{StoreError, While},
    text,
};

/// See [`super::Store::events`].
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    pub(super) pool: &'a PgPool,
}

impl Events<'_> {
    /// Keeps events and returns how many were new: engines repeat them when a stream is resumed.
    pub async fn append(
        &self,
        source: SourceId,
        events: &[EngineEvent],
    ) -> Result<u64, StoreError> {
        const DOING: &str = "writing events";
        let mut columns = Columns::default();
        for event in events {
            columns.push(event, DOING)?;
        }
        let done = sqlx::query!(
            "INSERT INTO engine_event (source_id, at, engine_id, action, exit_code, oom_killed, signal, healthy, spec)
             SELECT $1, * FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::integer[], $6::boolean[], $7::integer[], $8::boolean[], $9::jsonb[])
             ON CONFLICT DO NOTHING",
            source.0,
            &columns.at,
            &columns.engine_id,
            &columns.action,
            &columns.exit_code as _,
            &columns.oom_killed as _,
            &columns.signal as _,
            &columns.healthy as _,
            &columns.spec as _,
        )
        .execute(self.pool)
        .await
        .during(DOING)?;
        Ok(done.rows_affected())
    }

    /// Events at or after a moment, in order of time.
    pub async fn since(
        &self,
        source: SourceId,
        from: Timestamp,
    ) -> Result<Vec<EngineEvent>, StoreError> {
        const DOING: &str = "reading events";
        let rows = sqlx::query!(
            "SELECT at, engine_id, action, exit_code, oom_killed, signal, healthy, spec FROM engine_event
             WHERE source_id = $1 AND at >= $2 ORDER BY at, engine_id, action",
            source.0,
            from,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let action = read_action(
                    &row.action,
                    (row.exit_code, row.oom_killed),
                    row.signal,
                    row.healthy,
                );
                Ok(EngineEvent {
                    at: row.at,
                    container: EngineId(row.engine_id),
                    spec: row
                        .spec
                        .map(|spec| text::from_json(spec, DOING))
                        .transpose()?,
                    action: text::known(&row.action, "engine_event.action", |_| action, DOING)?,
                })
            })
            .collect()
    }

    /// What the stream said of the containers of a restart's workload, in order of time.
    pub async fn around(
        &self,
        restart: RestartId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<EngineEvent>, StoreError> {
        const DOING: &str = "reading the events around a restart";
        let rows = sqlx::query!(
            "SELECT e.at, e.engine_id, e.action, e.exit_code, e.oom_killed, e.signal, e.healthy
             FROM restart r
             JOIN container c ON c.workload_id = r.workload_id
             JOIN engine_event e ON e.source_id = c.source_id AND e.engine_id = c.engine_id
             WHERE r.id = $1 AND e.at BETWEEN $2 AND $3
             ORDER BY e.at, e.engine_id, e.action
             LIMIT 1000",
            restart.0,
            from,
            to,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let action = read_action(
                    &row.action,
                    (row.exit_code, row.oom_killed),
                    row.signal,
                    row.healthy,
                );
                Ok(EngineEvent {
                    at: row.at,
                    container: EngineId(row.engine_id),
                    spec: None,
                    action: text::known(&row.action, "engine_event.action", |_| action, DOING)?,
                })
            })
            .collect()
    }

    /// When the newest event happened: where to resume the stream.
    pub async fn last_at(&self, source: SourceId) -> Result<Option<Timestamp>, StoreError> {
        sqlx::query_scalar!(
            "SELECT max(at) FROM engine_event WHERE source_id = $1",
            source.0
        )
        .fetch_one(self.pool)
        .await
        .during("reading the newest event")
    }
}

#[derive(Default)]
struct Columns {
    at: Vec<Timestamp>,
    engine_id: Vec<String>,
    action: Vec<String>,
    exit_code: Vec<Option<i32>>,
    oom_killed: Vec<Option<bool>>,
    signal: Vec<Option<i32>>,
    healthy: Vec<Option<bool>>,
    spec: Vec<Option<serde_json::Value>>,
}

impl Columns {
    fn push(&mut self, event: &EngineEvent, doing: &'static str) -> Result<(), StoreError> {
        let (mut exit, mut flag, mut sent, mut health) = (None, None, None, None);
        match event.action {
            Action::Die {
                exit_code,
                oom_killed,
            } => (exit, flag) = (Some(exit_code), oom_killed.then_some(true)),
            Action::Kill { signal } => sent = Some(signal),
            Action::Health { healthy } => health = Some(healthy),
            _ => {}
        }
        self.at.push(event.at);
        self.engine_id.push(event.container.0.clone());
        self.action.push(event.action.name().to_owned());
        self.exit_code.push(exit);
        self.oom_killed.push(flag);
        self.signal.push(sent);
        self.healthy.push(health);
        self.spec.push(
            event
                .spec
                .as_ref()
                .map(|spec| text::to_json(spec, doing))
                .transpose()?,
        );
        Ok(())
    }
}

fn read_action(
    name: &str,
    (exit_code, oom_killed): (Option<i32>, Option<bool>),
    signal: Option<i32>,
    healthy: Option<bool>,
) -> Option<Action> {
    Some(match name {
        "create" => Action::Create,
        "start" => Action::Start,
        "die" => Action::Die {
            exit_code: exit_code?,
            oom_killed: oom_killed.unwrap_or(false),
        },
        "oom" => Action::Oom,
        "kill" => Action::Kill { signal: signal? },
        "stop" => Action::Stop,
        "restart" => Action::Restart,
        "destroy" => Action::Destroy,
        "pause" => Action::Pause,
        "unpause" => Action::Unpause,
        "update" => Action::Update,
        "health" => Action::Health { healthy: healthy? },
        _ => return None,
    })
}
