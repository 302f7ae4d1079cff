//! What came in at receivers, as one list of what was said.

use std::collections::HashSet;

use domain::{Timestamp, verdict::Cause};

use crate::{mailbox::Mail, receiver::Receiver};

/// One thing that was said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) rule: String,
    /// Whom it is about.
    pub(super) name: String,
    pub(super) is_over: bool,
    pub(super) cause: Option<String>,
    /// When it happened; mails do not say.
    pub(super) at: Option<Timestamp>,
}

/// What a webhook got. Nothing came twice: the receiver took everything.
pub(super) fn by_webhook(receiver: &Receiver) -> Vec<Said> {
    let keys = receiver.keys();
    let different: HashSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
    let got = receiver.got();
    let alerts = got
        .iter()
        .flat_map(|(_, body)| body["alerts"].as_array().unwrap());
    alerts
        .map(|alert| Said {
            rule: alert["rule"].as_str().unwrap().to_owned(),
            name: alert["name"].as_str().unwrap().to_owned(),
            is_over: alert["notice"] == "resolved",
            cause: alert["cause"].as_str().map(str::to_owned),
            at: Some(alert["at"].as_str().unwrap().parse().unwrap()),
        })
        .collect()
}

/// What mails say. Each is about one thing or several, each thing with a title and lines of names and values.
pub(super) fn by_mail(mails: &[Mail]) -> Vec<Said> {
    let numbers: HashSet<String> = mails
        .iter()
        .map(|mail| mail.header("Message-ID").unwrap())
        .collect();
    assert_eq!(numbers.len(), mails.len());
    let mut said = Vec::new();
    for mail in mails {
        let text = mail.text();
        let mut title = "";
        for block in text.split("\n\n") {
            let first = block.lines().next().unwrap_or_default();
            let value = |name: &str| {
                let prefix = format!("{name}: ");
                block.lines().find_map(|line| line.strip_prefix(&prefix))
            };
            let Some(rule) = value("Rule") else {
                // The title of the whole, which is that of the thing when it is one.
                title = first;
                continue;
            };
            if !first.starts_with("Workload: ") && !first.starts_with("Source: ") {
                title = first;
            }
            let name = value("Workload").or(value("Source")).unwrap();
            let label = value("Cause").map(|cause| cause.split(", ").next().unwrap());
            said.push(Said {
                rule: rule.split(": ").next().unwrap().to_owned(),
                name: name.rsplit('/').next().unwrap().to_owned(),
                is_over: title.contains(": over: "),
                cause: label.map(|label| {
                    let cause = Cause::ALL.into_iter().find(|cause| cause.label() == label);
                    cause.unwrap().name().to_owned()
                }),
                at: None,
            });
        }
    }
    said
}
