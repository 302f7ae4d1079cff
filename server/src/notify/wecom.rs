//! `WeCom` (`WeChat` Work): a robot of a group.

use domain::alert::FieldProblem;
use serde_json::json;

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "wecom",
    label: "WeCom",
    fields: &[Field::url(
        "url",
        "Webhook URL",
        "write the URL of a group robot, https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    )
    .secret()],
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

/// `WeCom` refuses markdown of more than 4,096 bytes.
const MOST: usize = 4_000;

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let text = format!(
        "**{}**\n{}",
        words::title(envelope),
        words::plain(envelope, MOST)
    );
    let body = json!({ "msgtype": "markdown", "markdown": { "content": words::cut(&text, MOST) } });
    Ok(Outgoing::Http(Http::post(settings.get("url"), &body)))
}
