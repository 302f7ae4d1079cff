//! Discord's webhooks.

use domain::alert::{FieldProblem, Severity};
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings, never_refused},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "discord",
    label: "Discord",
    fields: &[Field::url(
        "url",
        "Webhook URL",
        "write the URL of a webhook, https://discord.com/api/webhooks/…",
    )
    .secret()],
    one_by_one: false,
    build,
    refused: never_refused,
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let (told, left_out) = words::told(envelope);
    let embeds: Vec<_> = told
        .map(|message| {
            let fields: Vec<_> = message
                .facts()
                .into_iter()
                .map(|(name, value)| json!({ "name": name, "value": words::cut(&value, 1_000), "inline": name != "Evidence" && name != "Rule" }))
                .collect();
            let colour = match (message.is_firing(), message.severity) {
                (false, _) => 0x64_6b_78,
                (true, Severity::Page) => 0xc2_41_0c,
                (true, _) => 0x0b_6e_66,
            };
            json!({
                "title": words::cut(&message.title(), 250),
                "url": envelope.link(message),
                "description": message.text,
                "color": colour,
                "fields": fields,
                "timestamp": message.at,
            })
        })
        .collect();
    let mut content = words::title(envelope);
    if left_out > 0 {
        content = format!(
            "{content}, the first ten of them here: {}/alerts",
            envelope.base_url
        );
    }
    // Names of containers must not ping anybody.
    let body = json!({ "content": words::cut(&content, 1_900), "embeds": embeds, "allowed_mentions": { "parse": [] } });
    Ok(Outgoing::Http(Http::post(settings.get("url"), &body)))
}
