//! What time does with incidents: they end by themselves, and restarts from before there were incidents are put into them.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{IncidentId, RestartId, SourceId, WorkloadId},
    incident::Subject,
    workload::WorkloadKey,
};

use super::{Ended, Filing, Incidents};
use crate::store::{
    error::{StoreError, While},
    text,
};

/// A source that was not heard for so long is not watched any longer: it was taken out of the configuration, or its host is gone. Longer than
/// any outage that somebody still wants to hear the end of.
const UNWATCHED: TimeDelta = TimeDelta::days(7);
/// Incidents that end in one statement, and restarts that are filed in one transaction.
const BATCH: i64 = 500;

impl Incidents<'_> {
    /// Ends those that have been quiet for long enough, as of the moment at which they had been, and says which. Quiet is what was heard: one
    /// whose source has not been polled since that moment goes on until it is; or until that source counts as no longer watched, which is said.
    pub async fn rest(&self, now: Timestamp) -> Result<Vec<IncidentId>, StoreError> {
        let mut ended = self.rest_unwatched(now).await?;
        loop {
            let batch = sqlx::query_scalar!(
                r#"WITH quiet AS (
                     SELECT i.id FROM incident i JOIN source s ON s.id = i.source_id
                     WHERE i.state <> 'resolved' AND i.quiet_at < $1 AND i.quiet_at < s.last_poll_at
                     ORDER BY i.quiet_at
                     LIMIT $2
                     FOR UPDATE OF i SKIP LOCKED
                   ), ended AS (
                     UPDATE incident i SET state = 'resolved', resolved_at = i.quiet_at, resolved_by = 'quiet'
                     FROM quiet WHERE i.id = quiet.id
                     RETURNING i.id, i.quiet_at
                   )
                   INSERT INTO incident_entry (incident_id, at, kind, text)
                   SELECT id, quiet_at, 'resolved', 'it was quiet for long enough' FROM ended
                   RETURNING incident_id"#,
                now,
                BATCH,
            )
            .fetch_all(self.pool)
            .await
            .during("ending incidents")?;
            let more = batch.len() == BATCH as usize;
            ended.extend(batch.into_iter().map(IncidentId));
            if !more {
                return Ok(ended);
            }
        }
    }

    async fn rest_unwatched(&self, now: Timestamp) -> Result<Vec<IncidentId>, StoreError> {
        let ended = sqlx::query_scalar!(
            r#"WITH lost AS (
                 SELECT i.id FROM incident i JOIN source s ON s.id = i.source_id
                 WHERE i.state <> 'resolved' AND i.quiet_at < $1 AND coalesce(s.last_poll_at, s.first_seen_at) < $2
                   AND i.quiet_at >= coalesce(s.last_poll_at, s.first_seen_at)
                 ORDER BY i.quiet_at
                 LIMIT $3
                 FOR UPDATE OF i SKIP LOCKED
               ), ended AS (
                 UPDATE incident i SET state = 'resolved', resolved_at = $1, resolved_by = 'unwatched'
                 FROM lost WHERE i.id = lost.id
                 RETURNING i.id
               )
               INSERT INTO incident_entry (incident_id, at, kind, text)
               SELECT id, $1, 'resolved', $4::text FROM ended
               RETURNING incident_id"#,
            now,
            now - UNWATCHED,
            BATCH,
            format!(
                "its source has not been heard for {} days: whether it went on is not known",
                UNWATCHED.num_days()
            ),
        )
        .fetch_all(self.pool)
        .await
        .during("ending incidents that nobody watches")?;
        Ok(ended.into_iter().map(IncidentId).collect())
    }

    /// Puts restarts that ended after `since` and are in no incident into theirs, newest first and a batch at a time, so that the recorder
    /// never waits long. How many there were. After an upgrade these are all restarts; later there are none, whatever was killed when.
    pub async fn file_old(&self, since: Option<Timestamp>) -> Result<u64, StoreError> {
        const DOING: &str = "filing old restarts";
        let mut filed = 0;
        let mut before: Option<(Timestamp, i64)> = None;
        loop {
            let mut tx = self.pool.begin().await.during(DOING)?;
            let rows = sqlx::query!(
                r#"SELECT r.id, r.workload_id, r.run_started_at, r.ended_at, r.cause, w.source_id, w.grp AS "group", w.name,
                          p.fingerprint AS "fault?"
                   FROM restart r JOIN workload w ON w.id = r.workload_id LEFT JOIN panic p ON p.restart_id = r.id
                   WHERE r.counts AND NOT EXISTS (SELECT FROM incident_restart l WHERE l.restart_id = r.id)
                     AND ($1::timestamptz IS NULL OR r.ended_at > $1)
                     AND ($2::timestamptz IS NULL OR (r.ended_at, r.id) < ($2, $3))
                   ORDER BY r.ended_at DESC, r.id DESC
                   LIMIT $4"#,
                since,
                before.map(|(at, _)| at),
                before.map_or(0, |(_, id)| id),
                BATCH,
            )
            .fetch_all(&mut *tx)
            .await
            .during(DOING)?;
            let Some(last) = rows.last() else {
                return Ok(filed);
            };
            before = Some((last.ended_at, last.id));
            let mut filing = Filing::default();
            for row in rows {
                let cause = text::cause(&row.cause, DOING)?;
                let workload = WorkloadKey {
                    group: row.group,
                    name: row.name,
                };
                let subject = Subject::new(workload, cause, row.fault.as_deref());
                let end = Ended {
                    restart: RestartId(row.id),
                    source: SourceId(row.source_id),
                    workload: WorkloadId(row.workload_id),
                    subject: Some(&subject),
                    run_began_at: row.run_started_at,
                    at: row.ended_at,
                };
                filing.file(&mut tx, &end).await?;
                filed += 1;
            }
            filing.finish(&mut tx).await?;
            tx.commit().await.during(DOING)?;
        }
    }
}
