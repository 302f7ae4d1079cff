//! Any program that takes JSON over HTTP. What is sent is stable; a template replaces it.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use domain::alert::FieldProblem;
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::{Value, json};

use super::kind::{Envelope, Field, FieldKind, Http, Kind, Outgoing, Settings, never_refused};

pub(super) const KIND: Kind = Kind {
    name: "webhook",
    label: "Webhook",
    fields: &[
        Field::url(
            "url",
            "URL",
            "write for example https://example.com/hooks/inquest",
        )
        .secret(),
        Field::text(
            "secret",
            "Signing secret",
            "X-Inquest-Signature is then sha256= and the HMAC-SHA256 of the body",
        )
        .secret()
        .optional(),
        Field {
            kind: FieldKind::Lines,
            ..Field::text(
                "template",
                "Body",
                "A Jinja template for the body, with title, alerts and key; JSON by default",
            )
            .optional()
        },
    ],
    one_by_one: false,
    build,
    refused: never_refused,
};

/// A template may take this many steps: enough for 200 alerts, and an end to one that never ends.
const FUEL: u64 = 200_000;

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let value = body(envelope);
    let text = match settings.get("template") {
        "" => value.to_string(),
        template => {
            render(template, &value).map_err(|problem| FieldProblem::new("template", problem))?
        }
    };
    let mut http =
        Http::post(settings.get("url"), &Value::Null).header("idempotency-key", envelope.key);
    if !settings.get("secret").is_empty() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, settings.get("secret").as_bytes());
        let tag = hmac::sign(&key, text.as_bytes());
        let hex = tag.as_ref().iter().fold(String::new(), |mut hex, byte| {
            // Writing into a string cannot fail.
            let _never = write!(hex, "{byte:02x}");
            hex
        });
        http = http.header("x-inquest-signature", format!("sha256={hex}"));
    }
    http.body = text;
    Ok(Outgoing::Http(http))
}

/// What is sent without a template.
fn body(envelope: &Envelope<'_>) -> Value {
    let alerts: Vec<Value> = envelope
        .said
        .iter()
        .map(|said| {
            let message = &said.message;
            json!({
                "key": said.key,
                "alert": message.alert_key,
                "notice": message.notice.name(),
                "title": message.title(),
                "rule": message.rule,
                "condition": message.condition,
                "severity": message.severity.name(),
                "source": message.subject.source,
                "workload": message.subject.workload,
                "group": message.subject.group,
                "name": message.subject.name,
                "value": message.value,
                "cause": message.cause.map(|(cause, _)| cause.name()),
                "confidence": message.cause.map(|(_, confidence)| confidence.name()),
                "evidence": message.evidence,
                "limit_in": message.limit_in,
                "text": message.text,
                "runbook": message.runbook,
                "since": message.since,
                "at": message.at,
                "link": envelope.link(message),
            })
        })
        .collect();
    json!({
        "version": 1,
        "key": envelope.key,
        "title": super::words::title(envelope),
        "alerts": alerts,
    })
}

fn render(template: &str, value: &Value) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
        .render_str(
            template,
            context! { ..minijinja::Value::from_serialize(value) },
        )
        .map_err(|error| format!("cannot be filled in: {error}"))
}
