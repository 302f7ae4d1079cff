//! Messages put together from what is stored.

use domain::{
    Timestamp,
    alert::{Message, Notice, Subject},
    ids::IncidentId,
    verdict::{Cause, Confidence},
};

use super::{open::OpenAlert, rules::StoredRule};

/// What is known of an end, for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// Why, and how sure that is.
    pub cause: Option<(Cause, Confidence)>,
    /// The sentence that speaks loudest for it.
    pub evidence: Option<String>,
    /// The incident that it belongs to.
    pub incident: Option<IncidentId>,
}

/// What is said of an alert.
pub fn message(
    stored: &StoredRule,
    alert: &OpenAlert,
    subject: Subject,
    notice: Notice,
    reason: Reason,
    at: Timestamp,
) -> Message {
    let rule = &stored.rule;
    let threshold = rule.condition.threshold();
    // What is over is told by its worst moment.
    let value = match notice {
        Notice::Resolved => alert.standing.peak,
        _ => alert.standing.value,
    };
    let since = match alert.standing.phase {
        domain::alert::Phase::Firing { since, .. } => since,
        _ => alert.began_at,
    };
    Message {
        notice,
        rule: rule.name.clone(),
        severity: rule.severity,
        condition: rule.summary(),
        value: threshold
            .zip(value)
            .and_then(|(threshold, value)| threshold.show(value)),
        cause: reason.cause,
        evidence: reason.evidence,
        limit_in: None,
        text: rule.text.clone(),
        runbook: rule.runbook.clone(),
        since,
        at,
        path: match (reason.incident, subject.workload) {
            (Some(incident), _) => format!("/incidents/{incident}"),
            (None, Some(workload)) => format!("/workloads/{workload}"),
            (None, None) => "/sources".to_owned(),
        },
        alert_key: format!(
            "inquest-{}-{}-{}",
            stored.id,
            alert.target.source,
            alert
                .target
                .workload
                .map(|id| id.to_string())
                .unwrap_or_default()
        ),
        subject,
    }
}
