//! Telegram's bot API.

use domain::alert::FieldProblem;
use serde_json::{Value, json};

use super::{
    kind::{Envelope, Field, Http, Kind, Outgoing, Settings},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "telegram",
    label: "Telegram",
    fields: &[
        Field::text(
            "token",
            "Bot token",
            "write the token that @BotFather gave, 123456:ABC…",
        )
        .secret(),
        Field::text(
            "chat",
            "Chat",
            "write the chat's number, or @name of a channel",
        ),
        Field::url(
            "server",
            "Server",
            "https://api.telegram.org unless you run your own",
        )
        .optional(),
    ],
    one_by_one: false,
    build,
    refused: |body| {
        (body["ok"] == json!(false)).then(|| {
            body["description"]
                .as_str()
                .unwrap_or("not taken")
                .to_owned()
        })
    },
};

/// Telegram refuses messages of more than 4,096 characters.
const MOST: usize = 4_000;

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let token = settings.get("token");
    let is_token = token
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-'));
    if !is_token || !token.contains(':') {
        return Err(FieldProblem::new(
            "token",
            "is no bot token; @BotFather gives them, 123456:ABC…",
        ));
    }
    let server = match settings.get("server") {
        "" => "https://api.telegram.org",
        server => server.trim_end_matches('/'),
    };
    let text = format!(
        "{}\n{}",
        words::title(envelope),
        words::plain(envelope, MOST - 300)
    );
    let mut body = json!({
        "chat_id": settings.get("chat"),
        "text": words::cut(&text, MOST),
        "link_preview_options": { "is_disabled": true },
    });
    if !words::is_firing(envelope) {
        body["disable_notification"] = Value::Bool(true);
    }
    Ok(Outgoing::Http(Http::post(
        format!("{server}/bot{token}/sendMessage"),
        &body,
    )))
}
