//! Rules, alerts, silences, channels and the outbox.
//!
//! The state of alerts has one writer at a time: whoever changes it locks the row of `alert_clock` first. There are two: the tick, which
//! looks at everything (`tick`), and the ledger, which tells of ends in the transaction that writes them (`ends`). What is to be said
//! is written with the state that it is about, and to whom in the same transaction.

mod channels;
mod ends;
mod notices;
mod open;
mod outbox;
mod pictured;
mod preview;
mod pulse;
mod roster;
mod rules;
mod silences;
mod spans;
mod tick;
mod views;
mod words;

pub use self::{
    channels::{ChannelRecord, NewChannel},
    open::{OpenAlert, TargetKey},
    outbox::{Batch, Claimed, Outcome},
    preview::Moments,
    pulse::Pulse,
    roster::{GoingOn, Member, Roster, SourceMember},
    rules::StoredRule,
    silences::StoredSilence,
    tick::{Kept, Plan, Step, Tick},
    words::{Reason, message},
};
pub(super) use self::{
    ends::{Filed, Happened, What, note},
    roster::loudest,
};

use sqlx::{PgConnection, PgPool};

use super::error::{StoreError, While};
use domain::Timestamp;

/// See [`super::Store::alerts`].
#[derive(Clone, Copy, Debug)]
pub struct Alerts<'a> {
    pub(super) pool: &'a PgPool,
}

/// Waits until nobody else changes alerts, and tells when all rules were looked at last.
async fn lock(connection: &mut PgConnection) -> Result<Option<Timestamp>, StoreError> {
    let ticked_at = sqlx::query_scalar!("SELECT ticked_at FROM alert_clock FOR UPDATE")
        .fetch_optional(connection)
        .await
        .during("locking the alerts")?;
    Ok(ticked_at.flatten())
}
