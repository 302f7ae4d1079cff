//! Prometheus' Alertmanager, API v2: it groups, silences and routes as it does for Prometheus.

use chrono::TimeDelta;
use domain::alert::{FieldProblem, Notice};
use serde_json::{Value, json};

use super::kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused};

pub(super) const KIND: Kind = Kind {
    name: "alertmanager",
    label: "Alertmanager",
    fields: &[
        Field::url(
            "url",
            "URL",
            "write where it listens, for example http://alertmanager:9093",
        ),
        Field::text("user", "User", "when it asks for one").optional(),
        Field::text("password", "Password", "when it asks for one")
            .secret()
            .optional(),
    ],
    one_by_one: false,
    build,
    refused: never_refused,
};

/// Alertmanager keeps no alert over a restart: it expects to be told of what fires again and again, and takes what it is not told of any
/// longer for over. That is when we say: after several of our rounds, as Prometheus does, which are a minute apart.
const HOLDS: TimeDelta = TimeDelta::minutes(5);

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let alerts: Vec<Value> = envelope
        .said
        .iter()
        .map(|said| {
            let message = &said.message;
            let is_over = message.notice == Notice::Resolved;
            let ends_at = if is_over {
                message.at
            } else {
                envelope.at + HOLDS
            };
            let mut annotations: serde_json::Map<_, _> = message
                .facts()
                .into_iter()
                .map(|(name, value)| (name.to_lowercase().replace(' ', "_"), json!(value)))
                .collect();
            annotations.insert("summary".to_owned(), json!(message.title()));
            if !message.text.is_empty() {
                annotations.insert("description".to_owned(), json!(message.text));
            }
            if let Some(runbook) = &message.runbook {
                annotations.insert("runbook_url".to_owned(), json!(runbook));
            }
            // Labels are the identity of an alert there, so nothing that changes is among them.
            json!({
                "labels": {
                    "alertname": message.rule,
                    "severity": message.severity.name(),
                    "source": message.subject.source,
                    "workload": message.subject.name,
                    "group": message.subject.group,
                },
                "annotations": annotations,
                "startsAt": message.since,
                "endsAt": ends_at,
                "generatorURL": envelope.link(message),
            })
        })
        .collect();
    let url = format!(
        "{}/api/v2/alerts",
        settings.get("url").trim_end_matches('/')
    );
    let mut http = Http::post(url, &Value::Array(alerts));
    if !settings.get("user").is_empty() {
        use base64::Engine as _;
        let login = format!("{}:{}", settings.get("user"), settings.get("password"));
        http = http.header(
            "authorization",
            format!(
                "Basic {}",
                base64::engine::general_purpose::STANDARD.encode(login)
            ),
        );
    }
    Ok(Outgoing::Http(http))
}
