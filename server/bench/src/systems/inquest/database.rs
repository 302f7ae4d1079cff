//! What only Postgres itself can tell: how large it is and how much it has logged.

use anyhow::Context as _;
use domain::ids::SourceId;
use sqlx::{PgPool, postgres::PgPoolOptions};

/// A connection as the cluster's owner.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: PgPool,
}

impl Database {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await;
        Ok(Self {
            pool: pool.context("cannot connect to Postgres")?,
        })
    }

    /// Bytes that were ever written to the write-ahead log.
    pub(crate) async fn wal_bytes(&self) -> anyhow::Result<i64> {
        let bytes =
            sqlx::query_scalar("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
        Ok(bytes.fetch_one(&self.pool).await?)
    }

    /// What Postgres does by itself every five minutes.
    pub(crate) async fn checkpoint(&self) -> anyhow::Result<()> {
        sqlx::query("CHECKPOINT").execute(&self.pool).await?;
        Ok(())
    }

    /// What autovacuum does by itself within a minute: here an hour of data may take less than that. By its rules, which
    /// are Postgres' defaults, for tables and, as autovacuum does, for the `TOAST` of each by itself.
    pub(crate) async fn vacuum(&self) -> anyhow::Result<()> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT relid::regclass::text FROM pg_stat_all_tables JOIN pg_class c ON c.oid = relid
             WHERE schemaname IN ('public', 'pg_toast')
                   AND (n_dead_tup > 50 + 0.2 * greatest(reltuples, 0)
                        OR c.relkind <> 't' AND n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0))",
        )
        .fetch_all(&self.pool)
        .await?;
        if tables.is_empty() {
            return Ok(());
        }
        let vacuum = format!("VACUUM ANALYZE {}", tables.join(", "));
        sqlx::query(sqlx::AssertSqlSafe(vacuum))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Bytes of all tables of Inquest by name, partitions under that of their parent, each with its indexes, its `TOAST` table and
    /// its maps; the largest first.
    pub(crate) async fn sizes(&self) -> anyhow::Result<Vec<(String, i64)>> {
        let sizes = sqlx::query_as(
            "SELECT coalesce(parent.relname, c.relname)::text, sum(pg_total_relation_size(c.oid))::bigint
             FROM pg_class c
             LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
             LEFT JOIN pg_class parent ON parent.oid = i.inhparent
             WHERE c.relkind IN ('r', 'm') AND c.relnamespace = 'public'::regnamespace
             GROUP BY 1 ORDER BY 2 DESC",
        );
        Ok(sizes.fetch_all(&self.pool).await?)
    }

    /// The only source.
    pub(crate) async fn source(&self) -> anyhow::Result<SourceId> {
        let id: Option<i64> = sqlx::query_scalar("SELECT id FROM source ORDER BY id LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        Ok(SourceId(id.context("there is no source yet")?))
    }

    pub(crate) async fn close(self) {
        self.pool.close().await;
    }
}
