//! Mail, as text and as HTML.

use std::fmt::Write as _;

use domain::alert::FieldProblem;
use lettre::message::{
    Attachment, Mailbox, MultiPart, SinglePart,
    header::{self, ContentType},
};

use super::{
    kind::{Envelope, Field, FieldKind, Kind, Mail, Outgoing, Security, Settings, never_refused},
    picture::{SHOWN_HEIGHT, SHOWN_WIDTH},
    words,
};

pub(super) const KIND: Kind = Kind {
    name: "email",
    label: "E-mail",
    fields: &[
        Field::text("to", "To", "write one address or more, separated by commas"),
        Field::text(
            "from",
            "From",
            "write for example Inquest <inquest@example.com>",
        ),
        Field::text(
            "server",
            "Mail server",
            "write its name, with its port unless that is 587: smtp.example.com:465",
        ),
        Field::text(
            "security",
            "Protection",
            "starttls (the default), tls, or none for a server on this machine",
        )
        .optional(),
        Field::text("user", "User", "when the server asks for one").optional(),
        Field {
            kind: FieldKind::Text,
            ..Field::text("password", "Password", "when the server asks for one")
                .secret()
                .optional()
        },
    ],
    one_by_one: false,
    build,
    refused: never_refused,
};

fn build(settings: &Settings, envelope: &Envelope<'_>) -> Result<Outgoing, FieldProblem> {
    let security = match settings.get("security") {
        "" | "starttls" => Security::Starttls,
        "tls" => Security::Tls,
        "none" => Security::Plain,
        other => {
            return Err(FieldProblem::new(
                "security",
                format!("`{other}` is none of starttls, tls, none"),
            ));
        }
    };
    let (host, port) = server(settings.get("server"), security)?;
    let user = settings.get("user");
    if user.is_empty() != settings.get("password").is_empty() {
        return Err(FieldProblem::new(
            "password",
            "user and password belong together; set both or none",
        ));
    }
    let mailbox = |field: &str, text: &str| -> Result<Mailbox, FieldProblem> {
        text.trim().parse().map_err(|_no_address| {
            FieldProblem::new(
                field,
                format!(
                    "`{}` is no address; write for example ops@example.com",
                    text.trim()
                ),
            )
        })
    };
    let from = mailbox("from", settings.get("from"))?;
    let mut mail = lettre::Message::builder()
        .message_id(Some(format!("<{}@{}>", envelope.key, from.email.domain())))
        .date(envelope.at.into())
        .from(from)
        .subject(words::cut(&words::title(envelope), 200));
    for to in settings
        .get("to")
        .split(',')
        .filter(|to| !to.trim().is_empty())
    {
        mail = mail.to(mailbox("to", to)?);
    }
    let mail = mail
        .header(header::MIME_VERSION_1_0)
        .multipart(body(envelope))
        .map_err(|error| FieldProblem::new("to", format!("makes no mail: {error}")))?;
    Ok(Outgoing::Mail(Box::new(Mail {
        host,
        port,
        security,
        login: (!user.is_empty()).then(|| (user.to_owned(), settings.get("password").to_owned())),
        message: mail,
    })))
}

/// Plain text, or HTML with its pictures.
fn body(envelope: &Envelope<'_>) -> MultiPart {
    let plain = format!(
        "{}\n\n{}\n",
        words::title(envelope),
        words::plain(envelope, 100_000)
    );
    let pictures: Vec<Shown> = envelope
        .said
        .iter()
        .enumerate()
        .take(words::STORM)
        .filter_map(|(number, said)| {
            let picture = said.picture.as_ref()?;
            Some(Shown {
                number,
                id: format!("{}@inquest", said.key),
                words: picture.words.clone(),
                png: picture.png()?,
            })
        })
        .collect();
    let html = page(envelope, &pictures);
    if pictures.is_empty() {
        return MultiPart::alternative_plain_html(plain, html);
    }
    let png = ContentType::parse("image/png");
    let related = pictures.into_iter().fold(
        MultiPart::related().singlepart(SinglePart::html(html)),
        |related, shown| match &png {
            Ok(png) => {
                related.singlepart(Attachment::new_inline(shown.id).body(shown.png, png.clone()))
            }
            Err(_) => related,
        },
    );
    MultiPart::alternative()
        .singlepart(SinglePart::plain(plain))
        .multipart(related)
}

/// A picture in a mail.
struct Shown {
    /// Which of the messages it belongs to.
    number: usize,
    /// Its Content-ID.
    id: String,
    words: String,
    png: Vec<u8>,
}

fn server(text: &str, security: Security) -> Result<(String, u16), FieldProblem> {
    let wrong = || {
        FieldProblem::new(
            "server",
            format!(
                "`{text}` is no mail server; write for example smtp.example.com or smtp.example.com:465"
            ),
        )
    };
    let default = match security {
        Security::Tls => 465,
        Security::Starttls => 587,
        Security::Plain => 25,
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            (host, port.parse().map_err(|_no_port| wrong())?)
        }
        _ => (text, default),
    };
    let is_host = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    if is_host {
        Ok((host.to_owned(), port))
    } else {
        Err(wrong())
    }
}

/// The same as HTML that every mail program shows: tables, no style sheet, nothing that is loaded. (Writing into a string cannot fail.)
fn page(envelope: &Envelope<'_>, pictures: &[Shown]) -> String {
    let (told, left_out) = words::told(envelope);
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><body style=\"font-family:sans-serif;font-size:14px;line-height:20px;color:#16181d\">",
    );
    for (number, message) in told.enumerate() {
        page.push_str("<h2 style=\"font-size:16px;margin:24px 0 8px\">");
        page.push_str(&words::html(&message.title()));
        page.push_str("</h2><table cellpadding=\"0\" cellspacing=\"0\">");
        for (name, value) in message.facts() {
            let value = words::html(&value);
            let _never = write!(
                page,
                "<tr><td style=\"color:#676e7a;padding:2px 16px 2px 0;vertical-align:top\">{name}</td><td style=\"padding:2px 0\">{value}</td></tr>"
            );
        }
        page.push_str("</table>");
        if let Some(shown) = pictures.iter().find(|shown| shown.number == number) {
            let (id, words) = (words::html(&shown.id), words::html(&shown.words));
            let _never = write!(
                page,
                "<p style=\"margin:12px 0 4px\"><img src=\"cid:{id}\" alt=\"{words}\" width=\"{SHOWN_WIDTH}\" height=\"{SHOWN_HEIGHT}\" \
                 style=\"max-width:100%;height:auto\"></p><p style=\"font-size:12px;color:#676e7a;margin:0\">{words}</p>"
            );
        }
        if !message.text.is_empty() {
            let _never = write!(page, "<p>{}</p>", words::html(&message.text));
        }
        let link = words::html(&envelope.link(message));
        let _never = write!(page, "<p><a href=\"{link}\">Open in Inquest</a>");
        if let Some(runbook) = &message.runbook {
            let runbook = words::html(runbook);
            let _never = write!(page, " · <a href=\"{runbook}\">Runbook</a>");
        }
        page.push_str("</p>");
    }
    if left_out > 0 {
        let base = words::html(envelope.base_url);
        let _never = write!(
            page,
            "<p>and {left_out} more: <a href=\"{base}/alerts\">{base}/alerts</a></p>"
        );
    }
    page.push_str("</body></html>");
    page
}
