//! A program that runs beside us and ends with us.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// The server stops its sources, writes what came in and stops its Postgres.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// A running program.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a program, with its log in a folder, and waits until a line of its output says what is `wanted`.
    pub(super) fn start(
        name: &'static str,
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        wanted: impl Fn(&str) -> Option<String>,
    ) -> Result<(Self, String)> {
        let log = folder.join(format!("{name}.log"));
        // Should this task be killed, the kernel ends what it started. In a group of its own, so that Ctrl-C does not reach it as well: told
        // twice, the server would not wait for its Postgres.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            .process_group(0)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = child.stdout.take().context("its output is piped")?;
        let mut process = Self {
            name,
            child,
            log,
            output: BufReader::new(output),
        };
        let mut line = String::new();
        while process.output.read_line(&mut line)? > 0 {
            if let Some(found) = wanted(line.trim()) {
                return Ok((process, found));
            }
            line.clear();
        }
        bail!("the {name} did not start: {}", process.last_words())
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the {} ended ({status}): {}", self.name, self.last_words());
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        let patience = Instant::now() + STOP_WITHIN;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > patience {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
