//! Silences as they are kept.

use domain::{
    Timestamp,
    alert::{Severity, Silence, Suppressed, Target},
    ids::SilenceId,
};
use sqlx::PgConnection;

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading silences";
/// How long one that is over is still shown.
const SHOWN_DAYS: i32 = 30;

/// A silence with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSilence {
    /// Its number.
    pub id: SilenceId,
    /// The silence.
    pub silence: Silence,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody ended it.
    pub ended_at: Option<Timestamp>,
}

impl StoredSilence {
    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.ended_at.is_none() && self.silence.window.holds(at)
    }
}

/// Whether one of them covers an alert.
pub(super) fn covered(
    silences: &[StoredSilence],
    rule: &str,
    severity: Severity,
    target: Target<'_>,
    at: Timestamp,
) -> Option<Suppressed> {
    silences
        .iter()
        .any(|stored| stored.holds(at) && stored.silence.matchers.cover(rule, severity, target))
        .then_some(Suppressed::Silenced)
}

impl Alerts<'_> {
    /// All silences that are not over for long, the newest first.
    pub async fn silences(&self) -> Result<Vec<StoredSilence>, StoreError> {
        let mut connection = self.pool.acquire().await.during(DOING)?;
        read(&mut connection).await
    }

    /// Keeps a silence.
    pub async fn add_silence(
        &self,
        silence: &Silence,
        now: Timestamp,
    ) -> Result<SilenceId, StoreError> {
        const DOING: &str = "writing a silence";
        let id = sqlx::query_scalar!(
            "INSERT INTO silence (silence, created_at) VALUES ($1, $2) RETURNING id",
            text::to_json(silence, DOING)?,
            now,
        )
        .fetch_one(self.pool)
        .await
        .during(DOING)?;
        Ok(SilenceId(id))
    }

    /// Ends a silence before its time; `false` when there is none that lasts.
    pub async fn end_silence(&self, id: SilenceId, now: Timestamp) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "UPDATE silence SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
            id.0,
            now,
        )
        .execute(self.pool)
        .await
        .during("ending a silence")?;
        Ok(ended.rows_affected() > 0)
    }
}

/// All silences as a transaction sees them.
pub(super) async fn read(connection: &mut PgConnection) -> Result<Vec<StoredSilence>, StoreError> {
    let rows = sqlx::query!(
        "SELECT id, silence, created_at, ended_at FROM silence
         WHERE ended_at IS NULL OR ended_at > now() - make_interval(days => $1) ORDER BY id DESC LIMIT 1000",
        SHOWN_DAYS,
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredSilence {
                id: SilenceId(row.id),
                silence: text::from_json(row.silence, DOING)?,
                created_at: row.created_at,
                ended_at: row.ended_at,
            })
        })
        .collect()
}
