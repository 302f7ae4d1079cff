//! The outbox. Any number of dispatchers may empty it: rows that another has locked are skipped, and a claim runs out when who made it
//! is gone. So every notice is delivered at least once; what says it twice carries the same key.

use std::time::Duration;

use domain::{
    Timestamp,
    alert::Message,
    ids::{ChannelId, DeliveryId},
};

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading the outbox";
/// Notices in one message: a storm of more is told by its numbers and its worst.
const MOST_IN_BATCH: i64 = 200;

/// Deliveries that go in one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Where.
    pub channel: ChannelId,
    /// What, the oldest first.
    pub claimed: Vec<Claimed>,
}

/// A delivery that is ours for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// Its number.
    pub id: DeliveryId,
    /// Names what is said and to whom: the same at every try.
    pub key: String,
    /// What is said.
    pub message: Message,
    /// How often it was tried before.
    pub attempts: u32,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It may be taken later.
    Later {
        /// Why not now.
        problem: String,
        /// When it is tried again.
        at: Timestamp,
    },
    /// It will not be taken as it is.
    Dead {
        /// Why.
        problem: String,
    },
}

impl Alerts<'_> {
    /// Claims what is due for one channel that is none of `busy`, for as long as `lease`. With `one_by_one` deliveries are not put together.
    pub async fn claim(
        &self,
        busy: &[i64],
        one_by_one: &[i64],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Batch>, StoreError> {
        let mut tx = self.pool.begin().await.during(DOING)?;
        let first = sqlx::query!(
            "SELECT d.id, d.channel_id, d.batch FROM delivery d
             WHERE d.state = 'waiting' AND d.next_try_at <= $1 AND (d.claimed_until IS NULL OR d.claimed_until < $1)
               AND d.channel_id <> ALL($2)
             ORDER BY d.next_try_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED",
            now,
            busy,
        )
        .fetch_optional(&mut *tx)
        .await
        .during(DOING)?;
        let Some(first) = first else { return Ok(None) };
        let batch = first.batch.unwrap_or(first.id);
        let alone = one_by_one.contains(&first.channel_id);
        let until = now + lease;
        // A batch that was made stays as it is, so that it is the same message when it is sent again.
        sqlx::query!(
            "UPDATE delivery SET batch = $1, claimed_until = $2 WHERE id IN (
                 SELECT id FROM delivery
                 WHERE state = 'waiting' AND channel_id = $3
                   AND CASE WHEN $4::bigint IS NOT NULL THEN batch = $4
                            ELSE id = $1 OR (NOT $5 AND batch IS NULL AND next_try_at <= $6) END
                 ORDER BY id = $1 DESC, id LIMIT $7 FOR UPDATE SKIP LOCKED)",
            batch,
            until,
            first.channel_id,
            first.batch,
            alone,
            now,
            MOST_IN_BATCH,
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        let rows = sqlx::query!(
            "SELECT d.id, d.attempts, n.key, n.message FROM delivery d JOIN alert_notice n ON n.id = d.notice_id
             WHERE d.batch = $1 AND d.state = 'waiting' AND d.claimed_until = $2 ORDER BY d.id",
            batch,
            until,
        )
        .fetch_all(&mut *tx)
        .await
        .during(DOING)?;
        let claimed = rows
            .into_iter()
            .map(|row| {
                Ok(Claimed {
                    id: DeliveryId(row.id),
                    key: format!("{}-channel-{}", row.key, first.channel_id),
                    message: text::from_json(row.message, DOING)?,
                    attempts: row.attempts as u32,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        tx.commit().await.during(DOING)?;
        Ok(Some(Batch {
            channel: ChannelId(first.channel_id),
            claimed,
        }))
    }

    /// Notes how a try went.
    pub async fn finish(
        &self,
        batch: &Batch,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = batch.claimed.iter().map(|one| one.id.0).collect();
        let (state, problem, next_try_at) = match outcome {
            Outcome::Delivered => ("delivered", None, now),
            Outcome::Later { problem, at } => ("waiting", Some(problem.as_str()), *at),
            Outcome::Dead { problem } => ("dead", Some(problem.as_str()), now),
        };
        sqlx::query!(
            "UPDATE delivery SET state = $2, problem = $3, next_try_at = $4, attempts = attempts + 1, claimed_until = NULL,
                    delivered_at = CASE WHEN $2 = 'delivered' THEN $5::timestamptz END
             WHERE id = ANY($1) AND state = 'waiting'",
            &ids,
            state,
            problem,
            next_try_at,
            now,
        )
        .execute(self.pool)
        .await
        .during("writing how a delivery went")?;
        Ok(())
    }

    /// What a channel was told last of every alert that still fires, with the names of what was said.
    pub async fn still_firing(
        &self,
        channel: ChannelId,
    ) -> Result<Vec<(String, Message)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT DISTINCT ON (a.id) n.key, n.message FROM alert a
             JOIN alert_notice n ON n.alert_id = a.id JOIN delivery d ON d.notice_id = n.id
             WHERE a.phase = 'firing' AND d.channel_id = $1 AND d.state = 'delivered'
             ORDER BY a.id, n.id DESC",
            channel.0,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| Ok((row.key, text::from_json(row.message, DOING)?)))
            .collect()
    }

    /// Sends a dead letter again, alone.
    pub async fn revive(&self, id: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        let revived = sqlx::query!(
            "UPDATE delivery SET state = 'waiting', next_try_at = $2, attempts = 0, batch = id WHERE id = $1 AND state = 'dead'",
            id.0,
            now,
        )
        .execute(self.pool)
        .await
        .during("sending a dead letter again")?;
        Ok(revived.rows_affected() > 0)
    }
}
