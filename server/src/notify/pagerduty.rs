//! `PagerDuty`'s Events API v2. An alert is one incident there: it is triggered, triggered again, and resolved under the same key.

use domain::alert::{FieldProblem, Notice, Severity};
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "pagerduty",
    label: "PagerDuty",
    fields: &[
        Field::text(
            "routing_key",
            "Integration key",
            "write the key of an Events API v2 integration, 32 characters",
        )
        .secret(),
        Field::url(
            "server",
            "Server",
            "https://events.pagerduty.com, or https://events.eu.pagerduty.com",
        )
        .optional(),
    ],
    one_by_one: true,
    build,
    refused: never_refused,
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let [said, ..] = envelope.said else {
        return Err(FieldProblem::new("routing_key", "there is nothing to say"));
    };
    let message = &said.message;
    let server = match settings.get("server") {
        "" => "https://events.pagerduty.com",
        server => server.trim_end_matches('/'),
    };
    let severity = match message.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Page => "critical",
    };
    let details: serde_json::Map<_, _> = message
        .facts()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let mut links = vec![json!({ "href": envelope.link(message), "text": "Open in Inquest" })];
    links.extend(
        message
            .runbook
            .as_ref()
            .map(|link| json!({ "href": link, "text": "Runbook" })),
    );
    let body = json!({
        "routing_key": settings.get("routing_key"),
        "event_action": if message.notice == Notice::Resolved { "resolve" } else { "trigger" },
        "dedup_key": message.alert_key,
        "payload": {
            "summary": words::cut(&message.title(), 1_024),
            "source": message.subject.source,
            "severity": severity,
            "timestamp": message.at,
            "component": message.subject.name,
            "group": message.subject.group,
            "class": message.rule,
            "custom_details": details,
        },
        "links": links,
        "client": "Inquest",
        "client_url": envelope.base_url,
    });
    Ok(Outgoing::Http(Http::post(
        format!("{server}/v2/enqueue"),
        &body,
    )))
}
