//! What each kind sends, and what is said about wrong fields.

use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    alert::{Fields, Message, Notice},
    ids::WorkloadId,
};
use rstest::rstest;

use super::{
    KINDS, Picture,
    kind::{Envelope, Outgoing, Said, Settings, sample},
};

const BASE: &str = "https://inquest.example.com";

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("is a time")
}

fn message(name: &str, notice: Notice) -> Message {
    let mut message = sample(at());
    message.rule = "Out of memory".to_owned();
    message.notice = notice;
    message.subject.name = name.to_owned();
    message.subject.workload = Some(WorkloadId(7));
    message.path = "/workloads/7".to_owned();
    message.text = "Raise the limit & <look> for *leaks*.".to_owned();
    message.runbook = Some("https://wiki.example.com/oom".to_owned());
    message.since = at() - TimeDelta::minutes(3);
    message.alert_key = format!("inquest-5-1-{name}");
    message
}

fn said(message: Message, number: usize) -> Said {
    Said {
        key: format!("rule-5-restart-{number}-channel-1"),
        message,
        picture: None,
    }
}

/// Fields that are right, for every kind.
fn fields(kind: &str) -> Fields {
    let given: &[(&str, &str)] = match kind {
        "webhook" => &[("url", "https://example.com/hook"), ("secret", "s3cret")],
        "telegram" => &[("token", "123456:ABC-def"), ("chat", "-100123")],
        "ntfy" => &[("topic", "inquest"), ("token", "tk_1")],
        "email" => &[
            ("to", "ops@example.com, Ana <ana@example.com>"),
            ("from", "Inquest <inquest@example.com>"),
            ("server", "smtp.example.com:465"),
            ("security", "tls"),
            ("user", "u"),
            ("password", "p"),
        ],
        "pagerduty" => &[("routing_key", "R0UT1NG")],
        "opsgenie" => &[("api_key", "k3y")],
        "alertmanager" => &[
            ("url", "http://alertmanager:9093/"),
            ("user", "u"),
            ("password", "p"),
        ],
        "feishu" | "dingtalk" => &[
            ("url", "https://example.com/hook?token=1"),
            ("secret", "s3cret"),
        ],
        _ => &[("url", "https://example.com/hook")],
    };
    given.iter().copied().collect()
}

fn show(outgoing: Outgoing) -> String {
    match outgoing {
        Outgoing::Http(http) => {
            let headers: Vec<String> = http
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            let body = serde_json::from_str::<serde_json::Value>(&http.body)
                .and_then(|value| serde_json::to_string_pretty(&value))
                .unwrap_or(http.body);
            format!(
                "{} {}\n{}\n\n{body}",
                http.method,
                http.url,
                headers.join("\n")
            )
        }
        Outgoing::Mail(mail) => {
            let text = String::from_utf8(mail.message.formatted())
                .expect("is text")
                .replace("\r\n", "\n");
            // The boundary is random.
            let boundary = text
                .split("boundary=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default()
                .to_owned();
            format!(
                "{}:{} {:?} {:?}\n\n{}",
                mail.host,
                mail.port,
                mail.security,
                mail.login,
                text.replace(&boundary, "BOUNDARY")
            )
        }
    }
}

/// One that fires, a storm, and one that is over.
#[test]
fn every_kind_says_it_in_its_own_way() {
    let storm: Vec<Said> = (0..14)
        .map(|number| {
            said(
                message(
                    &format!("worker-{number}"),
                    if number % 5 == 4 {
                        Notice::Resolved
                    } else {
                        Notice::Fired
                    },
                ),
                number,
            )
        })
        .collect();
    let fired = [said(message("checkout", Notice::Fired), 1)];
    let over = [said(message("checkout", Notice::Resolved), 2)];
    for kind in KINDS {
        let settings = Settings(fields(kind.name));
        let mut parts = Vec::new();
        for (label, said) in [
            ("fired", &fired[..]),
            ("over", &over[..]),
            ("storm", &storm[..]),
        ] {
            if label == "storm" && kind.one_by_one {
                continue;
            }
            let envelope = Envelope {
                said,
                key: &said[0].key,
                base_url: BASE,
                at: at(),
            };
            let outgoing = (kind.build)(&settings, &envelope).expect("is made");
            parts.push(format!("=== {label}\n{}", show(outgoing)));
        }
        insta::assert_snapshot!(kind.name, parts.join("\n\n"));
    }
}

#[test]
fn what_is_right_is_taken() {
    for kind in KINDS {
        assert!(
            kind.check(&fields(kind.name), BASE).is_ok(),
            "{}: {:?}",
            kind.name,
            kind.check(&fields(kind.name), BASE)
        );
    }
}

#[test]
fn every_field_that_is_missing_is_told_by_its_name() {
    for kind in KINDS {
        let problems = kind
            .check(&Fields::default(), BASE)
            .expect_err("nothing is filled in");
        let wanted: Vec<&str> = kind
            .fields
            .iter()
            .filter(|field| !field.is_optional)
            .map(|field| field.name)
            .collect();
        let told: Vec<&str> = problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        assert_eq!(told, wanted, "{}", kind.name);
    }
}

#[rstest]
#[case("webhook", "url", "ftp://example.com", "neither http nor https")]
#[case("webhook", "url", "example.com/hook", "is no URL")]
#[case("webhook", "url", "https://me:pw@example.com", "user or password")]
#[case("webhook", "template", "{{ title", "cannot be filled in")]
#[case("webhook", "template", "{{ nothing }}", "cannot be filled in")]
#[case(
    "webhook",
    "template",
    "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
    "cannot be filled in"
)]
#[case("webhook", "colour", "red", "is nothing Webhook has")]
#[case("telegram", "token", "no token", "no bot token")]
#[case("ntfy", "topic", "a b", "is no topic")]
#[case("email", "to", "nobody", "no address")]
#[case("email", "from", "", "is missing")]
#[case("email", "server", "smtp.example.com:mail", "no mail server")]
#[case("email", "security", "ssl", "none of starttls")]
#[case("email", "password", "", "belong together")]
fn what_is_wrong_is_told_at_its_field(
    #[case] kind: &str,
    #[case] field: &str,
    #[case] text: &str,
    #[case] says: &str,
) {
    let mut fields = fields(kind);
    fields.set(field, text);
    let problems = super::kind(kind)
        .expect("is one")
        .check(&fields, BASE)
        .expect_err("is wrong");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].field, field, "{problems:?}");
    assert!(problems[0].problem.contains(says), "{problems:?}");
    if text.len() > 3 && field == "url" {
        assert!(!problems[0].problem.contains(text), "a URL may be a secret");
    }
}

/// Parts of a mail, each with its headers, by their boundaries.
fn parts(mail: &str) -> Vec<(&str, &str)> {
    mail.split("\r\n--")
        .map(|part| part.split_once("\r\n\r\n").unwrap_or((part, "")))
        .collect()
}

#[test]
fn a_mail_carries_the_chart_that_its_html_shows() {
    let course = (0..280).map(|step| Some(f64::from(step) / 280.0));
    let mut shown = said(message("checkout", Notice::Fired), 1);
    shown.picture = Some(Picture {
        words: "Memory of its limit in the 6 h before: at most 99 % & rising.".to_owned(),
        values: course.collect(),
        top: 1.08,
        line: Some(0.9),
    });
    let both = [shown, said(message("billing", Notice::Fired), 2)];
    let envelope = Envelope {
        said: &both,
        key: "k",
        base_url: BASE,
        at: at(),
    };
    let outgoing = (super::email::KIND.build)(&Settings(fields("email")), &envelope);
    let Outgoing::Mail(mail) = outgoing.expect("is made") else {
        panic!("is a mail")
    };
    let text = String::from_utf8(mail.message.formatted()).expect("is text");
    let parts = parts(&text);
    let kinds: Vec<&str> = parts
        .iter()
        .filter_map(|(headers, _)| {
            headers
                .split_once("Content-Type: ")?
                .1
                .split([';', '\r'])
                .next()
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png"
        ]
    );
    let (headers, body) = parts[4];
    let id = "rule-5-restart-1-channel-1@inquest";
    assert!(
        headers.contains(&format!("Content-ID: <{id}>")),
        "{headers}"
    );
    assert!(headers.contains("Content-Disposition: inline"), "{headers}");
    let encoded: String = body.split_whitespace().collect();
    let png = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .expect("is base64");
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    // Quoted-printable breaks lines anywhere, and writes = as =3D.
    let html = parts[3].1.replace("=\r\n", "").replace("=3D", "=");
    assert_eq!(html.matches("<img").count(), 1, "{html}");
    assert!(html.contains(&format!("src=\"cid:{id}\"")), "{html}");
    assert!(html.contains("at most 99 % &amp; rising."), "{html}");
}

#[test]
fn a_template_replaces_the_body() {
    let mut given = fields("webhook");
    given.set(
        "template",
        r#"{"msg": {{ title|tojson }}, "n": {{ alerts|length }}}"#,
    );
    let said = [said(message("checkout", Notice::Fired), 1)];
    let envelope = Envelope {
        said: &said,
        key: "k",
        base_url: BASE,
        at: at(),
    };
    let outgoing = (super::webhook::KIND.build)(&Settings(given), &envelope).expect("is made");
    let Outgoing::Http(http) = outgoing else {
        panic!("is a request")
    };
    assert_eq!(
        http.body,
        r#"{"msg": "checkout: out of memory, confirmed", "n": 1}"#
    );
}

#[rstest]
#[case(
    "telegram",
    r#"{"ok":false,"description":"chat not found"}"#,
    Some("chat not found")
)]
#[case("telegram", r#"{"ok":true}"#, None)]
#[case(
    "feishu",
    r#"{"code":19021,"msg":"sign match fail"}"#,
    Some("sign match fail")
)]
#[case("feishu", r#"{"code":0,"msg":"success"}"#, None)]
#[case(
    "dingtalk",
    r#"{"errcode":310000,"errmsg":"sign not match"}"#,
    Some("sign not match")
)]
#[case(
    "wecom",
    r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
    Some("invalid webhook url")
)]
#[case("wecom", r#"{"errcode":0}"#, None)]
#[case("slack", "\"ok\"", None)]
fn an_answer_of_200_may_still_be_a_refusal(
    #[case] kind: &str,
    #[case] body: &str,
    #[case] says: Option<&str>,
) {
    let body = serde_json::from_str(body).expect("is JSON");
    let refused = (super::kind(kind).expect("is one").refused)(&body);
    match says {
        None => assert_eq!(refused, None),
        Some(says) => assert!(refused.expect("is one").contains(says)),
    }
}
