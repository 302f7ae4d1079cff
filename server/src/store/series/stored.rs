//! Reading chunks back, to add samples to them or to merge them.

use std::collections::HashMap;

use sqlx::PgTransaction;

use super::chunk::ChunkRow;
use crate::store::error::{StoreError, While};

/// Begin and end of what is asked for of each container.
pub(super) type Wanted = Vec<(i64, i64, i64)>;

/// Chunks that begin within the stretch that is asked for of each container, by container and begin of the stretch. While a day is
/// being merged its row comes after the fresh chunks, so that it counts where both have a sample.
pub(super) async fn chunks(
    tx: &mut PgTransaction<'_>,
    wanted: &Wanted,
    doing: &'static str,
) -> Result<HashMap<(i64, i64), Vec<ChunkRow>>, StoreError> {
    let containers: Vec<i64> = wanted.iter().map(|wanted| wanted.0).collect();
    let from: Vec<i64> = wanted.iter().map(|wanted| wanted.1).collect();
    let to: Vec<i64> = wanted.iter().map(|wanted| wanted.2).collect();
    let rows = sqlx::query!(
        r#"SELECT wanted.from_ms AS "from_ms!", c.container_id AS "container_id!", c.start_ms AS "start_ms!", c.length_ms AS "length_ms!",
                  c.at AS "at!", c.working_set, c.usage, c.anon, c.limit_bytes, c.tasks, c.task_kind, c.kernel_tasks
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS wanted (container_id, from_ms, to_ms)
           JOIN chunk c ON c.container_id = wanted.container_id AND c.start_ms >= wanted.from_ms AND c.start_ms < wanted.to_ms
           WHERE c.start_ms >= $4 AND c.start_ms < $5
           ORDER BY c.length_ms"#,
        &containers,
        &from,
        &to,
        from.iter().copied().min().unwrap_or(0),
        to.iter().copied().max().unwrap_or(0),
    )
    .fetch_all(&mut **tx)
    .await
    .during(doing)?;
    let mut found = HashMap::<_, Vec<_>>::new();
    for row in rows {
        found
            .entry((row.container_id, row.from_ms))
            .or_default()
            .push(ChunkRow {
                container_id: row.container_id,
                start_ms: row.start_ms,
                length_ms: row.length_ms,
                at: row.at,
                columns: [
                    row.working_set,
                    row.usage,
                    row.anon,
                    row.limit_bytes,
                    row.tasks,
                    row.task_kind,
                    row.kernel_tasks,
                ],
            });
    }
    Ok(found)
}
