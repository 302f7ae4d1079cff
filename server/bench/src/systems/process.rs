//! Programs that the benchmark starts: on a free port of this machine, with their files in the folder of the run.

use std::{
    fs::{self, File},
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rustix::{
    fs::{Advice, fadvise},
    process::{Pid, Signal, kill_process},
};
use tokio::{process::Child, time::timeout};

/// Whatever takes longer to start has a problem that its log tells.
const START: Duration = Duration::from_mins(2);
const STOP: Duration = Duration::from_mins(1);

/// A program that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts it with its output in `log`, and waits until `ready` answers.
    pub(crate) async fn start(
        command: std::process::Command,
        log: &Path,
        ready: &str,
    ) -> anyhow::Result<Self> {
        let mut command = tokio::process::Command::from(command);
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let output = File::options().create(true).append(true).open(log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        let mut child = command.spawn().with_context(|| {
            format!("cannot start {program}; `xtask/setup.sh bench` fetches the peers")
        })?;
        let client = reqwest::Client::new();
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("{program} ended ({status}): {}", last_lines(log));
            }
            let answer = client.get(ready).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(Self { child });
            }
            if began.elapsed() > START {
                bail!("{program} does not get ready: {}", last_lines(log));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) {
        if let Some(pid) = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
        {
            let _gone_already = kill_process(pid, Signal::TERM);
        }
        if timeout(STOP, self.child.wait()).await.is_err() {
            let _gone_already = self.child.kill().await;
        }
    }
}

/// Where the peers' programs are: unpacked by `xtask/setup.sh bench`, else in the PATH.
pub(crate) fn peer_program(name: &str) -> PathBuf {
    let unpacked = crate::results::folder().join("peers/usr/bin").join(name);
    if unpacked.exists() {
        unpacked
    } else {
        name.into()
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Bytes of all files below a folder, without the subfolders `except`.
pub(crate) fn size_of(folder: &Path, except: &[&str]) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() {
            bytes += entry.metadata()?.len();
        } else if kind.is_dir() && !except.iter().any(|name| entry.file_name() == *name) {
            bytes += size_of(&entry.path(), &[])?;
        }
    }
    Ok(bytes)
}

/// Makes the kernel forget the files below a folder, which nobody may have open: the next reader waits for the disk.
pub(crate) fn drop_from_cache(folder: &Path) -> io::Result<()> {
    rustix::fs::sync();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                fadvise(File::open(entry.path())?, 0, None, Advice::DontNeed)?;
            }
        }
    }
    Ok(())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
