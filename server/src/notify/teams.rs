//! Microsoft Teams: the workflow "when a webhook request is received", with an adaptive card.

use domain::alert::FieldProblem;
use serde_json::{Value, json};

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "teams",
    label: "Microsoft Teams",
    fields: &[Field::url(
        "url",
        "Workflow URL",
        "write the URL of a workflow that posts to a channel when a webhook request is received",
    )
    .secret()],
    one_by_one: false,
    build,
    refused: never_refused,
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let (told, left_out) = words::told(envelope);
    let mut items: Vec<Value> = vec![json!({
        "type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": words::title(envelope),
    })];
    let mut link = format!("{}/alerts", envelope.base_url);
    for message in told {
        let facts: Vec<Value> = message
            .facts()
            .into_iter()
            .map(|(name, value)| json!({ "title": name, "value": value }))
            .collect();
        if envelope.said.len() > 1 {
            items.push(json!({ "type": "TextBlock", "weight": "Bolder", "wrap": true, "text": message.title() }));
        } else {
            link = envelope.link(message);
        }
        items.push(json!({ "type": "FactSet", "facts": facts }));
        if !message.text.is_empty() {
            items.push(json!({ "type": "TextBlock", "wrap": true, "text": message.text }));
        }
    }
    if left_out > 0 {
        items.push(
            json!({ "type": "TextBlock", "wrap": true, "text": format!("and {left_out} more") }),
        );
    }
    let body = json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": items,
                "actions": [{ "type": "Action.OpenUrl", "title": "Open in Inquest", "url": link }],
            },
        }],
    });
    Ok(Outgoing::Http(Http::post(settings.get("url"), &body)))
}
