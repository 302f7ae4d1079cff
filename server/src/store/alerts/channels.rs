//! Channels as they are kept.

use domain::{Timestamp, alert::Fields, ids::ChannelId};

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading channels";

/// A channel, its secrets still encrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelRecord {
    /// Its number.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// What it speaks.
    pub kind: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Its fields other than secrets.
    pub settings: Fields,
    /// Its secret fields, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// How long a first notice waits for others, in seconds.
    pub group_wait_s: u32,
    /// When it worked last.
    pub last_ok_at: Option<Timestamp>,
    /// When it failed last.
    pub last_failed_at: Option<Timestamp>,
    /// Why.
    pub last_problem: Option<String>,
    /// Deliveries that wait.
    pub waiting: u32,
}

/// What is written of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct NewChannel {
    /// What people call it.
    pub name: String,
    /// What it speaks.
    pub kind: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Its fields other than secrets.
    pub settings: Fields,
    /// Its secret fields, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// How long a first notice waits for others, in seconds.
    pub group_wait_s: u32,
}

impl Alerts<'_> {
    /// All channels, by name.
    pub async fn channels(&self) -> Result<Vec<ChannelRecord>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT id, name, kind, enabled, settings, secrets, group_wait_s, last_ok_at, last_failed_at, last_problem,
                      (SELECT count(*) FROM delivery d WHERE d.channel_id = c.id AND d.state = 'waiting') AS "waiting!"
               FROM channel c ORDER BY name"#
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                Ok(ChannelRecord {
                    id: ChannelId(row.id),
                    name: row.name,
                    kind: row.kind,
                    enabled: row.enabled,
                    settings: text::from_json(row.settings, DOING)?,
                    secrets: row.secrets,
                    group_wait_s: row.group_wait_s as u32,
                    last_ok_at: row.last_ok_at,
                    last_failed_at: row.last_failed_at,
                    last_problem: row.last_problem,
                    waiting: row.waiting as u32,
                })
            })
            .collect()
    }

    /// One channel.
    pub async fn channel(&self, id: ChannelId) -> Result<Option<ChannelRecord>, StoreError> {
        let channels = self.channels().await?;
        Ok(channels.into_iter().find(|channel| channel.id == id))
    }

    /// Writes a channel, or a new one when there is no id. `None` when another has its name, or it is gone.
    pub async fn put_channel(
        &self,
        id: Option<ChannelId>,
        channel: &NewChannel,
    ) -> Result<Option<ChannelId>, StoreError> {
        const DOING: &str = "writing a channel";
        let settings = text::to_json(&channel.settings, DOING)?;
        let id = match id {
            None => {
                sqlx::query_scalar!(
                    "INSERT INTO channel (name, kind, enabled, settings, secrets, group_wait_s) VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (name) DO NOTHING RETURNING id",
                    channel.name,
                    channel.kind,
                    channel.enabled,
                    settings,
                    channel.secrets.as_deref(),
                    channel.group_wait_s as i32,
                )
                .fetch_optional(self.pool)
                .await
            }
            Some(id) => {
                sqlx::query_scalar!(
                    "UPDATE channel SET name = $2, kind = $3, enabled = $4, settings = $5, secrets = $6, group_wait_s = $7, updated_at = now()
                     WHERE id = $1 AND NOT EXISTS (SELECT FROM channel WHERE name = $2 AND id <> $1) RETURNING id",
                    id.0,
                    channel.name,
                    channel.kind,
                    channel.enabled,
                    settings,
                    channel.secrets.as_deref(),
                    channel.group_wait_s as i32,
                )
                .fetch_optional(self.pool)
                .await
            }
        };
        Ok(id.during(DOING)?.map(ChannelId))
    }

    /// Removes a channel with what waits for it.
    pub async fn remove_channel(&self, id: ChannelId) -> Result<bool, StoreError> {
        let removed = sqlx::query!("DELETE FROM channel WHERE id = $1", id.0)
            .execute(self.pool)
            .await
            .during("removing a channel")?;
        Ok(removed.rows_affected() > 0)
    }

    /// Notes how the last try went.
    pub async fn note_try(
        &self,
        id: ChannelId,
        problem: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE channel SET last_ok_at = CASE WHEN $2::text IS NULL THEN $3 ELSE last_ok_at END,
                    last_failed_at = CASE WHEN $2 IS NULL THEN last_failed_at ELSE $3 END, last_problem = $2
             WHERE id = $1",
            id.0,
            problem,
            at,
        )
        .execute(self.pool)
        .await
        .during("writing how a channel did")?;
        Ok(())
    }
}
