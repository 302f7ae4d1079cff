//! Starts and stops the built program.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A machine under load starts Postgres slowly; nothing here should take longer than this.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder that the user Postgres runs as may enter too.
pub(crate) fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    dir
}

/// The program, deaf to the environment of whoever runs the tests, with an engine that is not there.
pub(crate) fn inquest(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inquest"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("INQUEST_") || name_text.starts_with("DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command
        .env("INQUEST_DATA_DIR", data_dir)
        .env("INQUEST_LISTEN", "127.0.0.1:0")
        .env("INQUEST_LOG__LEVEL", "error")
        .env(
            "DOCKER_HOST",
            format!("unix://{}/no-engine.sock", data_dir.display()),
        )
        .stdin(Stdio::null());
    command
}

/// Runs it to its end and returns what it said.
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program can be started")
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts it and waits for the line that says where it is.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::from(inquest(data_dir).arg("serve"))
    }

    pub(crate) fn from(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        let url = loop {
            let before = said.len();
            assert!(
                lines.read_line(&mut said).expect("text") > 0,
                "it ended early: {said}"
            );
            if let Some((_, url)) = said[before..].split_once("http://") {
                break format!("http://{}", url.trim());
            }
        };
        // Whoever prints into a closed pipe fails.
        thread::spawn(move || lines.read_to_string(&mut String::new()));
        Self { child, url }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("ours") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks, and returns status, content type and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String, Value) {
        get(&format!("{}{path}", self.url)).await
    }
}

/// Asks, and returns status, content type and body.
pub(crate) async fn get(url: &str) -> (u16, String, Value) {
    ask(reqwest::Client::new().get(url)).await
}

/// The same for any request.
pub(crate) async fn ask(request: reqwest::RequestBuilder) -> (u16, String, Value) {
    let response = request.send().await.expect("it answers");
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type");
    let content_type = content_type.map(|value| value.to_str().expect("text").to_owned());
    let text = response.text().await.expect("text");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, content_type.unwrap_or_default(), body)
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal(Signal::TERM);
            let _ended = self.child.wait();
        }
    }
}
