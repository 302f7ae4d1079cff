//! Keeps Postgres running: starts it, starts it again when it dies, stops it with us.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    process::ExitStatus,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{process::Child, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{PostgresError, cluster::Cluster};

/// How often to look whether it is ready.
const LOOK: Duration = Duration::from_millis(20);
/// Replaying the log after a crash can take minutes on a slow disk; longer than this is not normal.
const READY_WITHIN: Duration = Duration::from_mins(5);
/// A fast shutdown ends connections and writes a checkpoint; then it is told to drop everything, which costs a replay.
const FAST_STOP: Duration = Duration::from_secs(6);
const IMMEDIATE_STOP: Duration = Duration::from_secs(2);
/// Between two tries to start it again.
const BACKOFF: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(200)..=Duration::from_secs(10);
/// A log larger than this is put aside at the next start.
const LOG_MAX_BYTES: u64 = 16 << 20;

/// A running Postgres and how to run it again.
#[derive(Debug)]
pub(super) struct Supervisor {
    cluster: Cluster,
    child: Child,
}

impl Supervisor {
    /// Starts Postgres and waits until it takes connections.
    pub(super) async fn start(cluster: Cluster) -> Result<Self, PostgresError> {
        let child = spawn(&cluster).await?;
        Ok(Self { cluster, child })
    }

    /// Runs until it is told to stop, and then stops Postgres.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return self.stop().await,
                status = self.child.wait() => {
                    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                    tracing::error!(%status, log = %self.cluster.log.display(), "Postgres died; starting it again");
                    metrics::counter!("inquest_postgres_restarts_total").increment(1);
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                child = restart(&self.cluster) => self.child = child,
            }
            tracing::info!("Postgres runs again");
        }
    }

    async fn stop(&mut self) {
        for (signal, patience) in [(Signal::INT, FAST_STOP), (Signal::QUIT, IMMEDIATE_STOP)] {
            if let Some(pid) = self
                .child
                .id()
                .and_then(|pid| Pid::from_raw(pid.cast_signed()))
            {
                let _gone_already = kill_process(pid, signal);
            }
            if timeout(patience, self.child.wait()).await.is_ok() {
                return;
            }
            tracing::warn!("Postgres takes long to stop");
        }
        let _gone_already = self.child.kill().await;
    }
}

/// Tries until it works: right after a crash the old backends may still be dying.
async fn restart(cluster: &Cluster) -> Child {
    let mut pause = *BACKOFF.start();
    loop {
        match spawn(cluster).await {
            Ok(child) => return child,
            Err(error) => tracing::error!(%error, "Postgres does not start; trying again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(*BACKOFF.end());
    }
}

async fn spawn(cluster: &Cluster) -> Result<Child, PostgresError> {
    let io_error = |problem| PostgresError::Io {
        doing: "run Postgres with its log in",
        path: cluster.log.clone(),
        problem,
    };
    let (log, begin) = open_log(cluster).map_err(io_error)?;
    let mut command = cluster.postgres();
    command
        .stdout(log.try_clone().map_err(io_error)?)
        .stderr(log);
    let mut command = tokio::process::Command::from(command);
    // Whoever gives up waiting (Ctrl-C during a replay) leaves nothing behind.
    let mut child = command.kill_on_drop(true).spawn().map_err(io_error)?;
    match timeout(READY_WITHIN, wait_until_ready(cluster, &mut child)).await {
        Ok(Ok(None)) => Ok(child),
        Ok(Ok(Some(status))) => Err(does_not_start(cluster, begin, &status.to_string())),
        Ok(Err(error)) => Err(io_error(error)),
        Err(_elapsed) => {
            let _gone_already = child.kill().await;
            Err(does_not_start(
                cluster,
                begin,
                "it was not ready after 5 minutes",
            ))
        }
    }
}

/// `None` when it is ready, its exit status when it has ended instead.
async fn wait_until_ready(
    cluster: &Cluster,
    child: &mut Child,
) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let note = fs::read_to_string(cluster.pid_file()).unwrap_or_default();
        let mut lines = note.lines().map(str::trim);
        let ours = lines.next().map(str::to_owned) == child.id().map(|pid| pid.to_string());
        // After the first line come folder, start time, port, socket folder, address, shared memory, and the state.
        if ours && lines.nth(6) == Some("ready") {
            return Ok(None);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The log, and where it ends now.
fn open_log(cluster: &Cluster) -> std::io::Result<(File, u64)> {
    if fs::metadata(&cluster.log).is_ok_and(|meta| meta.len() > LOG_MAX_BYTES) {
        fs::rename(&cluster.log, cluster.log.with_extension("log.1"))?;
    }
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&cluster.log)?;
    let end = log.metadata()?.len();
    Ok((log, end))
}

fn does_not_start(cluster: &Cluster, begin: u64, status: &str) -> PostgresError {
    PostgresError::DoesNotStart {
        folder: cluster.folder.clone(),
        problem: last_words(cluster, begin).unwrap_or_else(|| status.to_owned()),
        log: cluster.log.clone(),
    }
}

/// What Postgres logged as fatal since it was started, without time stamps.
fn last_words(cluster: &Cluster, begin: u64) -> Option<String> {
    let mut log = File::open(&cluster.log).ok()?;
    log.seek(SeekFrom::Start(begin)).ok()?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            let at = ["FATAL:", "PANIC:", "could not", "invalid"]
                .iter()
                .find_map(|word| line.find(word))?;
            line.get(at..)
        })
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}
