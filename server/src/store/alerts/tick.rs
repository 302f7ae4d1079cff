//! The tick: everything that is looked at now and then, and what follows from it, in one transaction.

use domain::{
    Timestamp,
    alert::{Change, Message},
};
use sqlx::{PgConnection, Postgres, Transaction};

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
    /// What there is, which only this tick changes.
    pub kept: Kept,
}

/// Rules and alerts as they are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// When the last tick was; `None` when there was none.
    pub last_at: Option<Timestamp>,
    /// All rules.
    pub rules: Vec<StoredRule>,
    /// All silences.
    pub silences: Vec<StoredSilence>,
    /// All alerts that last.
    pub open: Vec<OpenAlert>,
}

impl Kept {
    /// Whether labels of workloads matter to a rule or a silence.
    pub fn looks_at_labels(&self) -> bool {
        let of_rules = self.rules.iter().map(|stored| &stored.rule.scope);
        let of_silences = self
            .silences
            .iter()
            .map(|stored| &stored.silence.matchers.scope);
        of_rules
            .chain(of_silences)
            .any(|scope| !scope.labels.is_empty())
    }
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
    /// What there is at the moment; others may change it in the next.
    pub async fn kept(&self) -> Result<Kept, StoreError> {
        let mut connection = self.pool.acquire().await.during(DOING)?;
        let last_at = sqlx::query_scalar!("SELECT ticked_at FROM alert_clock")
            .fetch_optional(&mut *connection)
            .await
            .during(DOING)?;
        kept(&mut connection, last_at.flatten()).await
    }

    /// Begins a tick. Others who change alerts wait until it ends, the ledger too: it should be short.
    pub async fn begin_tick(&self) -> Result<Tick, StoreError> {
        let mut transaction = self.pool.begin().await.during(DOING)?;
        let last_at = super::lock(&mut transaction).await?;
        let kept = kept(&mut transaction, last_at).await?;
        Ok(Tick { transaction, kept })
    }
}

async fn kept(
    connection: &mut PgConnection,
    last_at: Option<Timestamp>,
) -> Result<Kept, StoreError> {
    Ok(Kept {
        last_at,
        rules: rules::read(connection).await?,
        silences: silences::read(connection).await?,
        open: open::read(connection, None).await?,
    })
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
