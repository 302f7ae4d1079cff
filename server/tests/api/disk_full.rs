//! The disk runs full under a server that polls: it goes on polling, says what it could not keep, and recovers by itself.

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use simulator::{Happening, Pause};
use tokio::time::sleep;

use crate::{
    support::{Server, folder},
    watching::{configuration, keeps, ledger, now, readings, simulate, until, watch},
};

/// Watching one engine under this many names fills a queue of 1 MiB in half a minute.
const SOURCES: usize = 20;
/// Enough for a new cluster and its first log files.
const DISK: &str = "256m";

/// The command, on a disk of its own at `place` that only it can see. `None` where we may not mount one.
fn on_a_small_disk(place: &Path, command: &Command) -> Option<Command> {
    let mount = format!("mount -t tmpfs -o size={DISK},mode=755 inquest \"$0\"");
    let unshared = |script: &str| {
        let mut unshared = Command::new("unshare");
        unshared.args(["--mount", "sh", "-c", script]).arg(place);
        unshared
    };
    let may = unshared(&mount).output();
    if !may.is_ok_and(|output| output.status.success()) {
        assert!(
            env::var("CI").map_or(true, |value| value != "true"),
            "a file system of its own is required"
        );
        eprintln!("SKIPPED: mounting a small disk needs root");
        return None;
    }
    let mut whole = unshared(&format!("{mount} && exec \"$@\""));
    whole.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => whole.env(name, value),
            None => whole.env_remove(name),
        };
    }
    Some(whole)
}

/// Writes a file until there is no room for another byte.
fn fill(file: &Path) {
    let mut file = File::create(file).expect("there is still room");
    for chunk in [1 << 20, 1 << 12, 1] {
        let zeros = vec![0; chunk];
        let full = loop {
            if let Err(error) = file.write_all(&zeros) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }
}

/// The sum of one of the server's own figures over all labels.
async fn figure(server: &Server, name: &str) -> f64 {
    let (status, _, text) = server.get("/metrics").await;
    assert_eq!(status, 200);
    let text = text.as_str().expect("text");
    let lines = text.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['{', ' ']))
    });
    lines
        .map(|line| line.rsplit(' ').next().expect("a value"))
        .map(|value| value.parse::<f64>().expect("a number"))
        .sum()
}

/// Gaps in which samples were lost for want of a place to keep them, and are not any longer.
async fn storage_gaps(server: &Server) -> usize {
    let (status, _, body) = server.get("/api/v1/timeline?limit=1000").await;
    assert_eq!(status, 200, "{body}");
    let rows = body["data"].as_array().expect("a list").iter();
    rows.filter(|row| row["kind"] == "coverage_gap" && row["until"] != Value::Null)
        .filter(|row| {
            row["text"]
                .as_str()
                .is_some_and(|text| text.contains("did not fit"))
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_keeping_and_not_the_watching() {
    let names = ["steady", "dies"].map(str::to_owned);
    let engine = simulate(&names, 0.5).await;
    let (data_dir, config) = (folder(), configuration(&engine, SOURCES));
    let mut command = watch(data_dir.path(), config.path());
    command.env("INQUEST_DATABASE__BUFFER_MIB", "1");
    let Some(mut command) = on_a_small_disk(data_dir.path(), &command) else {
        return;
    };
    let began = now();
    let server = Server::from(&mut command);
    until("it watches", async || {
        !readings(&server, "steady", began).await.is_empty()
    })
    .await;
    sleep(Duration::from_secs(2)).await;
    let shown = readings(&server, "steady", began).await;

    // Its disk is seen through its eyes.
    let disk = PathBuf::from(format!("/proc/{}/root", server.id()));
    let disk = disk.join(data_dir.path().strip_prefix("/").expect("absolute"));
    let filler = disk.join("filler");
    fill(&filler);
    let retries = figure(&server, "inquest_store_retries_total").await;
    assert!(engine.provoke("dies", &Happening::Sigkill));
    until("the disk is missed", async || {
        figure(&server, "inquest_store_retries_total").await > retries
    })
    .await;
    until("it says that it is not ready", async || {
        let (status, _, said) = server.get("/readyz").await;
        let said = said["checks"]["recorder"].as_str().unwrap_or_default();
        status == 503 && said.contains("unable to write")
    })
    .await;
    until("the queue is full", async || {
        figure(&server, "inquest_messages_dropped_total").await > 0.0
    })
    .await;
    let polled = figure(&server, "inquest_polls_total").await;
    until("it polls all the same", async || {
        figure(&server, "inquest_polls_total").await > polled
    })
    .await;

    fs::remove_file(&filler).expect("it is ours");
    until("it is ready again", async || {
        server.get("/readyz").await.0 == 200
    })
    .await;
    until("every end is in the ledger", async || {
        ledger(&server).await.len() == SOURCES
    })
    .await;
    until("the losses are gaps", async || {
        storage_gaps(&server).await > 0
    })
    .await;
    // Nothing that fitted into the queue is missing, as can be counted when nothing more comes.
    engine.pause("here", Pause::Hang);
    until("all that was taken is written", async || {
        let taken = figure(&server, "inquest_samples_total").await;
        let written = figure(&server, "inquest_samples_written_total").await;
        println!("{taken} readings taken, {written} written");
        (taken - written).abs() < 0.5
    })
    .await;
    let refusals = figure(&server, "inquest_store_refusals_total").await;
    assert!(refusals < 0.5, "{refusals} refused");
    assert_eq!(ledger(&server).await.len(), SOURCES, "none twice");
    let known = readings(&server, "steady", began).await;
    assert!(keeps(&known, &shown), "{shown:?} were shown, now {known:?}");
    drop(server);
    engine.shutdown().await;
}
