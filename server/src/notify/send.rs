//! Sends what was made: over HTTP or through a mail server, in bounded time, to nobody but whom was named.

use std::{error::Error, time::Duration};

use domain::alert::FieldProblem;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use reqwest::{Client, StatusCode, redirect};
use serde_json::Value;

use super::{
    guard::Guard,
    kind::{Envelope, Http, Kind, Mail, Outgoing, Security, Settings},
};

/// For the whole of it.
const WITHIN: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Whoever saves a channel waits for it.
const RESOLVED_WITHIN: Duration = Duration::from_secs(3);
/// An answer is read to learn why something was not taken, so the begin of it is enough.
const ANSWER_BYTES: usize = 16 << 10;
const REDIRECTS: usize = 3;

/// Why something was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, without secrets.
    pub problem: String,
    /// Whether trying again later may help.
    pub may_pass: bool,
    /// When the receiver said how long to wait.
    pub retry_after: Option<Duration>,
}

impl Failure {
    fn passing(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            may_pass: true,
            retry_after: None,
        }
    }

    fn lasting(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            may_pass: false,
            retry_after: None,
        }
    }
}

/// Sends.
#[derive(Clone, Debug)]
pub struct Sender {
    http: Client,
    guard: Guard,
}

impl Sender {
    /// Sends to whom `guard` permits.
    pub fn new(guard: Guard) -> reqwest::Result<Self> {
        let same_host = redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first();
            let same = first.is_some_and(|first| {
                first.host_str() == attempt.url().host_str()
                    && first.scheme() == attempt.url().scheme()
            });
            if !same {
                attempt.error("it redirects to another host, which is not followed")
            } else if attempt.previous().len() > REDIRECTS {
                attempt.error("it redirects again and again")
            } else {
                attempt.follow()
            }
        });
        let http = Client::builder()
            .timeout(WITHIN)
            .connect_timeout(CONNECT_WITHIN)
            .redirect(same_host)
            // A proxy would resolve names itself, unchecked.
            .no_proxy()
            .dns_resolver(guard)
            .user_agent(concat!("Inquest/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, guard })
    }

    /// What is wrong with where messages of a channel would go, when that is known already. A name that is not found may be found later.
    pub async fn check_place(
        &self,
        kind: &Kind,
        settings: &Settings,
        base_url: &str,
    ) -> Option<FieldProblem> {
        let field = kind.place()?;
        let (host, port) = match kind.trial(settings, base_url).ok()? {
            Outgoing::Http(http) => (url::Url::parse(&http.url).ok()?.host_str()?.to_owned(), 0),
            Outgoing::Mail(mail) => (mail.host, mail.port),
        };
        let found = tokio::time::timeout(RESOLVED_WITHIN, self.guard.resolve(&host, port));
        let error = found.await.ok()?.err()?;
        forbidden(&error).then(|| FieldProblem::new(field, error.to_string()))
    }

    /// Sends what a kind makes of an envelope.
    pub async fn send(
        &self,
        kind: &Kind,
        settings: &Settings,
        envelope: &Envelope<'_>,
    ) -> Result<(), Failure> {
        let outgoing = (kind.build)(settings, envelope).map_err(|problem| {
            Failure::lasting(format!("{}: {}", problem.field, problem.problem))
        })?;
        match outgoing {
            Outgoing::Http(http) => self.request(kind, http).await,
            Outgoing::Mail(mail) => match tokio::time::timeout(WITHIN, self.mail(*mail)).await {
                Ok(sent) => sent,
                Err(_elapsed) => Err(Failure::passing("the mail server did not answer in time")),
            },
        }
    }

    async fn request(&self, kind: &Kind, http: Http) -> Result<(), Failure> {
        let url = url::Url::parse(&http.url)
            .map_err(|error| Failure::lasting(format!("no URL: {error}")))?;
        self.guard
            .check_host(url.host_str().unwrap_or_default())
            .map_err(|forbidden| Failure::lasting(forbidden.to_string()))?;
        let mut request = self.http.request(http.method, url).body(http.body);
        for (name, value) in http.headers {
            request = request.header(name, value);
        }
        // The URL may be a secret, so errors are told without it.
        let mut response = request
            .send()
            .await
            .map_err(|error| unsent(&error.without_url()))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(reqwest::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let mut answer = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            answer.extend_from_slice(&chunk);
            if answer.len() >= ANSWER_BYTES {
                break;
            }
        }
        if status.is_success() {
            let body = serde_json::from_slice::<Value>(&answer).unwrap_or_default();
            return match (kind.refused)(&body) {
                None => Ok(()),
                Some(problem) => Err(Failure::lasting(format!("it was not taken: {problem}"))),
            };
        }
        let said: String = String::from_utf8_lossy(&answer)
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        Err(Failure {
            problem: if said.is_empty() {
                format!("the answer was {status}")
            } else {
                format!("the answer was {status}: {said}")
            },
            may_pass: status.is_server_error()
                || matches!(
                    status,
                    StatusCode::REQUEST_TIMEOUT
                        | StatusCode::TOO_MANY_REQUESTS
                        | StatusCode::TOO_EARLY
                ),
            retry_after,
        })
    }

    async fn mail(&self, mail: Mail) -> Result<(), Failure> {
        let addresses = self
            .guard
            .resolve(&mail.host, mail.port)
            .await
            .map_err(|error| {
                let forbidden = forbidden(&error);
                let problem = if forbidden {
                    error.to_string()
                } else {
                    format!("{} is not found: {error}", mail.host)
                };
                Failure {
                    problem,
                    may_pass: !forbidden,
                    retry_after: None,
                }
            })?;
        let Some(address) = addresses.first() else {
            return Err(Failure::passing(format!("{} has no address", mail.host)));
        };
        let parameters = || {
            TlsParameters::new(mail.host.clone())
                .map_err(|error| Failure::lasting(format!("no TLS: {error}")))
        };
        let tls = match mail.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::Starttls => Tls::Required(parameters()?),
            Security::Plain => Tls::None,
        };
        // Connected to by the address that was checked; its certificate is for the name.
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(mail.port)
                .tls(tls)
                .timeout(Some(CONNECT_WITHIN));
        if let Some((user, password)) = mail.login {
            transport = transport.credentials(Credentials::new(user, password));
        }
        transport
            .build()
            .send(mail.message)
            .await
            .map(|_response| ())
            .map_err(|error| {
                let code = error.status().map(|code| code.to_string());
                let why = chain(&error);
                let problem = match code.as_deref() {
                    Some("535" | "534" | "530") => {
                        format!("the mail server refused user or password: {why}")
                    }
                    _ => format!("the mail server did not take it: {why}"),
                };
                Failure {
                    problem,
                    may_pass: !error.is_permanent(),
                    retry_after: None,
                }
            })
    }
}

/// Whether an address was found that may not be sent to.
fn forbidden(error: &std::io::Error) -> bool {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<super::guard::Forbidden>())
        .is_some()
}

fn unsent(error: &reqwest::Error) -> Failure {
    let text = chain(error);
    let never = text.contains("not a public address") || error.is_redirect() || error.is_builder();
    let problem = if error.is_timeout() {
        format!("no answer in time: {text}")
    } else {
        format!("not sent: {text}")
    };
    Failure {
        problem,
        may_pass: !never,
        retry_after: None,
    }
}

/// An error with what caused it.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut causes: Vec<String> = std::iter::successors(Some(error), |error| Error::source(*error))
        .map(ToString::to_string)
        .collect();
    causes.dedup();
    causes.join(": ")
}
