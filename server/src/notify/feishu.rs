//! Feishu and Lark: a custom bot of a group.

use aws_lc_rs::hmac;
use base64::Engine as _;
use domain::alert::FieldProblem;
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "feishu",
    label: "Feishu or Lark",
    fields: &[
        Field::url(
            "url",
            "Webhook URL",
            "write the URL of a custom bot, https://open.feishu.cn/open-apis/bot/v2/hook/…",
        )
        .secret(),
        Field::text("secret", "Signing secret", "when the bot checks signatures")
            .secret()
            .optional(),
    ],
    one_by_one: false,
    build,
    refused: |body| {
        let code = body["code"]
            .as_i64()
            .or_else(|| body["StatusCode"].as_i64())?;
        (code != 0).then(|| {
            format!(
                "{} (code {code})",
                body["msg"].as_str().unwrap_or("not taken")
            )
        })
    },
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let lines: Vec<_> = words::plain(envelope, 18_000)
        .lines()
        .map(|line| {
            if line.starts_with("http") {
                json!([{ "tag": "a", "text": "Open in Inquest", "href": line }])
            } else {
                json!([{ "tag": "text", "text": line }])
            }
        })
        .collect();
    let mut body = json!({
        "msg_type": "post",
        "content": { "post": { "en_us": { "title": words::title(envelope), "content": lines } } },
    });
    if !settings.get("secret").is_empty() {
        let timestamp = envelope.at.timestamp().to_string();
        // The key is the time and the secret, and nothing is signed: so their documentation has it.
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            format!("{timestamp}\n{}", settings.get("secret")).as_bytes(),
        );
        body["sign"] =
            json!(base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, b"")));
        body["timestamp"] = json!(timestamp);
    }
    Ok(Outgoing::Http(Http::post(settings.get("url"), &body)))
}
