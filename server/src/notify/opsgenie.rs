//! Opsgenie's alert API. An alert has the same alias from its begin to its end.

use domain::alert::{FieldProblem, Notice, Severity};
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "opsgenie",
    label: "Opsgenie",
    fields: &[
        Field::text("api_key", "API key", "write the key of an API integration").secret(),
        Field::url(
            "server",
            "Server",
            "https://api.opsgenie.com, or https://api.eu.opsgenie.com",
        )
        .optional(),
    ],
    one_by_one: true,
    build,
    refused: never_refused,
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let [said, ..] = envelope.said else {
        return Err(FieldProblem::new("api_key", "there is nothing to say"));
    };
    let message = &said.message;
    let server = match settings.get("server") {
        "" => "https://api.opsgenie.com",
        server => server.trim_end_matches('/'),
    };
    let alias: String = form_urlencoded::byte_serialize(message.alert_key.as_bytes()).collect();
    let (path, body) = if message.notice == Notice::Resolved {
        (
            format!("/v2/alerts/{alias}/close?identifierType=alias"),
            json!({ "source": "Inquest", "note": words::plain(envelope, 20_000) }),
        )
    } else {
        let details: serde_json::Map<_, _> = message
            .facts()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let priority = match message.severity {
            Severity::Info => "P5",
            Severity::Warning => "P3",
            Severity::Page => "P1",
        };
        (
            "/v2/alerts".to_owned(),
            json!({
                "message": words::cut(&message.title(), 130),
                "alias": message.alert_key,
                "description": words::plain(envelope, 14_000),
                "details": details,
                "entity": message.subject.full_name(),
                "source": "Inquest",
                "priority": priority,
            }),
        )
    };
    let key = format!("GenieKey {}", settings.get("api_key"));
    Ok(Outgoing::Http(
        Http::post(format!("{server}{path}"), &body).header("authorization", key),
    ))
}
