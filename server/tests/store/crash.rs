//! Postgres dies by SIGKILL while samples are appended and sealed: what was acknowledged is there once, and only once.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use chrono::TimeDelta;
use domain::{sample::Sample, source::SourceKind};
use server::{
    data_dir::DataDir,
    postgres::PrivatePostgres,
    store::{Store, Tick},
};

use crate::database::{now, spec};

const KILLS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_samples_survive_sigkill_of_postgres() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = PrivatePostgres::start(&DataDir::open(dir.path()).unwrap())
        .await
        .unwrap();
    let store = Store::open(postgres.url()).await.unwrap();
    let source = store
        .sources()
        .upsert("local", SourceKind::Docker, "unix:///docker.sock", 10_000)
        .await
        .unwrap();
    let begin = now() - TimeDelta::days(2);
    let container = store
        .containers()
        .resolve(source, &spec("a", "checkout", begin), begin)
        .await
        .unwrap()
        .container;

    let killer = {
        let dir = dir.path().to_owned();
        tokio::task::spawn_blocking(move || kill_repeatedly(&dir))
    };
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    let mut sealed = 0;
    for poll in 0_u64.. {
        if killer.is_finished() && poll % 50 == 0 {
            break;
        }
        let at = begin + TimeDelta::seconds(10 * poll as i64);
        let sample = Sample {
            working_set_bytes: Some(poll * 4096),
            kernel_tasks: Some(poll),
            ..Sample::empty(at)
        };
        let tick = Tick {
            at,
            samples: vec![(container, sample)],
        };
        match store
            .samples()
            .append_ticks(source, std::slice::from_ref(&tick))
            .await
        {
            Ok(()) => acknowledged.push(sample),
            Err(error) => {
                assert!(error.is_unavailable(), "{error:?}");
                refused += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        if poll % 40 == 39 {
            sealed += store
                .samples()
                .seal(now())
                .await
                .map_or(0, |done| done.samples);
        }
    }
    killer.await.unwrap();
    assert!(
        refused > 0 && sealed > 0,
        "{refused} refused, {sealed} sealed: the kills came at a bad time"
    );

    let restarted = loop {
        match Store::open(postgres.url()).await {
            Ok(store) => break store,
            Err(error) => assert!(error.is_unavailable(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    restarted.samples().seal(now()).await.unwrap();
    let stored = restarted
        .samples()
        .tail(container, begin, now() + TimeDelta::days(9))
        .await
        .unwrap();
    assert!(
        stored.is_sorted_by(|a, b| a.at < b.at),
        "a sample is there twice"
    );
    for sample in &acknowledged {
        assert!(
            stored
                .binary_search_by_key(&sample.at, |stored| stored.at)
                .is_ok_and(|found| stored[found] == *sample)
        );
    }
    // A batch whose acknowledgement was cut off may be there; anything else may not.
    assert!(stored.len() <= acknowledged.len() + refused);
    store.close().await;
    restarted.close().await;
    postgres.stop().await;
}

/// Kills the postmaster or one of its children by turns, once it runs.
fn kill_repeatedly(dir: &Path) {
    for round in 0..KILLS {
        std::thread::sleep(Duration::from_millis(900));
        let pid = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let pid_file = find(dir, "postmaster.pid")?;
            std::fs::read_to_string(pid_file)
                .ok()?
                .lines()
                .next()?
                .parse::<u32>()
                .ok()
        });
        let Some(postmaster) = pid else { continue };
        let victim = if round % 2 == 0 {
            postmaster
        } else {
            last_child(postmaster).unwrap_or(postmaster)
        };
        let _gone_already = Command::new("kill")
            .args(["-9", &victim.to_string()])
            .status();
    }
}

fn last_child(parent: u32) -> Option<u32> {
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    children.split_whitespace().last()?.parse().ok()
}

fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).ok()?.flatten() {
            if entry.file_name() == name {
                return Some(entry.path());
            }
            // The cluster is one level down; its own directories are of no interest.
            if entry.path().join("PG_VERSION").exists() || entry.path().join(name).exists() {
                dirs.push(entry.path());
            }
        }
    }
    None
}
