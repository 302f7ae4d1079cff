//! The tick: everything that is looked at now and then, and what follows from it, in one transaction.

use domain::{
    Timestamp,
    alert::{Change, Message},
};
use sqlx::{Postgres, Transaction};

use super::{
    super::error::{StoreError, While},
    Alerts, notices,
    open::{self, OpenAlert},
    rules::{self, StoredRule},
    silences::{self, StoredSilence},
};

const DOING: &str = "looking at all alert rules";

/// An open tick: nobody else changes alerts until it is committed or dropped.
#[derive(Debug)]
pub struct Tick {
    transaction: Transaction<'static, Postgres>,
    /// When the last one was; `None` when there was none.
    pub last_at: Option<Timestamp>,
    /// All rules.
    pub rules: Vec<StoredRule>,
    /// All silences.
    pub silences: Vec<StoredSilence>,
    /// All alerts that last.
    pub open: Vec<OpenAlert>,
}

/// What a tick found.
#[derive(Debug, Default)]
pub struct Plan {
    /// Alerts that changed.
    pub steps: Vec<Step>,
}

/// An alert that changed, and what is said of it.
#[derive(Debug)]
pub struct Step {
    /// The alert as it is now.
    pub alert: OpenAlert,
    /// Its rule.
    pub rule: StoredRule,
    /// What changed; `None` when only its numbers did.
    pub change: Option<Change>,
    /// What is said.
    pub message: Option<Message>,
}

impl Alerts<'_> {
    /// Begins a tick.
    pub async fn begin_tick(&self) -> Result<Tick, StoreError> {
        let mut transaction = self.pool.begin().await.during(DOING)?;
        let last_at = super::lock(&mut transaction).await?;
        Ok(Tick {
            last_at,
            rules: rules::read(&mut transaction).await?,
            silences: silences::read(&mut transaction).await?,
            open: open::read(&mut transaction, None).await?,
            transaction,
        })
    }
}

impl Tick {
    /// Keeps what was found, and that everything was looked at now.
    pub async fn commit(mut self, plan: Plan, now: Timestamp) -> Result<(), StoreError> {
        let connection = &mut *self.transaction;
        let is_news = |step: &Step| {
            step.change.is_some() || step.message.is_some() || step.alert.id.is_none()
        };
        let (news, numbers): (Vec<Step>, Vec<Step>) = plan.steps.into_iter().partition(is_news);
        let numbers: Vec<OpenAlert> = numbers.into_iter().map(|step| step.alert).collect();
        open::write_numbers(connection, &numbers, now).await?;
        for mut step in news {
            open::write(connection, &mut step.alert, &step.rule, step.change, now).await?;
            if let (Some(id), Some(message)) = (step.alert.id, &step.message) {
                let key = notices::key(id, message.notice, step.alert.told.reminders);
                notices::write(connection, id, &step.rule, &key, None, message, now).await?;
            }
        }
        sqlx::query!("UPDATE alert_clock SET ticked_at = $1", now)
            .execute(connection)
            .await
            .during(DOING)?;
        self.transaction.commit().await.during(DOING)
    }
}
