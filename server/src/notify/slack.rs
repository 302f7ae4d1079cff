//! Slack's incoming webhooks, which Mattermost and Rocket.Chat take too.

use domain::alert::FieldProblem;
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "slack",
    label: "Slack",
    fields: &[Field::url(
        "url",
        "Webhook URL",
        "write the URL of an incoming webhook, https://hooks.slack.com/services/…",
    )
    .secret()],
    one_by_one: false,
    build,
    refused: never_refused,
};

/// Slack refuses sections of more than 3,000 characters.
const SECTION: usize = 2_900;

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let title = words::title(envelope);
    let (told, left_out) = words::told(envelope);
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": words::cut(&title, 148), "emoji": false },
    })];
    for message in told {
        let facts: Vec<String> = message
            .facts()
            .into_iter()
            .map(|(name, value)| format!("*{name}:* {}", escape(&value)))
            .collect();
        let mut text = facts.join("\n");
        if !message.text.is_empty() {
            text = format!("{text}\n{}", escape(&message.text));
        }
        text = format!("{text}\n<{}|Open in Inquest>", envelope.link(message));
        if let Some(runbook) = &message.runbook {
            text = format!("{text} · <{runbook}|Runbook>");
        }
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": words::cut(&text, SECTION) } }));
    }
    if left_out > 0 {
        let more = format!(
            "and {left_out} more: <{}/alerts|all alerts>",
            envelope.base_url
        );
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": more } }));
    }
    // `text` is what a phone shows before it is unlocked.
    let body = json!({ "text": escape(&title), "blocks": blocks });
    Ok(Outgoing::Http(Http::post(settings.get("url"), &body)))
}

/// Slack's three special characters; nothing of ours is markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
