//! The engine itself is killed and comes back: it is found again, and what that did to its containers is in the ledger once.

use std::{
    env,
    fs::{self, File},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chrono::Utc;
use domain::{
    ids::SourceId,
    restart::RestartKind,
    source::{SourceKind, SourceState},
    verdict::Cause,
};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use server::store::Store;
use tempfile::TempDir;

use super::{
    engine::{Engine, Run, pause, skip},
    ledger::{Inquest, of},
};

/// Longer than an engine takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// An engine of our own, which may be killed.
struct Dockerd {
    process: Child,
    folder: TempDir,
}

impl Dockerd {
    /// The engine, or why there is none.
    async fn start() -> Result<Self, String> {
        if !geteuid().is_root() {
            return Err("starting an engine needs root".to_owned());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let process = Self::spawn(&folder).map_err(|error| format!("dockerd: {error}"))?;
        let mut dockerd = Self { process, folder };
        dockerd.ready().await?;
        Ok(dockerd)
    }

    fn spawn(folder: &TempDir) -> std::io::Result<Child> {
        let path = |name: &str| folder.path().join(name).display().to_string();
        Command::new("dockerd")
            .arg(format!("--host=unix://{}", path("docker.sock")))
            .arg(format!("--pidfile={}", path("pid")))
            .arg(format!("--data-root={}", path("data")))
            .arg(format!("--exec-root={}", path("exec")))
            // Its containers have no network.
            .args(["--bridge=none", "--iptables=false", "--storage-driver=vfs"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(File::create(folder.path().join("log"))?))
            .spawn()
    }

    fn endpoint(&self) -> String {
        format!(
            "unix://{}",
            self.folder.path().join("docker.sock").display()
        )
    }

    async fn ready(&mut self) -> Result<Engine, String> {
        let began = Instant::now();
        loop {
            match Engine::at(self.endpoint()).await {
                Ok(engine) => return Ok(engine),
                Err(why) if began.elapsed() > PATIENCE => return Err(why),
                Err(_) => pause(200).await,
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                let log = fs::read_to_string(self.folder.path().join("log"));
                let log = log.unwrap_or_default();
                let last = log.lines().last().unwrap_or_default();
                return Err(format!("dockerd ended: {status}: {last}"));
            }
        }
    }

    fn signal(&mut self, signal: Signal) {
        let pid = Pid::from_raw(self.process.id().cast_signed()).expect("a process");
        // It may have ended by itself.
        let _gone_already = kill_process(pid, signal);
        let _reaped = self.process.wait();
    }

    async fn kill_and_start_again(&mut self, while_away: impl AsyncFnOnce()) -> Engine {
        self.signal(Signal::KILL);
        while_away().await;
        // As a service manager does: while parts of the old one still end, a new one may give up.
        let began = Instant::now();
        loop {
            self.process = Self::spawn(&self.folder).expect("it was there before");
            match self.ready().await {
                Ok(engine) => return engine,
                Err(why) => assert!(began.elapsed() < PATIENCE, "it does not come back: {why}"),
            }
        }
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        pause(200).await;
    }
}

async fn state(store: &Store, source: SourceId) -> SourceState {
    let rows = store.source_rows(Utc::now()).await;
    let mut rows = rows.expect("the database answers");
    rows.retain(|row| row.id == source);
    rows.remove(0).state
}

#[tokio::test]
#[ignore = "needs root, dockerd and a database"]
async fn an_engine_that_is_killed_is_found_again() {
    let mut dockerd = match Dockerd::start().await {
        Ok(dockerd) => dockerd,
        Err(why) => return skip(&why),
    };
    let Ok(url) = env::var("DATABASE_URL") else {
        return skip("DATABASE_URL is not set");
    };
    let store = Store::open(&url).await.expect("a database");
    let name = format!("engine-killed-{}", std::process::id());
    let source = store
        .sources()
        .upsert(&name, SourceKind::Docker, &dockerd.endpoint(), 2_000)
        .await
        .expect("the database answers");
    let engine = dockerd.ready().await.expect("it has answered before");
    engine.make_images().await;
    let inquest = Inquest::start(&store, source, &dockerd.endpoint()).await;
    let run = |name, always| Run {
        name,
        command: &["sleep"],
        always,
        ..Run::default()
    };
    let lasting = engine.run(run("inquest-test-lasting", true)).await;
    let once = engine.run(run("inquest-test-once", false)).await;
    pause(3_000).await;

    let engine = dockerd
        .kill_and_start_again(async || {
            until("it is missed", async || {
                state(&store, source).await == SourceState::Unreachable
            })
            .await;
        })
        .await;
    until("it is found again", async || {
        state(&store, source).await == SourceState::Healthy
    })
    .await;
    until("what was restarted is in the ledger", async || {
        of(&store, &lasting)
            .await
            .iter()
            .any(|row| row.started_at.is_some())
    })
    .await;
    until("what stayed down is in the ledger", async || {
        of(&store, &once).await.len() == 1
    })
    .await;
    // Events come again, too: nothing but they can tell that this was a person.
    engine.restart(&lasting).await;
    until("the operator's restart is in the ledger", async || {
        of(&store, &lasting).await.len() == 2
    })
    .await;
    pause(3_000).await;

    let (lasting, once) = (of(&store, &lasting).await, of(&store, &once).await);
    assert_eq!(
        (lasting.len(), once.len()),
        (2, 1),
        "{lasting:#?} {once:#?}"
    );
    // Newest first: what a person asked for, and what the engine did when it was back.
    assert_eq!(lasting[0].cause, Cause::Stopped, "{lasting:#?}");
    assert_eq!(lasting[1].cause, Cause::Platform, "{lasting:#?}");
    assert_eq!(lasting[1].kind, RestartKind::EngineRestart, "{lasting:#?}");
    assert_eq!(once[0].kind, RestartKind::StayedDown, "{once:#?}");
    inquest.stop().await;
    engine.clean().await;
    store.close().await;
}
