//! What is wrong with an engine, in words that say how to mend it.

use std::{error::Error as _, io};

use bollard::errors::Error;
use domain::source::SourceState;

use super::{Endpoint, OLDEST_API};

/// Why an engine cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The state of the source while it lasts.
    pub(super) state: SourceState,
    /// The label `kind` of our own metrics.
    pub(super) kind: &'static str,
    /// What failed and how to mend it.
    pub(super) text: String,
}

impl Problem {
    /// A call did not end in time.
    pub(super) fn timeout(endpoint: &Endpoint, what: &str, after: std::time::Duration) -> Self {
        Self {
            state: SourceState::Unreachable,
            kind: "timeout",
            text: format!(
                "{endpoint} did not answer {what} within {} s. The engine hangs or its host is overloaded: look at the engine's log",
                after.as_secs_f32()
            ),
        }
    }

    /// The engine ended its event stream.
    pub(super) fn closed(endpoint: &Endpoint) -> Self {
        Self::unreachable(format!(
            "{endpoint} closed its event stream: the engine stops, or a proxy limits how long it may last"
        ))
    }

    /// The engine is older than what we can read.
    pub(super) fn too_old(endpoint: &Endpoint, version: &str, api: &str) -> Self {
        Self {
            state: SourceState::Unsupported,
            kind: "unsupported",
            text: format!(
                "{endpoint} is engine {version} with API {api}. Inquest needs API {}.{} or newer: Docker 20.10, Podman 4",
                OLDEST_API.0, OLDEST_API.1
            ),
        }
    }

    /// From a failed call; `what` names it.
    pub(super) fn from_error(endpoint: &Endpoint, what: &str, error: &Error) -> Self {
        if let Error::DockerResponseServerError {
            status_code,
            message,
        } = error
        {
            return Self::refused(endpoint, what, *status_code, message);
        }
        match io_kind(error) {
            Some(io::ErrorKind::PermissionDenied) => Self {
                state: SourceState::PermissionDenied,
                kind: "permission_denied",
                text: format!(
                    "No permission to open {endpoint}. Add the user that runs Inquest to the group `docker`, or put a read-only socket \
                     proxy in front of it; for Podman enable the user's own socket: systemctl --user enable --now podman.socket"
                ),
            },
            Some(io::ErrorKind::NotFound) => Self::unreachable(format!(
                "There is no socket at {endpoint}. Start the engine, or correct the source's endpoint"
            )),
            Some(io::ErrorKind::ConnectionRefused) => Self::unreachable(format!(
                "Nobody listens at {endpoint}. Start the engine, or correct the source's endpoint"
            )),
            _ => match error {
                Error::SocketNotFoundError(_) => Self::unreachable(format!(
                    "There is no socket at {endpoint}. Start the engine, or correct the source's endpoint"
                )),
                Error::RequestTimeoutError => Self {
                    state: SourceState::Unreachable,
                    kind: "timeout",
                    text: format!("{endpoint} did not answer {what} in time"),
                },
                Error::JsonDataError { .. } | Error::JsonSerdeError { .. } => Self {
                    state: SourceState::Unsupported,
                    kind: "unsupported",
                    text: format!(
                        "{endpoint} answered {what} in a form that Inquest does not know: {error}"
                    ),
                },
                _ => Self::unreachable(format!(
                    "{endpoint} failed to answer {what}: {}",
                    chain(error)
                )),
            },
        }
    }

    fn refused(endpoint: &Endpoint, what: &str, status: u16, message: &str) -> Self {
        let message = message.trim();
        match status {
            401 | 403 => Self {
                state: SourceState::PermissionDenied,
                kind: "permission_denied",
                text: format!(
                    "{endpoint} refuses {what} ({status}{}). Allow GET on version, info, containers and events in the proxy or \
                     authorisation plug-in in front of it",
                    if message.is_empty() {
                        String::new()
                    } else {
                        format!(": {message}")
                    }
                ),
            },
            400 if message.contains("client version") => Self {
                state: SourceState::Unsupported,
                kind: "unsupported",
                text: format!("{endpoint} speaks another version of the API: {message}"),
            },
            404 => Self {
                state: SourceState::Unsupported,
                kind: "unsupported",
                text: format!("{endpoint} does not know {what}. Is it a Docker or Podman engine?"),
            },
            _ => Self {
                state: SourceState::Unreachable,
                kind: "error",
                text: format!("{endpoint} failed to answer {what} ({status}): {message}"),
            },
        }
    }

    fn unreachable(text: String) -> Self {
        Self {
            state: SourceState::Unreachable,
            kind: "unreachable",
            text,
        }
    }
}

/// Whether an engine says that the container in question is gone or not running.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404 | 409,
            ..
        }
    )
}

/// The operating system's reason, wherever in the chain of causes it is.
fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        // `transparent` errors hide the error they wrap behind its own cause.
        if let Some(Error::IOError { err }) = error.downcast_ref::<Error>() {
            return Some(err.kind());
        }
        if let Some(Error::HyperLegacyError { err }) = error.downcast_ref::<Error>() {
            cause = err.source();
            continue;
        }
        cause = error.source();
    }
    None
}

/// The error with its causes, since the outermost one often says only "client error".
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn problem(error: &Error) -> Problem {
        let endpoint = "unix:///run/x.sock".parse().expect("an endpoint");
        Problem::from_error(&endpoint, "the list of containers", error)
    }

    fn io(kind: io::ErrorKind) -> Error {
        Error::IOError { err: kind.into() }
    }

    fn status(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError {
            status_code,
            message: message.to_owned(),
        }
    }

    #[rstest]
    #[case(
        io(io::ErrorKind::PermissionDenied),
        SourceState::PermissionDenied,
        "group `docker`"
    )]
    #[case(
        io(io::ErrorKind::NotFound),
        SourceState::Unreachable,
        "Start the engine"
    )]
    #[case(
        io(io::ErrorKind::ConnectionRefused),
        SourceState::Unreachable,
        "Nobody listens"
    )]
    #[case(
        status(403, "denied by plug-in"),
        SourceState::PermissionDenied,
        "denied by plug-in"
    )]
    #[case(status(401, ""), SourceState::PermissionDenied, "Allow GET")]
    #[case(
        status(400, "client version 1.53 is too new"),
        SourceState::Unsupported,
        "too new"
    )]
    #[case(
        status(404, "page not found"),
        SourceState::Unsupported,
        "Is it a Docker or Podman engine?"
    )]
    #[case(status(500, "disk on fire"), SourceState::Unreachable, "disk on fire")]
    #[case(Error::RequestTimeoutError, SourceState::Unreachable, "in time")]
    fn says_what_is_wrong_and_how_to_mend_it(
        #[case] error: Error,
        #[case] state: SourceState,
        #[case] says: &str,
    ) {
        let problem = problem(&error);
        assert_eq!(problem.state, state);
        assert!(problem.text.contains(says), "{}", problem.text);
        assert!(
            problem.text.contains("unix:///run/x.sock"),
            "{}",
            problem.text
        );
    }
}
