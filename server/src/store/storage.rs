//! How large what is stored is. Nothing here reads what is stored as a whole: sizes come from the file system, counts are the
//! database's estimates, and what workloads take is extrapolated from some of their chunks where there are many.

use chrono::DateTime;
use domain::{
    Timestamp,
    ids::WorkloadId,
    storage::{Part, bytes_per_day},
    view::{SampleSize, Tier, TierSize, WorkloadSize},
};

use super::{
    Keep, Store,
    error::{StoreError, While},
    series,
};

const DOING: &str = "measuring what is stored";

/// What is read of the chunks at most; from more, as many pages are drawn.
const READ_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// Chunks from whose headers the mean number of samples is told: a thousand draw it to a few percent.
const HEADERS: f64 = 1_000.0;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// When.
    pub at: Timestamp,
    /// Everything, indexes included.
    pub total_bytes: u64,
    /// By kind of data.
    pub tiers: Vec<TierSize>,
    /// What a sample takes.
    pub samples: SampleSize,
    /// All workloads that have chunks, the largest first.
    pub workloads: Vec<WorkloadSize>,
    /// The database's version.
    pub version: String,
}

/// A table, or a partition of one.
struct Table {
    /// The table that it is a part of.
    root: String,
    bytes: u64,
    heap_bytes: u64,
    rows: u64,
    /// Milliseconds from and to which a partition holds data.
    span: Option<(i64, i64)>,
}

/// The kinds of data, in the order in which data pass through them.
const TIERS: [Tier; 11] = [
    Tier::Head,
    Tier::Chunks2h,
    Tier::Chunks1d,
    Tier::Rollups5m,
    Tier::Rollups1h,
    Tier::Restarts,
    Tier::Logs,
    Tier::Incidents,
    Tier::Alerts,
    Tier::Events,
    Tier::Other,
];

/// What a table holds.
fn tier_of(root: &str) -> Tier {
    match root {
        // A window that is closed is a table of its own.
        _ if root.starts_with("head_") => Tier::Head,
        FRESH => Tier::Chunks2h,
        MERGED => Tier::Chunks1d,
        ROLLUPS => Tier::Rollups5m,
        HOURS => Tier::Rollups1h,
        "restart" | "run" | "fact" | "panic" | "verdict_revision" | "correction" | "black_box"
        | "profile" => Tier::Restarts,
        "run_log" => Tier::Logs,
        "incident" | "incident_restart" | "incident_entry" => Tier::Incidents,
        "alert" | "alert_notice" | "delivery" => Tier::Alerts,
        "engine_event" | "coverage_gap" => Tier::Events,
        _ => Tier::Other,
    }
}

const FRESH: &str = "chunk_2h";
const MERGED: &str = "chunk_1d";
const ROLLUPS: &str = "roll_5m";
const HOURS: &str = "roll_1h";

impl Store {
    /// Measures everything, in a fraction of a second whatever the size.
    pub async fn measure(&self, keep: &Keep, now: Timestamp) -> Result<Measured, StoreError> {
        let tables = self.tables().await?;
        let oldest = self.oldest(&tables).await?;
        let tiers = TIERS.map(|tier| {
            let of = |wanted: &dyn Fn(Tier) -> bool| -> Vec<&Table> {
                let tables = tables.iter();
                tables
                    .filter(|table| wanted(tier_of(&table.root)))
                    .collect()
            };
            let own = of(&|other| other == tier);
            let oldest_at = oldest.of(tier);
            let growing = match tier {
                // What enters these leaves them again.
                Tier::Head | Tier::Chunks2h => Vec::new(),
                // The newest days are still in the fresh chunks.
                Tier::Chunks1d => of(&|tier| matches!(tier, Tier::Chunks2h | Tier::Chunks1d)),
                _ => own.clone(),
            };
            TierSize {
                tier,
                bytes: own.iter().map(|table| table.bytes).sum(),
                rows: own.iter().map(|table| table.rows).sum(),
                oldest_at,
                keep_days: keep.of(tier).map(|keep| keep.num_days() as u32),
                bytes_per_day: oldest_at
                    .and_then(|oldest| bytes_per_day(&parts(&growing, oldest, now), oldest, now)),
            }
        });
        let chunks = || {
            tables
                .iter()
                .filter(|table| [FRESH, MERGED].contains(&table.root.as_str()))
        };
        let heap: u64 = chunks().map(|table| table.heap_bytes).sum();
        let seen_ratio = (READ_BYTES / (heap as f64).max(1.0)).min(1.0);
        let (workloads, rows) = self.workload_sizes(seen_ratio).await?;
        let count = (rows * self.samples_per_chunk(rows).await?) as u64;
        let chunk_bytes: u64 = chunks().map(|table| table.bytes).sum();
        Ok(Measured {
            at: now,
            total_bytes: tables.iter().map(|table| table.bytes).sum(),
            tiers: tiers.into(),
            samples: SampleSize {
                count,
                bytes_each: (count > 0).then(|| chunk_bytes as f64 / count as f64),
                seen_ratio,
            },
            workloads,
            version: self.server_version().await?,
        })
    }

    async fn tables(&self) -> Result<Vec<Table>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT root.relname::text AS "root!", coalesce(pg_total_relation_size(c.oid), 0) AS "bytes!",
                      coalesce(pg_relation_size(c.oid), 0) AS "heap_bytes!",
                      coalesce(nullif(pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0)::bigint) AS "rows!",
                      p.from_ms AS "from_ms?", p.to_ms AS "to_ms?"
               FROM pg_class c
               JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid)::oid, c.oid)
               LEFT JOIN sample_partition p ON p.name = c.relname
               WHERE c.relkind = 'r' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"#,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        Ok(rows
            .into_iter()
            .map(|row| Table {
                root: row.root,
                bytes: row.bytes as u64,
                heap_bytes: row.heap_bytes as u64,
                rows: row.rows as u64,
                span: row.from_ms.zip(row.to_ms),
            })
            .collect())
    }

    async fn oldest(&self, tables: &[Table]) -> Result<Oldest, StoreError> {
        // Within the oldest partition alone: the whole table has no index on the time.
        let first = |root| {
            let filled = tables
                .iter()
                .filter(|table| table.root == root && table.heap_bytes > 0);
            filled
                .filter_map(|table| Some(table.span?.1))
                .min()
                .unwrap_or_default()
        };
        sqlx::query_as!(
            Oldest,
            r#"SELECT (SELECT min(tick_ms) FROM head_log) AS head_ms,
                      (SELECT min(start_ms) FROM chunk_2h WHERE start_ms < $1) AS fresh_ms,
                      (SELECT min(start_ms) FROM chunk_1d WHERE start_ms < $2) AS merged_ms,
                      (SELECT min(start_ms) FROM roll_5m WHERE start_ms < $3) AS roll_ms,
                      (SELECT min(at) FROM roll_1h WHERE at < $4) AS hour_at,
                      least((SELECT min(ended_at) FROM restart), (SELECT min(at) FROM fact)) AS restart_at,
                      (SELECT min(ended_at) FROM run_log) AS log_at,
                      (SELECT min(began_at) FROM incident) AS incident_at,
                      (SELECT min(resolved_at) FROM alert WHERE phase = 'resolved') AS alert_at,
                      (SELECT min(event.at) FROM source s,
                         LATERAL (SELECT e.at FROM engine_event e WHERE e.source_id = s.id ORDER BY e.at LIMIT 1) event) AS event_at"#,
            first(FRESH),
            first(MERGED),
            first(ROLLUPS),
            moment(first(HOURS)),
        )
        .fetch_one(&self.pool)
        .await
        .during(DOING)
    }

    /// What the chunks of each workload take, largest first, and how many chunks there are: from a share of the pages.
    async fn workload_sizes(&self, share: f64) -> Result<(Vec<WorkloadSize>, f64), StoreError> {
        let rows = sqlx::query!(
            r#"WITH sized AS (
                 SELECT container_id, count(*) AS chunks,
                        sum(pg_column_size(at) + coalesce(pg_column_size(working_set), 0) + coalesce(pg_column_size(usage), 0)
                            + coalesce(pg_column_size(anon), 0) + coalesce(pg_column_size(limit_bytes), 0)
                            + coalesce(pg_column_size(tasks), 0) + coalesce(pg_column_size(task_kind), 0)
                            + coalesce(pg_column_size(kernel_tasks), 0)) AS bytes
                 FROM (
                   SELECT container_id, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks FROM chunk_2h TABLESAMPLE SYSTEM ($1)
                   UNION ALL
                   SELECT container_id, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks FROM chunk_1d TABLESAMPLE SYSTEM ($1)
                 ) chunk
                 GROUP BY container_id
               )
               SELECT w.id, w.name, w.grp AS "group", s.name AS source, sum(sized.chunks)::bigint AS "chunks!", sum(sized.bytes)::bigint AS "bytes!"
               FROM sized JOIN container c ON c.id = sized.container_id JOIN workload w ON w.id = c.workload_id JOIN source s ON s.id = w.source_id
               GROUP BY w.id, s.name ORDER BY 6 DESC, w.name"#,
            (share * 100.0) as f32,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let chunks: i64 = rows.iter().map(|row| row.chunks).sum();
        let sizes = rows.into_iter().map(|row| WorkloadSize {
            workload: WorkloadId(row.id),
            name: row.name,
            group: row.group,
            source: row.source,
            bytes: (row.bytes as f64 / share) as u64,
        });
        Ok((sizes.collect(), chunks as f64 / share))
    }

    /// The mean number of samples in a chunk, of which there are `chunks`.
    async fn samples_per_chunk(&self, chunks: f64) -> Result<f64, StoreError> {
        let share = (HEADERS / chunks.max(1.0)).min(1.0);
        let rows = sqlx::query!(
            r#"SELECT substring(at FOR $1) AS "header!",
                      num_nonnulls(working_set, usage, anon, limit_bytes, tasks, kernel_tasks) AS "series!"
               FROM (
                 SELECT at, working_set, usage, anon, limit_bytes, tasks, kernel_tasks FROM chunk_2h TABLESAMPLE SYSTEM ($2)
                 UNION ALL
                 SELECT at, working_set, usage, anon, limit_bytes, tasks, kernel_tasks FROM chunk_1d TABLESAMPLE SYSTEM ($2)
               ) chunk"#,
            series::HEADER_BYTES,
            (share * 100.0) as f32,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut samples = 0;
        for row in &rows {
            let moments = series::rows_of(&row.header).during(DOING)?;
            samples += moments * row.series as usize;
        }
        Ok(samples as f64 / rows.len().max(1) as f64)
    }

    async fn server_version(&self) -> Result<String, StoreError> {
        sqlx::query_scalar!(r#"SELECT current_setting('server_version') AS "version!""#)
            .fetch_one(&self.pool)
            .await
            .during(DOING)
    }
}

/// The oldest moment of each kind of data.
struct Oldest {
    head_ms: Option<i64>,
    fresh_ms: Option<i64>,
    merged_ms: Option<i64>,
    roll_ms: Option<i64>,
    hour_at: Option<Timestamp>,
    restart_at: Option<Timestamp>,
    log_at: Option<Timestamp>,
    incident_at: Option<Timestamp>,
    alert_at: Option<Timestamp>,
    event_at: Option<Timestamp>,
}

impl Oldest {
    fn of(&self, tier: Tier) -> Option<Timestamp> {
        match tier {
            Tier::Head => moment(self.head_ms?),
            Tier::Chunks2h => moment(self.fresh_ms?),
            Tier::Chunks1d => moment(self.merged_ms?),
            Tier::Rollups5m => moment(self.roll_ms?),
            Tier::Rollups1h => self.hour_at,
            Tier::Restarts => self.restart_at,
            Tier::Logs => self.log_at,
            Tier::Incidents => self.incident_at,
            Tier::Alerts => self.alert_at,
            Tier::Events => self.event_at,
            Tier::Other => None,
        }
    }
}

/// The partitions, or the table as one part.
fn parts(tables: &[&Table], oldest: Timestamp, now: Timestamp) -> Vec<Part> {
    let part = |table: &&Table| {
        let (from, to) = table
            .span
            .and_then(|(from, to)| moment(from).zip(moment(to)))
            .unwrap_or((oldest, now));
        Part {
            from,
            to,
            bytes: table.bytes,
        }
    };
    tables.iter().map(part).collect()
}

fn moment(ms: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_millis(ms)
}
