//! Rules as they are kept.

use domain::{Timestamp, alert::Rule, ids::RuleId};
use sqlx::{PgConnection, PgPool};

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading alert rules";

/// A rule with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRule {
    /// Its number.
    pub id: RuleId,
    /// The rule.
    pub rule: Rule,
    /// Whether a file of the configuration has it.
    pub is_from_file: bool,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Alerts<'_> {
    /// Brings the rules in line with the configuration: those of files are as the files have them, and the first time there are the
    /// default ones besides. A rule that was in a file and is no longer stays, and may be changed from then on.
    pub async fn provision(&self, defaults: &[Rule], files: &[Rule]) -> Result<(), StoreError> {
        const DOING: &str = "writing alert rules";
        let mut tx = self.pool.begin().await.during(DOING)?;
        let is_new = sqlx::query!("INSERT INTO alert_clock DEFAULT VALUES ON CONFLICT DO NOTHING")
            .execute(&mut *tx)
            .await
            .during(DOING)?
            .rows_affected()
            > 0;
        super::lock(&mut tx).await?;
        for rule in defaults.iter().filter(|_| is_new) {
            sqlx::query!(
                "INSERT INTO alert_rule (name, rule) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                rule.name,
                text::to_json(rule, DOING)?,
            )
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        }
        sqlx::query!("UPDATE alert_rule SET from_file = false WHERE from_file")
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        for rule in files {
            sqlx::query!(
                "INSERT INTO alert_rule (name, rule, from_file) VALUES ($1, $2, true)
                 ON CONFLICT (name) DO UPDATE SET from_file = true, rule = excluded.rule,
                     updated_at = CASE WHEN alert_rule.rule = excluded.rule THEN alert_rule.updated_at ELSE now() END",
                rule.name,
                text::to_json(rule, DOING)?,
            )
            .execute(&mut *tx)
            .await
            .during(DOING)?;
        }
        tx.commit().await.during(DOING)
    }

    /// All rules, by name.
    pub async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        all(self.pool).await
    }

    /// One rule.
    pub async fn rule(&self, id: RuleId) -> Result<Option<StoredRule>, StoreError> {
        Ok(self.rules().await?.into_iter().find(|rule| rule.id == id))
    }

    /// Writes a rule, or a new one when there is no id. `None` when another has its name, or a file has it, or it is gone.
    pub async fn put_rule(
        &self,
        id: Option<RuleId>,
        rule: &Rule,
    ) -> Result<Option<RuleId>, StoreError> {
        const DOING: &str = "writing an alert rule";
        let json = text::to_json(rule, DOING)?;
        let id = match id {
            None => {
                sqlx::query_scalar!(
                    "INSERT INTO alert_rule (name, rule) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id",
                    rule.name,
                    json,
                )
                .fetch_optional(self.pool)
                .await
            }
            Some(id) => {
                sqlx::query_scalar!(
                    "UPDATE alert_rule SET name = $2, rule = $3, updated_at = now()
                     WHERE id = $1 AND NOT from_file AND NOT EXISTS (SELECT FROM alert_rule WHERE name = $2 AND id <> $1)
                     RETURNING id",
                    id.0,
                    rule.name,
                    json,
                )
                .fetch_optional(self.pool)
                .await
            }
        };
        Ok(id.during(DOING)?.map(RuleId))
    }

    /// Removes a rule that no file has. What it found stays in the history, and what it still says is over.
    pub async fn remove_rule(&self, id: RuleId, now: Timestamp) -> Result<bool, StoreError> {
        const DOING: &str = "removing an alert rule";
        let mut tx = self.pool.begin().await.during(DOING)?;
        super::lock(&mut tx).await?;
        sqlx::query!(
            "DELETE FROM alert WHERE rule_id = $1 AND phase = 'pending'",
            id.0
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        sqlx::query!(
            "UPDATE alert SET phase = 'resolved', resolved_at = $2 WHERE rule_id = $1 AND phase = 'firing'",
            id.0,
            now,
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?;
        let removed = sqlx::query!(
            "DELETE FROM alert_rule WHERE id = $1 AND NOT from_file",
            id.0
        )
        .execute(&mut *tx)
        .await
        .during(DOING)?
        .rows_affected();
        if removed > 0 {
            tx.commit().await.during(DOING)?;
        }
        Ok(removed > 0)
    }
}

async fn all(pool: &PgPool) -> Result<Vec<StoredRule>, StoreError> {
    let mut connection = pool.acquire().await.during(DOING)?;
    read(&mut connection).await
}

/// All rules, by name, as a transaction sees them.
pub(super) async fn read(connection: &mut PgConnection) -> Result<Vec<StoredRule>, StoreError> {
    let rows = sqlx::query!("SELECT id, rule, from_file, updated_at FROM alert_rule ORDER BY name")
        .fetch_all(connection)
        .await
        .during(DOING)?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredRule {
                id: RuleId(row.id),
                rule: text::from_json(row.rule, DOING)?,
                is_from_file: row.from_file,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
