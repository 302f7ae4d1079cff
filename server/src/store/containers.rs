//! Containers and the workloads they belong to.

use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId, SourceId, WorkloadId},
    workload::{ContainerSpec, ContainerState},
};
use sqlx::PgPool;

use super::{
    error::{StoreError, While},
    members::Members,
    resolve::{LimitChange, note_limit_changes, resolve, resolve_all},
    text,
};

/// See [`super::Store::containers`].
#[derive(Clone, Copy, Debug)]
pub struct Containers<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) members: &'a Members,
}

/// Our numbers for a container and its workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What keeps its identity when the container is recreated.
    pub workload: WorkloadId,
    /// The container.
    pub container: ContainerKey,
}

/// A container as it was left when Inquest last ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContainer {
    /// The engine's id.
    pub id: EngineId,
    /// Our numbers.
    pub keys: Resolved,
    /// What it was doing.
    pub state: ContainerState,
}

impl Containers<'_> {
    /// Our numbers for a container, given out when it is seen for the first time. A container that takes the place of one with another
    /// image or limit puts a deploy on the timeline.
    pub async fn resolve(
        &self,
        source: SourceId,
        spec: &ContainerSpec,
        seen_at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        const DOING: &str = "resolving a container";
        let mut tx = self.pool.begin().await.during(DOING)?;
        let resolved = resolve(&mut tx, source, spec, seen_at).await?;
        tx.commit().await.during(DOING)?;
        self.members.note(resolved);
        Ok(resolved)
    }

    /// The same for many, all or none, in their order.
    pub async fn resolve_all(
        &self,
        source: SourceId,
        seen: &[(&ContainerSpec, Timestamp)],
    ) -> Result<Vec<Resolved>, StoreError> {
        const DOING: &str = "resolving containers";
        let mut tx = self.pool.begin().await.during(DOING)?;
        let resolved = resolve_all(&mut tx, source, seen).await?;
        tx.commit().await.during(DOING)?;
        for one in &resolved {
            self.members.note(*one);
        }
        Ok(resolved)
    }

    /// Containers of a source that are not removed as far as we know.
    pub async fn known(&self, source: SourceId) -> Result<Vec<KnownContainer>, StoreError> {
        const DOING: &str = "reading containers";
        let rows = sqlx::query!(
            "SELECT id, workload_id, engine_id, state FROM container WHERE source_id = $1 AND state <> 'removed' ORDER BY id",
            source.0,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                Ok(KnownContainer {
                    id: EngineId(row.engine_id),
                    keys: Resolved {
                        workload: WorkloadId(row.workload_id),
                        container: ContainerKey(row.id),
                    },
                    state: text::known(
                        &row.state,
                        "container.state",
                        ContainerState::from_name,
                        DOING,
                    )?,
                })
            })
            .collect()
    }

    /// Notes what the engine said when asked. An answer older than what is known changes nothing. Another limit of a container that is known
    /// puts a deploy on the timeline.
    pub async fn set_state(
        &self,
        container: ContainerKey,
        seen: &Observation,
    ) -> Result<(), StoreError> {
        self.set_states(&[(container, seen)]).await
    }

    /// The same for all containers of a poll, in one statement. Each container may be in it once. A row is written when something in it
    /// changed, and every five minutes: writing 10,000 of them at every poll would be most of what is written at all. That a container
    /// was seen in between is known from its source's last poll.
    pub async fn set_states(
        &self,
        seen: &[(ContainerKey, &Observation)],
    ) -> Result<(), StoreError> {
        const DOING: &str = "writing states of containers";
        let column = |value: fn(&Observation) -> &str| {
            seen.iter()
                .map(|(_, seen)| value(seen).to_owned())
                .collect::<Vec<_>>()
        };
        let ids: Vec<i64> = seen.iter().map(|(container, _)| container.0).collect();
        let at: Vec<Timestamp> = seen.iter().map(|(_, seen)| seen.at).collect();
        let started_at: Vec<Option<Timestamp>> =
            seen.iter().map(|(_, seen)| seen.started_at).collect();
        let limits: Vec<Option<i64>> = seen
            .iter()
            .map(|(_, seen)| seen.spec.limit_bytes.map(|bytes| bytes as i64))
            .collect();
        let counts: Vec<Option<i64>> = seen
            .iter()
            .map(|(_, seen)| seen.restart_count.map(|count| count as i64))
            .collect();
        let labels = seen
            .iter()
            .map(|(_, seen)| text::to_json(&seen.spec.labels, DOING))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.pool.begin().await.during(DOING)?;
        // `before` is the row as it was when the statement began.
        let told = sqlx::query!(
            r#"UPDATE container c SET
                 state = seen.state, started_at = coalesce(seen.started_at, c.started_at), limit_bytes = seen.limit_bytes,
                 restart_policy = seen.restart_policy, engine_restart_count = coalesce(seen.restart_count, c.engine_restart_count),
                 last_seen_at = seen.at, labels = seen.labels
             FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::bigint[], $8::jsonb[])
                  AS seen (id, at, state, started_at, limit_bytes, restart_policy, restart_count, labels)
             JOIN container before ON before.id = seen.id
             WHERE c.id = seen.id AND seen.at >= c.last_seen_at
               AND (seen.at >= c.last_seen_at + interval '5 minutes'
                    OR (c.state, c.limit_bytes, c.restart_policy, c.labels)
                       IS DISTINCT FROM (seen.state, seen.limit_bytes, seen.restart_policy, seen.labels)
                    OR seen.started_at <> c.started_at OR (c.started_at IS NULL AND seen.started_at IS NOT NULL)
                    OR seen.restart_count <> c.engine_restart_count
                    OR (c.engine_restart_count IS NULL AND seen.restart_count IS NOT NULL))
             RETURNING c.workload_id, c.id, c.image_id, seen.at AS "at!", before.limit_bytes AS before_bytes, c.limit_bytes AS after_bytes"#,
            &ids,
            &at,
            &column(|seen| seen.state.name()),
            &started_at as _,
            &limits as _,
            &column(|seen| &seen.spec.restart_policy),
            &counts as _,
            &labels,
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let bytes = |bytes: Option<i64>| bytes.map(|bytes| bytes as u64);
        // A container that only events have told about has no limit yet, and no digest.
        let changes: Vec<LimitChange> = told
            .into_iter()
            .filter(|row| !row.image_id.is_empty() && row.before_bytes != row.after_bytes)
            .map(|row| LimitChange {
                workload: WorkloadId(row.workload_id),
                container: ContainerKey(row.id),
                at: row.at,
                limits: (bytes(row.before_bytes), bytes(row.after_bytes)),
            })
            .collect();
        note_limit_changes(&mut tx, &changes).await?;
        tx.commit().await.during(DOING)
    }

    /// Notes that containers were removed, each at its time.
    pub async fn set_removed(
        &self,
        removed: &[(ContainerKey, Timestamp)],
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = removed.iter().map(|(container, _)| container.0).collect();
        let at: Vec<Timestamp> = removed.iter().map(|(_, at)| *at).collect();
        sqlx::query!(
            "UPDATE container c SET state = 'removed', last_seen_at = removed.at
             FROM unnest($1::bigint[], $2::timestamptz[]) AS removed (id, at)
             WHERE c.id = removed.id AND c.last_seen_at <= removed.at",
            &ids,
            &at,
        )
        .execute(self.pool)
        .await
        .during("writing states of containers")?;
        Ok(())
    }

    /// Notes why the probes of containers do not answer, or that they do. Each container may be in it once.
    pub async fn set_probes(
        &self,
        probes: &[(ContainerKey, Option<&str>)],
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = probes.iter().map(|(container, _)| container.0).collect();
        let problems: Vec<Option<String>> = probes
            .iter()
            .map(|(_, problem)| problem.map(str::to_owned))
            .collect();
        sqlx::query!(
            "UPDATE container c SET probe_problem = said.problem
             FROM unnest($1::bigint[], $2::text[]) AS said (id, problem)
             WHERE c.id = said.id",
            &ids,
            &problems as _,
        )
        .execute(self.pool)
        .await
        .during("writing the state of probes")?;
        Ok(())
    }

    /// Every container a workload has had, the newest last.
    pub async fn of_workload(&self, workload: WorkloadId) -> Result<Vec<ContainerKey>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM container WHERE workload_id = $1 ORDER BY created_at, id",
            workload.0
        )
        .fetch_all(self.pool)
        .await
        .during("reading containers of a workload")?;
        Ok(ids.into_iter().map(ContainerKey).collect())
    }
}
