//! Our numbers for containers, given out when they are seen for the first time.
//!
//! A new engine shows thousands at once. However many there are, that takes a handful of statements: each waits for the database once, and on
//! a busy machine waiting is what takes long.

use std::collections::{HashMap, HashSet};

use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, SourceId, WorkloadId},
    workload::ContainerSpec,
};
use sqlx::PgConnection;

use super::{
    containers::Resolved,
    error::{StoreError, While},
    text,
};

const DOING: &str = "resolving containers";

/// See [`super::Containers::resolve`].
pub(super) async fn resolve(
    connection: &mut PgConnection,
    source: SourceId,
    spec: &ContainerSpec,
    seen_at: Timestamp,
) -> Result<Resolved, StoreError> {
    let resolved = resolve_all(connection, source, &[(spec, seen_at)]).await?;
    resolved
        .first()
        .copied()
        .ok_or_else(|| unknown(&spec.id, DOING))
}

/// See [`super::Containers::resolve_all`]. The first description of a container counts.
pub(super) async fn resolve_all(
    connection: &mut PgConnection,
    source: SourceId,
    seen: &[(&ContainerSpec, Timestamp)],
) -> Result<Vec<Resolved>, StoreError> {
    let ids: Vec<String> = seen.iter().map(|(spec, _)| spec.id.0.clone()).collect();
    let mut known = find_all(connection, source, &ids).await?;
    let mut named = HashSet::new();
    let new: Vec<(&ContainerSpec, Timestamp)> = seen
        .iter()
        .filter(|(spec, _)| !known.contains_key(&spec.id.0) && named.insert(&spec.id))
        .copied()
        .collect();
    if !new.is_empty() {
        let workloads = name_workloads(connection, source, &new).await?;
        let added = add(connection, source, &new, &workloads).await?;
        note_deploys(connection, &added).await?;
        known.extend(added);
    }
    seen.iter()
        .map(|(spec, _)| {
            let resolved = known.get(&spec.id.0).copied();
            resolved.ok_or_else(|| unknown(&spec.id, DOING))
        })
        .collect()
}

/// Our numbers for a container that was seen before.
pub(super) async fn find(
    connection: &mut PgConnection,
    source: SourceId,
    container: &EngineId,
) -> Result<Option<Resolved>, StoreError> {
    let ids = [container.0.clone()];
    let mut known = find_all(connection, source, &ids).await?;
    Ok(known.remove(&container.0))
}

/// By the engine's id.
type Known = HashMap<String, Resolved>;

async fn find_all(
    connection: &mut PgConnection,
    source: SourceId,
    containers: &[String],
) -> Result<Known, StoreError> {
    let rows = sqlx::query!(
        "SELECT engine_id, id, workload_id FROM container WHERE source_id = $1 AND engine_id = ANY($2)",
        source.0,
        containers,
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    let known = rows.into_iter().map(|row| {
        let keys = Resolved {
            workload: WorkloadId(row.workload_id),
            container: ContainerKey(row.id),
        };
        (row.engine_id, keys)
    });
    Ok(known.collect())
}

/// Makes sure that the workloads of containers are known, and returns their numbers in the order of the containers.
async fn name_workloads(
    connection: &mut PgConnection,
    source: SourceId,
    new: &[(&ContainerSpec, Timestamp)],
) -> Result<Vec<i64>, StoreError> {
    let groups: Vec<String> = new
        .iter()
        .map(|(spec, _)| spec.workload.group.clone())
        .collect();
    let names: Vec<String> = new
        .iter()
        .map(|(spec, _)| spec.workload.name.clone())
        .collect();
    let seen_at: Vec<Timestamp> = new.iter().map(|(_, seen_at)| *seen_at).collect();
    // In the order of their names: two servers that name the same ones must not wait for each other.
    let rows = sqlx::query!(
        "INSERT INTO workload (source_id, grp, name, first_seen_at)
         SELECT $1, new.grp, new.name, min(new.seen_at)
         FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS new (grp, name, seen_at)
         GROUP BY new.grp, new.name ORDER BY new.grp, new.name
         ON CONFLICT (source_id, grp, name) DO UPDATE SET first_seen_at = least(workload.first_seen_at, excluded.first_seen_at)
         RETURNING id, grp, name",
        source.0,
        &groups,
        &names,
        &seen_at,
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    let numbers: HashMap<(&str, &str), i64> = rows
        .iter()
        .map(|row| ((row.grp.as_str(), row.name.as_str()), row.id))
        .collect();
    new.iter()
        .map(|(spec, _)| {
            let key = (spec.workload.group.as_str(), spec.workload.name.as_str());
            let number = numbers.get(&key).copied();
            number.ok_or_else(|| unknown(&spec.id, DOING))
        })
        .collect()
}

/// Adds containers to their workloads.
async fn add(
    connection: &mut PgConnection,
    source: SourceId,
    new: &[(&ContainerSpec, Timestamp)],
    workloads: &[i64],
) -> Result<Known, StoreError> {
    let column = |value: fn(&ContainerSpec) -> &str| {
        new.iter()
            .map(|(spec, _)| value(spec).to_owned())
            .collect::<Vec<_>>()
    };
    let limits: Vec<Option<i64>> = new
        .iter()
        .map(|(spec, _)| spec.limit_bytes.map(|bytes| bytes as i64))
        .collect();
    let created_at: Vec<Timestamp> = new
        .iter()
        .map(|(spec, seen_at)| spec.created_at.unwrap_or(*seen_at))
        .collect();
    let seen_at: Vec<Timestamp> = new.iter().map(|(_, seen_at)| *seen_at).collect();
    let labels = new
        .iter()
        .map(|(spec, _)| text::to_json(&spec.labels, DOING))
        .collect::<Result<Vec<_>, _>>()?;
    // A statement that loses a race against the same container still returns its number.
    let rows = sqlx::query!(
        "INSERT INTO container (source_id, workload_id, engine_id, image, image_id, limit_bytes, restart_policy, created_at,
                                first_seen_at, last_seen_at, labels)
         SELECT $1, new.workload_id, new.engine_id, new.image, new.image_id, new.limit_bytes, new.restart_policy, new.created_at,
                new.seen_at, new.seen_at, new.labels
         FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[], $9::timestamptz[],
                     $10::jsonb[])
              WITH ORDINALITY AS new (workload_id, engine_id, image, image_id, limit_bytes, restart_policy, created_at, seen_at, labels, place)
         ORDER BY new.place
         ON CONFLICT (source_id, engine_id) DO UPDATE SET engine_id = excluded.engine_id
         RETURNING engine_id, id, workload_id",
        source.0,
        workloads,
        &column(|spec| &spec.id.0),
        &column(|spec| &spec.image),
        &column(|spec| &spec.image_id),
        &limits as _,
        &column(|spec| &spec.restart_policy),
        &created_at,
        &seen_at,
        &labels,
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    let added = rows.into_iter().map(|row| {
        let keys = Resolved {
            workload: WorkloadId(row.workload_id),
            container: ContainerKey(row.id),
        };
        (row.engine_id, keys)
    });
    Ok(added.collect())
}

/// A container that takes the place of one with another image or limit puts a deploy on the timeline.
async fn note_deploys(connection: &mut PgConnection, added: &Known) -> Result<(), StoreError> {
    let ids: Vec<i64> = added.values().map(|keys| keys.container.0).collect();
    let replaced = sqlx::query!(
        r#"SELECT c.id, c.workload_id, c.created_at, c.image, c.image_id, c.limit_bytes,
                  before.image AS before_image, before.image_id AS before_image_id, before.limit_bytes AS before_limit_bytes
           FROM container c
           JOIN LATERAL (
               SELECT image, image_id, limit_bytes FROM container
               WHERE workload_id = c.workload_id AND created_at < c.created_at
               ORDER BY created_at DESC, id DESC LIMIT 1
           ) before ON true
           WHERE c.id = ANY($1)
           ORDER BY c.id"#,
        &ids,
    )
    .fetch_all(&mut *connection)
    .await
    .during(DOING)?;
    let (mut workloads, mut containers, mut at, mut details) = (vec![], vec![], vec![], vec![]);
    for row in &replaced {
        let limit = |bytes: Option<i64>| bytes.map(|bytes| bytes as u64);
        let change = describe_change(
            (
                &row.before_image,
                &row.before_image_id,
                limit(row.before_limit_bytes),
            ),
            (&row.image, &row.image_id, limit(row.limit_bytes)),
        );
        if let Some(change) = change {
            workloads.push(row.workload_id);
            containers.push(row.id);
            at.push(row.created_at);
            details.push(change);
        }
    }
    insert_deploys(connection, &workloads, &containers, &at, &details).await
}

/// Another limit of a container that lived on.
pub(super) struct LimitChange {
    pub(super) workload: WorkloadId,
    pub(super) container: ContainerKey,
    /// When it was seen.
    pub(super) at: Timestamp,
    /// Before and after, in bytes; `None` is none.
    pub(super) limits: (Option<u64>, Option<u64>),
}

/// A limit that is changed while its container lives is a deploy as any other.
pub(super) async fn note_limit_changes(
    connection: &mut PgConnection,
    changes: &[LimitChange],
) -> Result<(), StoreError> {
    let workloads: Vec<i64> = changes.iter().map(|change| change.workload.0).collect();
    let containers: Vec<i64> = changes.iter().map(|change| change.container.0).collect();
    let at: Vec<Timestamp> = changes.iter().map(|change| change.at).collect();
    let details: Vec<String> = changes
        .iter()
        .map(|change| {
            let limit = describe_limit(change.limits.0, change.limits.1);
            format!("{limit}, without a new container")
        })
        .collect();
    insert_deploys(connection, &workloads, &containers, &at, &details).await
}

async fn insert_deploys(
    connection: &mut PgConnection,
    workloads: &[i64],
    containers: &[i64],
    at: &[Timestamp],
    details: &[String],
) -> Result<(), StoreError> {
    if details.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO fact (workload_id, container_id, at, kind, detail)
         SELECT new.workload_id, new.container_id, new.at, 'deploy', new.detail
         FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[]) AS new (workload_id, container_id, at, detail)
         ON CONFLICT DO NOTHING",
        workloads,
        containers,
        at,
        details,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

fn unknown(container: &EngineId, doing: &'static str) -> StoreError {
    StoreError::UnknownContainer {
        doing,
        container: container.0.clone(),
    }
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
        changes.push(describe_limit(before.2, after.2));
    }
    (!changes.is_empty()).then(|| changes.join(", "))
}

fn describe_limit(before: Option<u64>, after: Option<u64>) -> String {
    let name = |limit: Option<u64>| {
        limit.map_or("none".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
    };
    format!("memory limit {} → {}", name(before), name(after))
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
