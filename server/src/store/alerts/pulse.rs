//! Whether anything about alerts changed that people see.

use super::{
    super::error::{StoreError, While},
    Alerts,
};

/// What all alerts that last come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// How many fire and are not held back.
    pub firing: u32,
    /// Another number when one begins, ends, is held back, taken or told. Values that only move are left out.
    pub state: i64,
}

impl Alerts<'_> {
    /// Reads it.
    pub async fn pulse(&self) -> Result<Pulse, StoreError> {
        let row = sqlx::query!(
            r#"SELECT count(*) FILTER (WHERE phase = 'firing' AND suppressed IS NULL) AS "firing!",
                      coalesce(bit_xor(hashtextextended(concat_ws(' ', id, phase, suppressed, acknowledged_at, told_at, occurrences), 0)), 0) AS "state!"
               FROM alert WHERE phase <> 'resolved'"#
        )
        .fetch_one(self.pool)
        .await
        .during("counting alerts")?;
        Ok(Pulse {
            firing: u32::try_from(row.firing).unwrap_or(u32::MAX),
            state: row.state,
        })
    }
}
