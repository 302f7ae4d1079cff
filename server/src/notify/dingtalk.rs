//! `DingTalk`: a custom robot of a group.

use aws_lc_rs::hmac;
use base64::Engine as _;
use domain::alert::FieldProblem;
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "dingtalk",
    label: "DingTalk",
    fields: &[
        Field::url(
            "url",
            "Webhook URL",
            "write the URL of a custom robot, https://oapi.dingtalk.com/robot/send?access_token=…",
        )
        .secret(),
        Field::text(
            "secret",
            "Signing secret",
            "when the robot checks signatures, SEC…",
        )
        .secret()
        .optional(),
    ],
    one_by_one: false,
    build,
    refused: |body| {
        let code = body["errcode"].as_i64()?;
        (code != 0).then(|| {
            format!(
                "{} (code {code})",
                body["errmsg"].as_str().unwrap_or("not taken")
            )
        })
    },
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let mut url = url::Url::parse(settings.get("url"))
        .map_err(|error| FieldProblem::new("url", format!("is no URL ({error})")))?;
    if !settings.get("secret").is_empty() {
        let secret = settings.get("secret");
        let timestamp = envelope.at.timestamp_millis();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{timestamp}\n{secret}").as_bytes());
        url.query_pairs_mut()
            .append_pair("timestamp", &timestamp.to_string())
            .append_pair(
                "sign",
                &base64::engine::general_purpose::STANDARD.encode(tag),
            );
    }
    let title = words::title(envelope);
    // Two spaces at the end of a line are a line break there.
    let text = format!(
        "### {title}\n\n{}",
        words::plain(envelope, 18_000).replace('\n', "  \n")
    );
    let body = json!({ "msgtype": "markdown", "markdown": { "title": title, "text": text } });
    Ok(Outgoing::Http(Http::post(url, &body)))
}
