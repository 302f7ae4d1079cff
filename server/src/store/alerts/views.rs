//! Alerts and dead letters as people read them.

use std::collections::HashMap;

use domain::{
    Timestamp,
    alert::{Message, Notice, Rule, Severity, Suppressed},
    ids::{AlertId, DeliveryId, IncidentId, RestartId, RuleId, WorkloadId},
    view::{Acknowledged, AlertPhase, AlertQuery, AlertRow, DeadLetter},
};

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading alerts";
const LIMIT: u32 = 200;

impl Alerts<'_> {
    /// Alerts: firing, then pending, then what is over, the newest first.
    pub async fn rows(&self, query: &AlertQuery) -> Result<Vec<AlertRow>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT a.id, a.phase, a.rule_id, a.rule_name, a.severity, a.source_id, s.name AS source, a.workload_id, w.grp AS "grp?",
                      w.name AS "workload?", a.since, a.resolved_at, a.value, a.peak, a.occurrences, a.restart_id, a.suppressed, a.told_at,
                      a.acknowledged_at, a.acknowledged_by, r.rule AS "rule?",
                      coalesce(
                          (SELECT l.incident_id FROM incident_restart l WHERE l.restart_id = a.restart_id),
                          (SELECT i.id FROM incident i WHERE i.workload_id = a.workload_id AND i.state <> 'resolved' AND a.phase <> 'resolved'
                           ORDER BY i.last_at DESC, i.id DESC LIMIT 1)
                      ) AS incident,
                      ARRAY(SELECT DISTINCT c.name FROM alert_notice n JOIN delivery d ON d.notice_id = n.id JOIN channel c ON c.id = d.channel_id
                            WHERE n.alert_id = a.id AND d.state = 'delivered' ORDER BY c.name) AS "channels!"
               FROM alert a JOIN source s ON s.id = a.source_id LEFT JOIN workload w ON w.id = a.workload_id
               LEFT JOIN alert_rule r ON r.id = a.rule_id
               WHERE CASE WHEN $1::text IS NULL THEN a.phase <> 'resolved' ELSE a.phase = $1 END
                 AND ($2::bigint IS NULL OR a.workload_id = $2)
               ORDER BY a.phase = 'firing' DESC, coalesce(a.resolved_at, a.since) DESC, a.id DESC LIMIT $3"#,
            query.phase.map(AlertPhase::name),
            query.workload.map(|id| id.0),
            i64::from(query.limit.unwrap_or(LIMIT)),
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let rule: Option<Rule> = row
                    .rule
                    .map(|rule| text::from_json(rule, DOING))
                    .transpose()?;
                let show = |value: Option<f64>| rule.as_ref()?.condition.threshold()?.show(value?);
                Ok(AlertRow {
                    id: AlertId(row.id),
                    phase: text::known(&row.phase, "alert.phase", AlertPhase::from_name, DOING)?,
                    rule: row.rule_id.map(RuleId),
                    rule_name: row.rule_name,
                    severity: text::known(
                        &row.severity,
                        "alert.severity",
                        Severity::from_name,
                        DOING,
                    )?,
                    name: row.workload.unwrap_or_else(|| row.source.clone()),
                    source: row.source,
                    workload: row.workload_id.map(WorkloadId),
                    group: row.grp.unwrap_or_default(),
                    since: row.since,
                    resolved_at: row.resolved_at,
                    value: show(row.value),
                    peak: show(row.peak),
                    occurrences: row.occurrences as u32,
                    restart: row.restart_id.map(RestartId),
                    incident: row.incident.map(IncidentId),
                    suppressed: row
                        .suppressed
                        .map(|name| {
                            text::known(&name, "alert.suppressed", Suppressed::from_name, DOING)
                        })
                        .transpose()?,
                    told_at: row.told_at,
                    acknowledged: row.acknowledged_at.map(|at| Acknowledged {
                        at,
                        by: row.acknowledged_by.unwrap_or_default(),
                    }),
                    channels: row.channels,
                })
            })
            .collect()
    }

    /// How many alerts of each rule fire.
    pub async fn firing_by_rule(&self) -> Result<HashMap<RuleId, u32>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT rule_id AS "rule_id!", count(*) AS "count!" FROM alert WHERE phase = 'firing' AND rule_id IS NOT NULL GROUP BY rule_id"#
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        Ok(rows
            .into_iter()
            .map(|row| (RuleId(row.rule_id), row.count as u32))
            .collect())
    }

    /// Somebody takes an alert that fires; `false` when none with this number does.
    pub async fn acknowledge(
        &self,
        id: AlertId,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = sqlx::query!(
            "UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1 AND phase = 'firing'",
            id.0,
            now,
            by,
        )
        .execute(self.pool)
        .await
        .during("taking an alert")?;
        Ok(taken.rows_affected() > 0)
    }

    /// Notices that could not be delivered, the newest first.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT d.id, c.name AS channel, n.notice, n.message, d.created_at, d.attempts, coalesce(d.problem, '') AS "problem!"
               FROM delivery d JOIN channel c ON c.id = d.channel_id JOIN alert_notice n ON n.id = d.notice_id
               WHERE d.state = 'dead' ORDER BY d.id DESC LIMIT 200"#
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let message: Message = text::from_json(row.message, DOING)?;
                Ok(DeadLetter {
                    id: DeliveryId(row.id),
                    channel: row.channel,
                    notice: text::known(
                        &row.notice,
                        "alert_notice.notice",
                        Notice::from_name,
                        DOING,
                    )?,
                    title: message.title(),
                    created_at: row.created_at,
                    attempts: row.attempts as u32,
                    problem: row.problem,
                })
            })
            .collect()
    }
}
