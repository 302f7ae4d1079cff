//! The log of a run that has just ended: asked for the moment `die` is told, since the container may be removed in the next.
//!
//! `tail` reads the engine's answer, `wire` takes it apart. Reading is bounded in time, bytes, lines and number at once, with permits of
//! its own, so that polls never wait for it.

mod tail;
mod wire;

use std::{sync::Arc, time::Duration};

use bollard::errors::Error;
use domain::{
    Timestamp,
    ids::EngineId,
    log::{LogMissing, LogTail, MOST_LINES, Raw},
};
use tokio::sync::Semaphore;

use super::{call::Failure, client::Client, problem};

/// Logs that are read at once. Engines read them from disk, often backwards, and restarts come in crowds.
const AT_ONCE: usize = 4;
/// Logs that may wait to be read. Where a host brings down more at once, its logs say less than the host's own.
const WAITING: usize = 512;
/// How long reading one may take. Nothing waits for it but its own verdict, which is then revised.
const WITHIN: Duration = Duration::from_secs(20);

/// Whose log is wanted, and of which run.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) container: EngineId,
    /// From when on lines are of this run, if that is known.
    pub(super) since: Option<Timestamp>,
    /// When it ended.
    pub(super) ended_at: Timestamp,
}

/// Permits for reading logs.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    reading: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            reading: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }

    /// Reads a log, or says why it could not be read.
    pub(super) async fn read(self, client: Client, wanted: Wanted) -> LogTail {
        let missing = |reason| LogTail::missing(wanted.container.clone(), wanted.ended_at, reason);
        let Ok(_place) = self.waiting.clone().try_acquire_owned() else {
            return missing(LogMissing::TooMany);
        };
        // The semaphore is never closed.
        let _permit = self.reading.acquire().await;
        match super::call::bounded(WITHIN, tail::read(&client, &path(&wanted))).await {
            Ok(raw) => redacted(wanted, raw).await,
            Err(failure) => missing(reason(&failure)),
        }
    }
}

/// Taking secrets out of a quarter of a megabyte takes milliseconds, which would be those of a poll.
async fn redacted(wanted: Wanted, raw: Raw) -> LogTail {
    let (container, ended_at) = (wanted.container.clone(), wanted.ended_at);
    tokio::task::spawn_blocking(move || LogTail::read(wanted.container, wanted.ended_at, raw))
        .await
        .unwrap_or_else(|_panic| LogTail::missing(container, ended_at, LogMissing::Failed))
}

fn path(wanted: &Wanted) -> String {
    let since = wanted
        .since
        .map(|at| format!("&since={}", super::events::wire_time(at)))
        .unwrap_or_default();
    format!(
        "/containers/{}/logs?stdout=true&stderr=true&timestamps=true&tail={MOST_LINES}{since}&until={}",
        wanted.container,
        super::events::wire_time(wanted.ended_at)
    )
}

/// Why there is no log, from how asking for it failed.
fn reason(failure: &Failure) -> LogMissing {
    let Failure::Failed(error) = failure else {
        return LogMissing::Timeout;
    };
    if problem::is_gone(error) {
        return LogMissing::Removed;
    }
    let Error::DockerResponseServerError {
        status_code,
        message,
    } = &**error
    else {
        return LogMissing::Failed;
    };
    // Docker says 501 or, in older versions, 500: "configured logging driver does not support reading"; Podman 500: "… is not supported".
    let message = message.to_ascii_lowercase();
    match status_code {
        401 | 403 => LogMissing::Forbidden,
        404 | 409 | 410 => LogMissing::Removed,
        501 => LogMissing::DriverCannotRead,
        _ if message.contains("does not support reading")
            || message.contains("not supported")
            || message.contains("no such log driver") =>
        {
            LogMissing::DriverCannotRead
        }
        _ => LogMissing::Failed,
    }
}

#[cfg(test)]
mod tests;
