//! Retention: what is too old goes, in whole partitions where there are many rows.

use chrono::TimeDelta;
use domain::{Timestamp, view::Tier};
use sqlx::postgres::PgQueryResult;

use super::{
    Store,
    error::{StoreError, While},
};

const DOING: &str = "removing what is too old";

/// Rows that one statement deletes: it ends well within the statement timeout, and readers never wait for it.
const BATCH: i64 = 10_000;

/// How long things are kept; `None` keeps them for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Samples at full resolution. A partition of finished days has a week of them.
    pub raw: Option<TimeDelta>,
    /// Five-minute rollups. A partition has four weeks of them.
    pub rollups_5m: Option<TimeDelta>,
    /// Hourly rollups. A partition has four weeks of them.
    pub rollups_1h: Option<TimeDelta>,
    /// Restarts with their evidence, runs, and the other facts of the timeline.
    pub restarts: Option<TimeDelta>,
    /// Last lines of logs. Panics in them stay with their restarts.
    pub logs: Option<TimeDelta>,
    /// Incidents with their notes and charts.
    pub incidents: Option<TimeDelta>,
    /// Alerts that are over, with what was said of them and to whom; of those that last, what was said.
    pub alerts: Option<TimeDelta>,
    /// What the engines' event streams said.
    pub events: Option<TimeDelta>,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            raw: Some(TimeDelta::days(30)),
            rollups_5m: Some(TimeDelta::days(400)),
            // Two years and a little: a season beside the same one of the year before.
            rollups_1h: Some(TimeDelta::days(800)),
            restarts: None,
            logs: Some(TimeDelta::days(90)),
            incidents: None,
            // This month beside the same one of the year before.
            alerts: Some(TimeDelta::days(400)),
            events: Some(TimeDelta::days(90)),
        }
    }
}

impl Keep {
    /// How long a kind of data is kept. The head is sealed and fresh chunks are merged when their time has ended, which is no matter of age.
    pub fn of(&self, tier: Tier) -> Option<TimeDelta> {
        match tier {
            Tier::Chunks1d => self.raw,
            Tier::Rollups5m => self.rollups_5m,
            Tier::Rollups1h => self.rollups_1h,
            Tier::Restarts => self.restarts,
            Tier::Logs => self.logs,
            Tier::Incidents => self.incidents,
            Tier::Alerts => self.alerts,
            Tier::Events => self.events,
            Tier::Head | Tier::Chunks2h | Tier::Other => None,
        }
    }

    /// Coverage gaps stay as long as anything that they explain.
    fn gaps(&self) -> Option<TimeDelta> {
        let explained = [
            self.raw,
            self.rollups_5m,
            self.rollups_1h,
            self.restarts,
            self.incidents,
            self.events,
        ];
        explained
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max()
    }
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Days and weeks of samples at full resolution.
    pub raw_partitions: u64,
    /// Four-week partitions of rollups.
    pub rollup_partitions: u64,
    /// Restarts, runs and facts.
    pub ledger: u64,
    /// Logs.
    pub logs: u64,
    /// Incidents.
    pub incidents: u64,
    /// Alerts, and what was said of those that last.
    pub alerts: u64,
    /// Engine events.
    pub events: u64,
    /// Coverage gaps.
    pub gaps: u64,
}

impl Store {
    /// Removes what is too old. Call it once an hour or so.
    pub async fn retain(&self, keep: &Keep, now: Timestamp) -> Result<Retained, StoreError> {
        // What is kept for ever is older than nothing.
        let before = |keep: Option<TimeDelta>| keep.map(|keep| now - keep);
        let mut done = Retained::default();
        if let Some(before) = before(keep.raw) {
            for parent in ["chunk_2h", "chunk_1d"] {
                done.raw_partitions += self.drop_partitions(parent, before).await?;
            }
        }
        if let Some(before) = before(keep.rollups_5m) {
            done.rollup_partitions = self.drop_partitions("roll_5m", before).await?;
        }
        if let Some(before) = before(keep.rollups_1h) {
            done.rollup_partitions += self.drop_partitions("roll_1h", before).await?;
        }
        if let Some(before) = before(keep.restarts) {
            done.ledger = self.delete_ledger(before).await?;
        }
        if let Some(before) = before(keep.logs) {
            done.logs = self.delete_logs(before).await?;
        }
        if let Some(before) = before(keep.incidents) {
            done.incidents = self.delete_incidents(before).await?;
        }
        if let Some(before) = before(keep.alerts) {
            done.alerts = self.delete_alerts(before).await?;
        }
        if let Some(before) = before(keep.events) {
            done.events = self.delete_events(before).await?;
        }
        if let Some(before) = before(keep.gaps()) {
            done.gaps = self.delete_gaps(before).await?;
        }
        Ok(done)
    }

    async fn drop_partitions(&self, parent: &str, before: Timestamp) -> Result<u64, StoreError> {
        // Sealing must not add to what is going.
        let mut tx = self.samples().begin_upkeep(DOING).await?;
        // Dropping waits for readers of the table and makes others wait behind it: rather try again an hour later.
        sqlx::query!("SET LOCAL lock_timeout = '5s'")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        // Sealing drops what comes later for a time whose samples are gone.
        sqlx::query!(
            "UPDATE sample_progress SET removed_until_ms = greatest(removed_until_ms, (
                 SELECT max(to_ms) FROM sample_partition WHERE parent = $1 AND parent LIKE 'chunk%' AND to_ms <= $2))",
            parent,
            before.timestamp_millis(),
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        let dropped = sqlx::query_scalar!(
            r#"SELECT drop_sample_partitions($1, $2) AS "dropped!""#,
            parent,
            before.timestamp_millis(),
        )
        .fetch_one(&mut *tx)
        .await
        .during(DOING)?;
        tx.commit().await.during(DOING)?;
        Ok(dropped as u64)
    }

    async fn delete_ledger(&self, before: Timestamp) -> Result<u64, StoreError> {
        // A log is of no use without its restart, whatever it is kept for.
        self.delete_logs(before).await?;
        let restarts = batches(|| {
            sqlx::query!(
                "DELETE FROM restart WHERE id IN (SELECT id FROM restart WHERE ended_at < $1 LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        });
        let facts = batches(|| {
            sqlx::query!(
                "DELETE FROM fact WHERE id IN (SELECT id FROM fact WHERE at < $1 LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        });
        // The newest run of a container stays: without it the container would be met as a new one.
        let runs = batches(|| {
            sqlx::query!(
                "DELETE FROM run WHERE id IN (
                   SELECT old.id FROM run old
                   WHERE old.ended_at < $1
                     AND EXISTS (SELECT FROM run next WHERE next.container_id = old.container_id AND next.started_at > old.started_at)
                   LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        });
        let restarts = restarts.await?;
        self.ends.forget(before);
        Ok(restarts + facts.await? + runs.await?)
    }

    async fn delete_logs(&self, before: Timestamp) -> Result<u64, StoreError> {
        batches(|| {
            sqlx::query!(
                "DELETE FROM run_log WHERE ctid = ANY (ARRAY(SELECT ctid FROM run_log WHERE ended_at < $1 LIMIT $2))",
                before,
                BATCH,
            )
            .execute(&self.pool)
        })
        .await
    }

    /// Those that go on stay, however old.
    async fn delete_incidents(&self, before: Timestamp) -> Result<u64, StoreError> {
        batches(|| {
            sqlx::query!(
                "DELETE FROM incident WHERE id IN (SELECT id FROM incident WHERE state = 'resolved' AND last_at < $1 LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        })
        .await
    }

    /// With what was said of them. One that lasts stays; what it says again and again does not: its keys are of no use any longer, since
    /// nothing that old is said.
    async fn delete_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let alerts = batches(|| {
            sqlx::query!(
                "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE phase = 'resolved' AND resolved_at < $1 LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        });
        let notices = batches(|| {
            sqlx::query!(
                "DELETE FROM alert_notice WHERE id IN (
                   SELECT n.id FROM alert_notice n JOIN alert a ON a.id = n.alert_id
                   WHERE a.phase <> 'resolved' AND n.at < $1 LIMIT $2)",
                before,
                BATCH,
            )
            .execute(&self.pool)
        });
        Ok(alerts.await? + notices.await?)
    }

    async fn delete_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        batches(|| {
            sqlx::query!(
                "DELETE FROM engine_event WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_event WHERE at < $1 LIMIT $2))",
                before,
                BATCH,
            )
            .execute(&self.pool)
        })
        .await
    }

    async fn delete_gaps(&self, before: Timestamp) -> Result<u64, StoreError> {
        batches(|| {
            sqlx::query!(
                "DELETE FROM coverage_gap WHERE ctid = ANY (ARRAY(SELECT ctid FROM coverage_gap WHERE ended_at < $1 LIMIT $2))",
                before,
                BATCH,
            )
            .execute(&self.pool)
        })
        .await
    }
}

/// Deletes until a statement finds less than a batch.
async fn batches<F>(mut delete: impl FnMut() -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<PgQueryResult, sqlx::Error>>,
{
    let mut total = 0;
    loop {
        let deleted = delete().await.during(DOING)?.rows_affected();
        total += deleted;
        if deleted < BATCH as u64 {
            return Ok(total);
        }
    }
}
