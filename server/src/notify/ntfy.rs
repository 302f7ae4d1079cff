//! ntfy, hosted or one's own.

use domain::alert::{FieldProblem, Severity};
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "ntfy",
    label: "ntfy",
    fields: &[
        Field::url(
            "server",
            "Server",
            "https://ntfy.sh unless you run your own",
        )
        .optional(),
        Field::text("topic", "Topic", "write the topic that is subscribed to"),
        Field::text("token", "Access token", "when the topic is protected")
            .secret()
            .optional(),
    ],
    one_by_one: false,
    build,
    refused: never_refused,
};

/// ntfy turns longer messages into attachments.
const MOST: usize = 4_000;

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let topic = settings.get("topic");
    if topic.len() > 64
        || !topic
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    {
        return Err(FieldProblem::new(
            "topic",
            "is no topic; use up to 64 letters, digits, _ and -",
        ));
    }
    let worst = envelope
        .said
        .iter()
        .filter(|said| said.message.is_firing())
        .map(|said| said.message.severity)
        .max();
    let priority = match worst {
        Some(Severity::Page) => 5,
        Some(Severity::Warning) => 3,
        Some(Severity::Info) | None => 2,
    };
    let click = match envelope.said {
        [one] => envelope.link(&one.message),
        _ => format!("{}/alerts", envelope.base_url),
    };
    let server = match settings.get("server") {
        "" => "https://ntfy.sh",
        server => server,
    };
    let body = json!({
        "topic": topic,
        "title": words::title(envelope),
        "message": words::plain(envelope, MOST),
        "priority": priority,
        "click": click,
    });
    let mut http = Http::post(server, &body);
    if !settings.get("token").is_empty() {
        http = http.header("authorization", format!("Bearer {}", settings.get("token")));
    }
    Ok(Outgoing::Http(http))
}
