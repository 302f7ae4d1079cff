//! A mail server that others wrote, as a process: aiosmtpd.

use std::{path::PathBuf, process::Command};

use serde::Deserialize;

use crate::process::Process;

/// Debian's, which sees Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// A mail that it took.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Taken {
    /// The one recipient or more.
    pub(crate) to: Vec<String>,
    /// Who logged in.
    pub(crate) user: Option<String>,
    /// Headers and parts.
    pub(crate) content: String,
}

/// It takes mail from the user `inquest` with the password `hunter2`.
pub(crate) struct MailServer {
    process: Process,
    pub(crate) port: u16,
}

/// What the mail server and who trusts it need.
pub(crate) fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/mail", name]
        .iter()
        .collect()
}

impl MailServer {
    /// Protected by nothing (`plain`), after `starttls`, or by `tls` from the first byte. `None` where it is not installed.
    pub(crate) fn start(protection: &str) -> Option<Self> {
        let installed = Command::new(PYTHON)
            .args(["-c", "import aiosmtpd"])
            .output()
            .is_ok_and(|run| run.status.success());
        let mut command = Command::new(PYTHON);
        command
            .arg(fixture("server.py"))
            .arg(protection)
            .args([fixture("localhost.pem"), fixture("localhost.key")]);
        let process = Process::start(&mut command, installed)?;
        let port = process.until(|line| line.parse().ok());
        Some(Self { process, port })
    }

    /// What it took, in its order, as soon as that are so many.
    pub(crate) fn taken(&self, least: usize) -> Vec<Taken> {
        let is_mail = |line: &&String| line.starts_with('{');
        let said = self
            .process
            .when(|said| said.iter().filter(is_mail).count() >= least);
        let mails = said.iter().filter(is_mail);
        mails
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
