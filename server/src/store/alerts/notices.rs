//! What is to be said, and to whom.

use domain::{
    Timestamp,
    alert::{Message, Notice, Suppressed},
    ids::{AlertId, IncidentId, RuleId},
};
use sqlx::PgConnection;

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    rules::StoredRule,
};

const DOING: &str = "writing a notice";

/// Whether what a key names was noted before.
pub(super) async fn is_known(connection: &mut PgConnection, key: &str) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM alert_notice WHERE key = $1) AS "known!""#,
        key,
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}

/// Whether people have been told by a rule of an end that belongs to an incident.
pub(super) async fn has_told_of(
    connection: &mut PgConnection,
    rule: RuleId,
    incident: IncidentId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM alert a JOIN incident_restart l ON l.restart_id = a.restart_id JOIN alert_notice n ON n.alert_id = a.id
               WHERE a.rule_id = $1 AND l.incident_id = $2 AND n.suppressed IS NULL
           ) AS "has_told!""#,
        rule.0,
        incident.0,
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}

/// Writes a notice once, and a delivery for every channel that the rule names. What is suppressed is kept and sent to nobody.
pub(super) async fn write(
    connection: &mut PgConnection,
    alert: AlertId,
    rule: &StoredRule,
    key: &str,
    suppressed: Option<Suppressed>,
    message: &Message,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO alert_notice (alert_id, key, notice, at, suppressed, message) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (key) DO NOTHING RETURNING id",
        alert.0,
        key,
        message.notice.name(),
        message.at,
        suppressed.map(Suppressed::name),
        text::to_json(message, DOING)?,
    )
    .fetch_optional(&mut *connection)
    .await
    .during(DOING)?;
    let (Some(id), None) = (id, suppressed) else {
        return Ok(());
    };
    let names = match &rule.rule.channels {
        domain::alert::Channels::All => None,
        domain::alert::Channels::Named(names) => Some(names.as_slice()),
    };
    // That something is over waits as long as that it began: else it might overtake it.
    sqlx::query!(
        "INSERT INTO delivery (notice_id, channel_id, next_try_at, created_at)
         SELECT $1, c.id, $2::timestamptz + make_interval(secs => c.group_wait_s), $2
         FROM channel c WHERE c.enabled AND ($3::text[] IS NULL OR c.name = ANY($3))
         ON CONFLICT DO NOTHING",
        id,
        now,
        names as _,
    )
    .execute(connection)
    .await
    .during(DOING)?;
    Ok(())
}

/// Names a state of an alert.
pub(super) fn key(alert: AlertId, notice: Notice, number: u32) -> String {
    match notice {
        Notice::Reminder => format!("alert-{alert}-reminder-{number}"),
        other => format!("alert-{alert}-{}", other.name()),
    }
}
