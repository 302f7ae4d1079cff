//! Starting, being killed, starting again.

use std::{fs, path::Path, time::Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::{
    support::{Server, folder, inquest, run},
    watching::{configuration, simulate, until, watch},
};

fn postmaster(dir: &Path) -> Pid {
    let note = fs::read_to_string(dir.join("postgres/postmaster.pid")).expect("it runs");
    Pid::from_raw(
        note.lines()
            .next()
            .expect("a line")
            .parse()
            .expect("a number"),
    )
    .expect("a process")
}

#[tokio::test]
async fn it_starts_again_after_kill_9_of_itself_and_of_postgres() {
    let dir = folder();
    let mut server = Server::start(dir.path());
    server.signal(Signal::KILL);
    server.wait();

    let mut server = Server::start(dir.path());
    assert_eq!(server.get("/readyz").await.0, 200);

    kill_process(postmaster(dir.path()), Signal::KILL).expect("it runs");
    let began = Instant::now();
    while server.get("/api/v1/workloads").await.0 != 200 || server.get("/readyz").await.0 != 200 {
        assert!(
            began.elapsed().as_secs() < 60,
            "Postgres does not come back"
        );
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }

    let postgres = postmaster(dir.path());
    server.signal(Signal::INT);
    assert!(server.wait().success());
    assert!(
        test_kill_process(postgres).is_err(),
        "Postgres stops with it"
    );
}

#[tokio::test]
async fn a_source_that_is_not_watched_any_longer_does_not_look_healthy() {
    let engine = simulate(&["web".to_owned()], 0.5).await;
    let (dir, config) = (folder(), configuration(&engine, 1));
    let named = async |server: &Server| {
        let (_, _, body) = server.get("/api/v1/sources").await;
        let mut rows = body["data"].as_array().expect("a list").clone();
        rows.retain(|row| row["name"] == "here-0");
        rows.remove(0)
    };
    let server = Server::from(&mut watch(dir.path(), config.path()));
    until("it answers", async || {
        named(&server).await["state"] == "healthy"
    })
    .await;
    drop(server);

    let config = configuration(&engine, 0);
    let server = Server::from(&mut watch(dir.path(), config.path()));
    let source = named(&server).await;
    assert_eq!(source["state"], "unreachable", "{source}");
    let problem = source["problem"].as_str().expect("a problem");
    assert!(problem.starts_with("Not watched"), "{problem}");
    engine.shutdown().await;
}

#[test]
fn migrate_and_export_work_on_an_empty_folder() {
    let dir = folder();
    assert!(run(inquest(dir.path()).arg("migrate")).status.success());
    let output = run(inquest(dir.path()).args(["export", "--format", "csv"]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("id,workload,"), "{said}");
    let output = run(inquest(dir.path()).arg("export"));
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
}
