//! A rule that is about what happened: whether it fires, and what is said then.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{Causes, Change, Condition, Inhibition, Look, Notice, Reading, Rule, Suppressed},
    ids::WorkloadId,
};
use sqlx::PgConnection;

use super::{
    super::{
        notices,
        open::{self, OpenAlert},
        rules::StoredRule,
        silences::{self, StoredSilence},
        words::message,
    },
    DOING,
    happened::{Happened, What},
    whose::Whose,
};
use crate::store::error::{StoreError, While};

/// One rule, and where it is looked at.
pub(super) struct Scene<'a> {
    pub(super) stored: &'a StoredRule,
    pub(super) whose: &'a Whose,
    pub(super) silences: &'a [StoredSilence],
    pub(super) now: Timestamp,
}

impl Scene<'_> {
    async fn suppressed(
        &self,
        connection: &mut PgConnection,
        alert: &OpenAlert,
        one: &Happened,
    ) -> Result<Option<Suppressed>, StoreError> {
        let rule = &self.stored.rule;
        let is_of_workload = alert.target.workload.is_some();
        // What is about the source is what people are told instead.
        if is_of_workload {
            let is_platform_incident = match (&rule.condition, one.what.filed()) {
                // What lasts is said when this is over.
                (Condition::Threshold(_), _) => self.whose.is_platform_shaken,
                // What happens in a moment is lost when it is held back: only that of which this rule has told already.
                (Condition::Happens(_), Some(filed)) if filed.is_of_platform => {
                    notices::has_told_of(connection, self.stored.id, filed.incident).await?
                }
                _ => false,
            };
            let inhibition = Inhibition {
                is_source_down: self.whose.is_source_down,
                is_platform_incident,
            };
            if inhibition.holds_back(rule) {
                return Ok(Some(Suppressed::Inhibited));
            }
        }
        let target = if is_of_workload {
            self.whose.target()
        } else {
            self.whose.platform()
        };
        Ok(silences::covered(
            self.silences,
            &rule.name,
            rule.severity,
            target,
            self.now,
        ))
    }

    /// What happens in a moment: each time is said once, however often the ledger is told of it.
    pub(super) async fn happen(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
    ) -> Result<(), StoreError> {
        let rule = &self.stored.rule;
        let key = one.key(self.stored.id, &rule.condition);
        if notices::is_known(connection, &key).await? {
            return Ok(());
        }
        let in_grace = in_grace(connection, rule, one).await?;
        let Some(change) = alert.standing.happen(one.at, in_grace) else {
            return Ok(());
        };
        alert.suppressed = self.suppressed(connection, &alert, one).await?;
        alert.occurrences += 1;
        if alert.suppressed.is_none() {
            alert.told.last_at = Some(self.now);
        }
        let notice = if change == Change::Again {
            Notice::Again
        } else {
            Notice::Fired
        };
        self.say(connection, alert, one, Some(change), notice, &key)
            .await
    }

    /// A number of ends in a window.
    pub(super) async fn count(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
        (causes, window_s): (&Causes, i64),
    ) -> Result<(), StoreError> {
        let rule = &self.stored.rule;
        let count = count(connection, one.workload, causes, window_s, self.now).await?;
        let look = Look {
            at: self.now,
            blind: TimeDelta::zero(),
            in_grace: in_grace(connection, rule, one).await?,
            reading: Reading::Value(count as f64),
        };
        let before = alert.clone();
        let change = alert.standing.look(rule, look);
        if change.is_none() && alert == before {
            return Ok(());
        }
        // The count is exact here, but whether it is over is for the tick to say, which knows what was seen.
        if change == Some(Change::Resolved) {
            return Ok(());
        }
        alert.suppressed = self.suppressed(connection, &alert, one).await?;
        let is_news = change == Some(Change::Fired) && alert.suppressed.is_none();
        if is_news {
            alert.told.last_at = Some(self.now);
        }
        if let What::End { restart, .. } = one.what {
            alert.restart = Some(restart);
        }
        if is_news {
            self.say(connection, alert, one, change, Notice::Fired, "")
                .await
        } else {
            open::write(connection, &mut alert, self.stored, change, self.now).await
        }
    }

    /// Writes the alert and what is said of it; without a `key` it is said once for each alert.
    async fn say(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
        change: Option<Change>,
        notice: Notice,
        key: &str,
    ) -> Result<(), StoreError> {
        let reason = one.reason(&self.stored.rule.condition);
        if let What::End { restart, .. } = one.what {
            alert.restart = Some(restart);
        }
        open::write(connection, &mut alert, self.stored, change, self.now).await?;
        let Some(id) = alert.id else { return Ok(()) };
        let subject = self.whose.subject(alert.target.workload);
        let message = message(self.stored, &alert, subject, notice, reason, one.at);
        let key = if key.is_empty() {
            notices::key(id, notice, 0)
        } else {
            key.to_owned()
        };
        notices::write(
            connection,
            id,
            self.stored,
            &key,
            alert.suppressed,
            &message,
            self.now,
        )
        .await
    }
}

/// Whether a deploy or an operator's stop was too recent.
async fn in_grace(
    connection: &mut PgConnection,
    rule: &Rule,
    one: &Happened,
) -> Result<bool, StoreError> {
    if rule.grace_s == 0 {
        return Ok(false);
    }
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM restart WHERE workload_id = $1 AND cause IN ('deployed', 'stopped') AND ended_at < $2
                  AND coalesce(started_at, ended_at) > $2::timestamptz - make_interval(secs => $3)
           ) AS "in_grace!""#,
        one.workload.0,
        one.at,
        rule.grace_s as f64,
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}

async fn count(
    connection: &mut PgConnection,
    workload: WorkloadId,
    causes: &Causes,
    window_s: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let names: Vec<String> = causes.iter().map(|cause| cause.name().to_owned()).collect();
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM restart
           WHERE workload_id = $1 AND ended_at > $2::timestamptz - make_interval(secs => $3) AND ended_at <= $2
             AND CASE WHEN $4::text[] = '{}' THEN counts ELSE cause = ANY($4) END"#,
        workload.0,
        now,
        window_s as f64,
        names.as_slice(),
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}
