//! The shape that all kinds of channels have.

use chrono::{DateTime, Utc};
use domain::{
    Timestamp,
    alert::{FieldProblem, Fields, Message, Notice, Severity, Subject},
    verdict::{Cause, Confidence},
};
use reqwest::Method;
use serde_json::Value;

use super::picture::Picture;

/// One kind of channel.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the API and the database.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What has to be filled in.
    pub fields: &'static [Field],
    /// Whether it tells alerts apart itself, so that several are never put into one message.
    pub one_by_one: bool,
    /// What is sent; an error is about a field.
    pub build: fn(&Settings, &Envelope<'_>) -> Result<Outgoing, FieldProblem>,
    /// What an answer with status 2xx says was wrong after all, if anything.
    pub refused: fn(&Value) -> Option<String>,
}

/// A field of a kind.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// An example, and what it is for.
    pub hint: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it is encrypted, and never shown again.
    pub is_secret: bool,
    /// Whether it may be left out.
    pub is_optional: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text of one line.
    Text,
    /// Text of many lines.
    Lines,
    /// An http or https URL.
    Url,
}

impl Field {
    pub(super) const fn text(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self {
            name,
            label,
            hint,
            kind: FieldKind::Text,
            is_secret: false,
            is_optional: false,
        }
    }

    pub(super) const fn url(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self {
            kind: FieldKind::Url,
            ..Self::text(name, label, hint)
        }
    }

    pub(super) const fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }

    pub(super) const fn optional(self) -> Self {
        Self {
            is_optional: true,
            ..self
        }
    }
}

/// The fields of a channel, secret ones included.
#[derive(Clone, Default)]
pub struct Settings(pub Fields);

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settings([redacted])")
    }
}

impl Settings {
    /// The text of a field; empty when it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_default()
    }
}

/// What is said, and where it leads.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// What is said, the oldest first; never empty.
    pub said: &'a [Said],
    /// Names the whole message: the same at every try.
    pub key: &'a str,
    /// Where the pages are, without a slash at the end.
    pub base_url: &'a str,
    /// When it is sent.
    pub at: Timestamp,
}

/// One thing that is said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Names it: the same at every try.
    pub key: String,
    /// What.
    pub message: Message,
    /// The course before, for those who show pictures.
    pub picture: Option<Picture>,
}

impl Envelope<'_> {
    /// Where a message leads.
    pub fn link(&self, message: &Message) -> String {
        format!("{}{}", self.base_url, message.path)
    }
}

/// What leaves.
#[derive(Debug)]
pub enum Outgoing {
    /// A request.
    Http(Http),
    /// A mail.
    Mail(Box<Mail>),
}

/// A request.
#[derive(Debug)]
pub struct Http {
    /// How.
    pub method: Method,
    /// Where.
    pub url: String,
    /// Headers other than those that belong to every request.
    pub headers: Vec<(&'static str, String)>,
    /// What.
    pub body: String,
}

impl Http {
    /// JSON for a URL.
    pub(super) fn post(url: impl Into<String>, body: &Value) -> Self {
        Self {
            method: Method::POST,
            url: url.into(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A mail, and through whom it goes.
#[derive(Debug)]
pub struct Mail {
    /// The mail server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User and password.
    pub login: Option<(String, String)>,
    /// What is sent.
    pub message: lettre::Message,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS, without which nothing is sent.
    Starttls,
    /// Nothing: only sensible on one machine.
    Plain,
}

/// The answer's body says nothing; its status does.
pub(super) const fn never_refused(_body: &Value) -> Option<String> {
    None
}

impl Kind {
    /// Whether its messages have pictures in them.
    pub fn shows_pictures(&self) -> bool {
        self.name == super::email::KIND.name
    }

    /// Whether what is told holds for a while only, so that what still fires has to be told again and again.
    pub fn forgets(&self) -> bool {
        self.name == super::alertmanager::KIND.name
    }

    /// Checks what was filled in: every field, and that a message can be made of them.
    pub fn check(&self, fields: &Fields, base_url: &str) -> Result<Settings, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        for (name, _) in fields.iter() {
            if !self.fields.iter().any(|field| field.name == name) {
                let known: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
                problems.push(FieldProblem::new(
                    name,
                    format!("is nothing {} has; it has {}", self.label, known.join(", ")),
                ));
            }
        }
        for field in self.fields {
            match fields.get(field.name) {
                None if field.is_optional => {}
                None => problems.push(FieldProblem::new(
                    field.name,
                    format!("is missing; {}", field.hint),
                )),
                Some(text) => {
                    if let Some(problem) = wrong(field, text) {
                        problems.push(FieldProblem::new(field.name, problem));
                    }
                }
            }
        }
        let settings = Settings(fields.clone());
        if problems.is_empty() {
            problems.extend(self.trial(&settings, base_url).err());
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }
}

impl Kind {
    /// What a message would be.
    pub(super) fn trial(
        &self,
        settings: &Settings,
        base_url: &str,
    ) -> Result<Outgoing, FieldProblem> {
        let said = [Said {
            key: "check".to_owned(),
            message: sample(Utc::now()),
            picture: None,
        }];
        let envelope = Envelope {
            said: &said,
            key: "check",
            base_url,
            at: Utc::now(),
        };
        (self.build)(settings, &envelope)
    }

    /// The field that says where messages go, if there is one.
    pub(super) fn place(&self) -> Option<&'static str> {
        let is_place = |field: &&Field| field.kind == FieldKind::Url || field.name == "server";
        self.fields.iter().find(is_place).map(|field| field.name)
    }
}

fn wrong(field: &Field, text: &str) -> Option<String> {
    const MOST: usize = 2_000;
    if field.kind != FieldKind::Lines && text.chars().any(char::is_control) {
        return Some("has a line break or another control character; use one line".to_owned());
    }
    if text.len()
        > MOST
            * if field.kind == FieldKind::Lines {
                10
            } else {
                1
            }
    {
        return Some("is too long".to_owned());
    }
    if field.kind != FieldKind::Url {
        return None;
    }
    // The URL may be a secret, so it is not repeated.
    match url::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Some(
            "is neither http nor https; write for example https://hooks.example.com/…".to_owned(),
        ),
        Ok(url) if url.host().is_none() => Some("names no host".to_owned()),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Some("has a user or password in it; use the fields for them".to_owned())
        }
        Ok(_) => None,
        Err(error) => Some(format!(
            "is no URL ({error}); write for example https://hooks.example.com/…"
        )),
    }
}

/// Names the alert of [`sample`], which is none.
pub(super) const SAMPLE_KEY: &str = "inquest-test";

/// A message to try a channel with.
pub fn sample(at: DateTime<Utc>) -> Message {
    Message {
        notice: Notice::Fired,
        rule: "A test of this channel".to_owned(),
        severity: Severity::Info,
        subject: Subject {
            source: "edge-01".to_owned(),
            workload: None,
            group: "shop".to_owned(),
            name: "checkout".to_owned(),
        },
        condition: "Memory ≥ 90 % of the limit for 1 min".to_owned(),
        value: Some("96.4 % of the limit".to_owned()),
        cause: Some((Cause::OutOfMemory, Confidence::Confirmed)),
        evidence: Some("The kernel killed the main process for memory".to_owned()),
        limit_in: Some("in 41 min (34–52)".to_owned()),
        text: "Nothing happened: somebody tried whether messages arrive.".to_owned(),
        runbook: None,
        since: at,
        at,
        path: "/alerts".to_owned(),
        alert_key: SAMPLE_KEY.to_owned(),
    }
}
