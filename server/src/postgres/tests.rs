//! With the real binaries. As root these tests also show that Postgres runs as another user.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection, PgConnection};

use super::{PostgresError, PrivatePostgres};
use crate::data_dir::DataDir;

/// A folder that other users may enter, as data folders of root must be.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    dir
}

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

async fn answers(postgres: &PrivatePostgres) -> bool {
    match PgConnection::connect(postgres.url()).await {
        Ok(mut connection) => connection.ping().await.is_ok(),
        Err(_) => false,
    }
}

async fn start(dir: &Path) -> Result<(PrivatePostgres, DataDir), PostgresError> {
    let data_dir = DataDir::open_when_free(dir).expect("free");
    Ok((PrivatePostgres::start(&data_dir).await?, data_dir))
}

#[tokio::test]
async fn it_starts_stops_and_starts_again() {
    let dir = folder();
    for _ in 0..2 {
        let (postgres, _data_dir) = start(dir.path()).await.expect("it starts");
        assert!(answers(&postgres).await);
        let pid = postmaster(dir.path());
        let owner = fs::metadata(dir.path().join("postgres"))
            .expect("a folder")
            .uid();
        assert_ne!(owner, 0, "Postgres refuses to be root");
        postgres.stop().await;
        assert!(test_kill_process(pid).is_err(), "it has ended");
    }
}

#[tokio::test]
async fn it_comes_back_after_kill_9() {
    let dir = folder();
    let (postgres, _data_dir) = start(dir.path()).await.expect("it starts");
    let first = postmaster(dir.path());
    kill_process(first, Signal::KILL).expect("ours");
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if answers(&postgres).await {
            break;
        }
    }
    assert!(answers(&postgres).await);
    assert_ne!(postmaster(dir.path()), first);
    postgres.stop().await;
}

#[tokio::test]
async fn a_postmaster_left_behind_is_replaced() {
    let dir = folder();
    let (left_behind, data_dir) = start(dir.path()).await.expect("it starts");
    let orphan = postmaster(dir.path());
    // As after kill -9 of Inquest: the lock is gone, Postgres is not.
    drop(data_dir);
    left_behind.supervisor.abort();
    let (postgres, _data_dir) = start(dir.path()).await.expect("it starts");
    assert!(answers(&postgres).await);
    assert_ne!(postmaster(dir.path()), orphan);
    postgres.stop().await;
}

#[tokio::test]
async fn a_note_whose_process_number_is_taken_does_no_harm() {
    let dir = folder();
    let (postgres, data_dir) = start(dir.path()).await.expect("it starts");
    let note = dir.path().join("postgres/postmaster.pid");
    let old = fs::read_to_string(&note).expect("it runs");
    postgres.stop().await;
    drop(data_dir);
    // After kill -9 and a restart of the machine the number belongs to somebody else, here to this test.
    let (_, rest) = old.split_once('\n').expect("lines");
    fs::write(&note, format!("{}\n{rest}", std::process::id())).expect("written");
    let (postgres, _data_dir) = start(dir.path()).await.expect("it starts");
    assert!(answers(&postgres).await);
    postgres.stop().await;
}

#[tokio::test]
async fn damage_is_named() {
    let dir = folder();
    let (postgres, data_dir) = start(dir.path()).await.expect("it starts");
    postgres.stop().await;
    drop(data_dir);
    let cluster = dir.path().join("postgres");

    fs::write(cluster.join("global/pg_control"), "no longer").expect("written");
    let error = start(dir.path()).await.expect_err("it is damaged");
    assert!(
        matches!(error, PostgresError::DoesNotStart { .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("postgres.log") && text.contains("backup"),
        "{text}"
    );

    fs::write(cluster.join("PG_VERSION"), "12\n").expect("written");
    let error = start(dir.path()).await.expect_err("nobody has that");
    assert!(
        matches!(error, PostgresError::WrongVersion { made_by: 12, .. }),
        "{error}"
    );

    fs::write(cluster.join("PG_VERSION"), "?").expect("written");
    let error = start(dir.path()).await.expect_err("it is damaged");
    assert!(matches!(error, PostgresError::Corrupt { .. }), "{error}");

    fs::remove_file(cluster.join("PG_VERSION")).expect("removed");
    let error = start(dir.path()).await.expect_err("it is damaged");
    assert!(error.to_string().contains("PG_VERSION"), "{error}");
}

#[tokio::test]
async fn what_an_unfinished_start_left_is_swept_away() {
    let dir = folder();
    fs::create_dir(dir.path().join("postgres.unfinished")).expect("a folder");
    fs::write(dir.path().join("postgres.unfinished/PG_VERSION"), "17").expect("written");
    let (postgres, _data_dir) = start(dir.path()).await.expect("it starts");
    assert!(answers(&postgres).await);
    postgres.stop().await;
    assert!(!dir.path().join("postgres.unfinished").exists());
}

#[tokio::test]
async fn root_cannot_use_a_folder_that_nobody_else_may_enter() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).expect("ours");
    let error = start(dir.path())
        .await
        .expect_err("Postgres' user cannot enter");
    assert!(
        matches!(error, PostgresError::NotReachable { .. }),
        "{error}"
    );
}
