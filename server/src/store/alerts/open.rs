//! Alerts that last, as the state machine has them.

use domain::{
    Timestamp,
    alert::{Change, Phase, Standing, Suppressed, Told},
    ids::{AlertId, RestartId, RuleId, SourceId, WorkloadId},
};
use sqlx::PgConnection;

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    rules::StoredRule,
};

const DOING: &str = "reading open alerts";
const WRITING: &str = "writing an alert";

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TargetKey {
    /// The source.
    pub source: SourceId,
    /// Its workload; `None` for the source itself.
    pub workload: Option<WorkloadId>,
}

/// An alert that lasts.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAlert {
    /// Its number; `None` before it is written.
    pub id: Option<AlertId>,
    /// Its rule.
    pub rule: RuleId,
    /// What it is about.
    pub target: TargetKey,
    /// Where it is.
    pub standing: Standing,
    /// When the condition began to hold.
    pub began_at: Timestamp,
    /// What was said of it.
    pub told: Told,
    /// Why nothing is said.
    pub suppressed: Option<Suppressed>,
    /// How often it happened, for what happens in a moment.
    pub occurrences: u32,
    /// The newest entry of the ledger that it is about.
    pub restart: Option<RestartId>,
}

impl OpenAlert {
    /// Nothing yet.
    pub fn new(rule: RuleId, target: TargetKey, at: Timestamp) -> Self {
        Self {
            id: None,
            rule,
            target,
            standing: Standing::default(),
            began_at: at,
            told: Told::default(),
            suppressed: None,
            occurrences: 0,
            restart: None,
        }
    }

    /// The moments of its phase as columns: name, since, clear since.
    fn phase(&self, now: Timestamp) -> (&'static str, Timestamp, Option<Timestamp>) {
        match self.standing.phase {
            Phase::Inactive => ("resolved", now, None),
            Phase::Pending { since } => ("pending", since, None),
            Phase::Firing { since, clear_since } => ("firing", since, clear_since),
        }
    }
}

/// Those that last, of one workload or of all.
pub(super) async fn read(
    connection: &mut PgConnection,
    workload: Option<WorkloadId>,
) -> Result<Vec<OpenAlert>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, rule_id AS "rule_id!", source_id, workload_id, phase, began_at, since, clear_since, value, peak, occurrences,
                  restart_id, suppressed, told_at, reminders, acknowledged_at
           FROM alert WHERE phase <> 'resolved' AND rule_id IS NOT NULL AND ($1::bigint IS NULL OR workload_id = $1)"#,
        workload.map(|id| id.0),
    )
    .fetch_all(connection)
    .await
    .during(DOING)?;
    rows.into_iter()
        .map(|row| {
            let phase = match row.phase.as_str() {
                "pending" => Phase::Pending { since: row.since },
                _ => Phase::Firing {
                    since: row.since,
                    clear_since: row.clear_since,
                },
            };
            Ok(OpenAlert {
                id: Some(AlertId(row.id)),
                rule: RuleId(row.rule_id),
                target: TargetKey {
                    source: SourceId(row.source_id),
                    workload: row.workload_id.map(WorkloadId),
                },
                standing: Standing {
                    phase,
                    value: row.value,
                    peak: row.peak,
                },
                began_at: row.began_at,
                told: Told {
                    last_at: row.told_at,
                    reminders: row.reminders as u32,
                    is_acknowledged: row.acknowledged_at.is_some(),
                },
                suppressed: row
                    .suppressed
                    .map(|name| {
                        text::known(&name, "alert.suppressed", Suppressed::from_name, DOING)
                    })
                    .transpose()?,
                occurrences: row.occurrences as u32,
                restart: row.restart_id.map(RestartId),
            })
        })
        .collect()
}

/// Writes those whose numbers and moments alone are other than before, all at once: with many alerts nearly every look has some.
pub(super) async fn write_numbers(
    connection: &mut PgConnection,
    alerts: &[OpenAlert],
    now: Timestamp,
) -> Result<(), StoreError> {
    if alerts.is_empty() {
        return Ok(());
    }
    let (mut ids, mut since, mut clear_since) = (Vec::new(), Vec::new(), Vec::new());
    let (mut values, mut peaks, mut suppressed) = (Vec::new(), Vec::new(), Vec::new());
    for alert in alerts {
        let Some(id) = alert.id else { continue };
        let (_, begin, clear) = alert.phase(now);
        ids.push(id.0);
        since.push(begin);
        clear_since.push(clear);
        values.push(alert.standing.value);
        peaks.push(alert.standing.peak);
        suppressed.push(alert.suppressed.map(|why| why.name().to_owned()));
    }
    sqlx::query!(
        "UPDATE alert a SET since = n.since, clear_since = n.clear_since, value = n.value, peak = n.peak, suppressed = n.suppressed,
                severity = r.rule ->> 'severity', rule_name = r.name
         FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::float8[], $6::text[])
              AS n (id, since, clear_since, value, peak, suppressed), alert_rule r
         WHERE a.id = n.id AND r.id = a.rule_id",
        &ids,
        &since,
        &clear_since as _,
        &values as _,
        &peaks as _,
        &suppressed as _,
    )
    .execute(connection)
    .await
    .during(WRITING)?;
    Ok(())
}

/// Writes one, whose number is given out when it is new. One that was dropped is removed: nothing was ever said of it.
pub(super) async fn write(
    connection: &mut PgConnection,
    alert: &mut OpenAlert,
    rule: &StoredRule,
    change: Option<Change>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if change == Some(Change::Dropped) {
        if let Some(id) = alert.id {
            sqlx::query!("DELETE FROM alert WHERE id = $1", id.0)
                .execute(connection)
                .await
                .during(WRITING)?;
        }
        return Ok(());
    }
    let (phase, since, clear_since) = alert.phase(now);
    let suppressed = alert.suppressed.map(Suppressed::name);
    if let Some(id) = alert.id {
        // The begin of one that is over stays what it was.
        sqlx::query!(
            "UPDATE alert SET phase = $2, since = CASE WHEN $2 = 'resolved' THEN since ELSE $3 END, clear_since = $4,
                    resolved_at = CASE WHEN $2 = 'resolved' THEN $5::timestamptz END, value = $6, peak = $7, occurrences = $8,
                    restart_id = coalesce($9, restart_id), suppressed = $10, told_at = $11, reminders = $12, severity = $13,
                    rule_name = $14
             WHERE id = $1",
            id.0,
            phase,
            since,
            clear_since,
            now,
            alert.standing.value,
            alert.standing.peak,
            alert.occurrences as i32,
            alert.restart.map(|id| id.0),
            suppressed,
            alert.told.last_at,
            alert.told.reminders as i32,
            rule.rule.severity.name(),
            rule.rule.name,
        )
        .execute(connection)
        .await
        .during(WRITING)?;
        return Ok(());
    }
    let id = sqlx::query_scalar!(
        "INSERT INTO alert (rule_id, rule_name, severity, source_id, workload_id, phase, began_at, since, clear_since, value, peak,
                            occurrences, restart_id, suppressed, told_at, reminders)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id",
        rule.id.0,
        rule.rule.name,
        rule.rule.severity.name(),
        alert.target.source.0,
        alert.target.workload.map(|id| id.0),
        phase,
        alert.began_at,
        since,
        clear_since,
        alert.standing.value,
        alert.standing.peak,
        alert.occurrences as i32,
        alert.restart.map(|id| id.0),
        suppressed,
        alert.told.last_at,
        alert.told.reminders as i32,
    )
    .fetch_one(connection)
    .await
    .during(WRITING)?;
    alert.id = Some(AlertId(id));
    Ok(())
}
