//! Containers and the workloads they belong to.

use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId, SourceId, WorkloadId},
    workload::{ContainerSpec, ContainerState},
};
use sqlx::{PgConnection, PgPool};

use super::{
    error::{StoreError, While},
    members::Members,
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
        let mut resolved = Vec::with_capacity(seen.len());
        for (spec, seen_at) in seen {
            resolved.push(resolve(&mut tx, source, spec, *seen_at).await?);
        }
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

    /// Notes what the engine said when asked. An answer older than what is known changes nothing.
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
        sqlx::query!(
            "UPDATE container c SET
                 state = seen.state, started_at = coalesce(seen.started_at, c.started_at), limit_bytes = seen.limit_bytes,
                 restart_policy = seen.restart_policy, engine_restart_count = coalesce(seen.restart_count, c.engine_restart_count),
                 last_seen_at = seen.at
             FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::bigint[])
                  AS seen (id, at, state, started_at, limit_bytes, restart_policy, restart_count)
             WHERE c.id = seen.id AND seen.at >= c.last_seen_at
               AND (seen.at >= c.last_seen_at + interval '5 minutes'
                    OR (c.state, c.limit_bytes, c.restart_policy) IS DISTINCT FROM (seen.state, seen.limit_bytes, seen.restart_policy)
                    OR seen.started_at <> c.started_at OR (c.started_at IS NULL AND seen.started_at IS NOT NULL)
                    OR seen.restart_count <> c.engine_restart_count
                    OR (c.engine_restart_count IS NULL AND seen.restart_count IS NOT NULL))",
            &ids,
            &at,
            &column(|seen| seen.state.name()),
            &started_at as _,
            &limits as _,
            &column(|seen| &seen.spec.restart_policy),
            &counts as _,
        )
        .execute(self.pool)
        .await
        .during("writing states of containers")?;
        Ok(())
    }

    /// Notes what an event said of a container: that it runs since `started_at`, died, or was removed.
    pub async fn note(
        &self,
        container: ContainerKey,
        state: ContainerState,
        started_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE container SET state = $2, started_at = coalesce($3, started_at), last_seen_at = $4 WHERE id = $1 AND last_seen_at <= $4",
            container.0,
            state.name(),
            started_at,
            at,
        )
        .execute(self.pool)
        .await
        .during("writing the state of a container")?;
        Ok(())
    }

    /// Notes why the container's probe does not answer, or that it does.
    pub async fn set_probe(
        &self,
        container: ContainerKey,
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE container SET probe_problem = $2 WHERE id = $1",
            container.0,
            problem
        )
        .execute(self.pool)
        .await
        .during("writing the state of a probe")?;
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

/// See [`Containers::resolve`].
pub(super) async fn resolve(
    connection: &mut PgConnection,
    source: SourceId,
    spec: &ContainerSpec,
    seen_at: Timestamp,
) -> Result<Resolved, StoreError> {
    const DOING: &str = "resolving a container";
    if let Some(known) = find(connection, source, &spec.id).await? {
        return Ok(known);
    }
    let workload = sqlx::query_scalar!(
        "INSERT INTO workload (source_id, grp, name, first_seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source_id, grp, name) DO UPDATE SET first_seen_at = least(workload.first_seen_at, excluded.first_seen_at)
         RETURNING id",
        source.0,
        spec.workload.group,
        spec.workload.name,
        seen_at,
    )
    .fetch_one(&mut *connection)
    .await
    .during(DOING)?;
    let created_at = spec.created_at.unwrap_or(seen_at);
    let before = sqlx::query!(
        "SELECT image, image_id, limit_bytes FROM container WHERE workload_id = $1 AND created_at < $2
         ORDER BY created_at DESC, id DESC LIMIT 1",
        workload,
        created_at,
    )
    .fetch_optional(&mut *connection)
    .await
    .during(DOING)?;
    // A statement that loses a race against the same container still returns its number.
    let container = sqlx::query_scalar!(
        "INSERT INTO container (source_id, workload_id, engine_id, image, image_id, limit_bytes, restart_policy, created_at,
                                first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (source_id, engine_id) DO UPDATE SET engine_id = excluded.engine_id
         RETURNING id",
        source.0,
        workload,
        spec.id.0,
        spec.image,
        spec.image_id,
        spec.limit_bytes.map(|bytes| bytes as i64),
        spec.restart_policy,
        created_at,
        seen_at,
    )
    .fetch_one(&mut *connection)
    .await
    .during(DOING)?;
    let change = before.and_then(|before| {
        describe_change(
            (
                &before.image,
                &before.image_id,
                before.limit_bytes.map(|bytes| bytes as u64),
            ),
            (&spec.image, &spec.image_id, spec.limit_bytes),
        )
    });
    if let Some(change) = change {
        sqlx::query!(
            "INSERT INTO fact (workload_id, container_id, at, kind, detail) VALUES ($1, $2, $3, 'deploy', $4) ON CONFLICT DO NOTHING",
            workload,
            container,
            created_at,
            change,
        )
        .execute(&mut *connection)
        .await
        .during(DOING)?;
    }
    Ok(Resolved {
        workload: WorkloadId(workload),
        container: ContainerKey(container),
    })
}

/// Our numbers for a container that was seen before.
pub(super) async fn find(
    connection: &mut PgConnection,
    source: SourceId,
    container: &EngineId,
) -> Result<Option<Resolved>, StoreError> {
    let row = sqlx::query!(
        "SELECT id, workload_id FROM container WHERE source_id = $1 AND engine_id = $2",
        source.0,
        container.0,
    )
    .fetch_optional(connection)
    .await
    .during("looking for a container")?;
    Ok(row.map(|row| Resolved {
        workload: WorkloadId(row.workload_id),
        container: ContainerKey(row.id),
    }))
}

/// Image, content digest, limit.
type Made<'a> = (&'a str, &'a str, Option<u64>);

/// What a deploy changed, in a sentence; `None` when it is a plain recreation.
fn describe_change(before: Made<'_>, after: Made<'_>) -> Option<String> {
    let mut changes = Vec::new();
    if before.0 != after.0 {
        changes.push(format!("image {} → {}", before.0, after.0));
    } else if before.1 != after.1 && !before.1.is_empty() && !after.1.is_empty() {
        changes.push(format!("new content under the same tag {}", after.0));
    }
    if before.2 != after.2 {
        let name = |limit: Option<u64>| {
            limit.map_or("none".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
        };
        changes.push(format!(
            "memory limit {} → {}",
            name(before.2),
            name(after.2)
        ));
    }
    (!changes.is_empty()).then(|| changes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_says_what_changed() {
        let before = ("shop:1", "sha256:a", Some(64 << 20));
        assert_eq!(describe_change(before, before), None);
        assert_eq!(
            describe_change(before, ("shop:1", "", Some(64 << 20))),
            None
        );
        assert_eq!(
            describe_change(before, ("shop:2", "sha256:b", None)).as_deref(),
            Some("image shop:1 → shop:2, memory limit 64 MiB → none"),
        );
        assert_eq!(
            describe_change(before, ("shop:1", "sha256:b", Some(64 << 20))).as_deref(),
            Some("new content under the same tag shop:1"),
        );
    }
}
