//! Killed at any moment between the ledger and the receiver, nothing that was acknowledged is lost, and what arrives twice has the same key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::OpenOptions,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use domain::verdict::Cause;
use server::store::Store;

use crate::{
    receiver::{Mood, Receiver},
    scene::{Scene, dispatcher, rule},
};

/// Where the child finds the database, and notes what was acknowledged.
const ORDER: &str = "INQUEST_ALERTS_KILL_ORDER";
/// A short form; `KILLS=200` is the long one.
const KILLS: usize = 12;

/// The process that is killed: writes one end after the other, notes each that was acknowledged, and sends at the same time.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child of the test below"]
async fn child() {
    let Ok(order) = std::env::var(ORDER) else {
        return;
    };
    let (url, journal) = order.split_once('\n').unwrap();
    let store = Store::open(url).await.unwrap();
    let source = store.source_rows(Utc::now()).await.unwrap()[0].id;
    tokio::spawn(dispatcher(&store, true).run());
    let mut journal = OpenOptions::new().append(true).open(journal).unwrap();
    loop {
        let ended_at = Utc::now();
        let change = crate::scene::end("c1", Cause::OutOfMemory, ended_at);
        let written = store
            .ledger()
            .record_news(source, &[change], &[], ended_at + TimeDelta::seconds(2))
            .await
            .unwrap();
        let server::store::Recorded::Restart { restart, .. } = written[0] else {
            unreachable!()
        };
        writeln!(journal, "{restart}").unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn start(url: &str, journal: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .env(ORDER, format!("{url}\n{}", journal.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_what_comes_twice_has_the_same_key() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let scene = Scene::with(&[rule(&[
        ("name", "Out of memory"),
        ("when", "each_restart"),
        ("causes", "memory"),
    ])])
    .await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    let journal = tempfile::NamedTempFile::new().unwrap();
    let moods = [
        Mood::Takes,
        Mood::Fails,
        Mood::IsSlow,
        Mood::Takes,
        Mood::Hangs,
    ];
    for kill in 0..kills {
        receiver.set(moods[kill % moods.len()]);
        let before = receiver.got().len();
        let mut child = start(&scene.fixture.url, journal.path());
        // At another moment each time, but not before it is at work.
        let mut patience = 0;
        while receiver.got().len() == before && patience < 400 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            patience += 1;
        }
        tokio::time::sleep(Duration::from_millis(kill as u64 * 37 % 250)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // The claims of who was killed would run out by themselves, in half a minute.
        let sql = "UPDATE delivery SET claimed_until = NULL, next_try_at = now() - interval '1 second' WHERE state = 'waiting'";
        sqlx::query(sql)
            .execute(&scene.fixture.sql().await)
            .await
            .unwrap();
    }
    receiver.set(Mood::Takes);
    scene.dispatcher().drain().await.unwrap();

    let acknowledged: BTreeSet<String> =
        BufReader::new(std::fs::File::open(journal.path()).unwrap())
            .lines()
            .map(Result::unwrap)
            .collect();
    assert!(
        acknowledged.len() >= kills,
        "it was at work: {}",
        acknowledged.len()
    );
    let mut by_restart = BTreeMap::<String, BTreeSet<String>>::new();
    for key in receiver.keys() {
        let restart = key
            .split("-restart-")
            .nth(1)
            .unwrap()
            .split('-')
            .next()
            .unwrap()
            .to_owned();
        by_restart.entry(restart).or_default().insert(key);
    }
    let lost: Vec<&String> = acknowledged
        .iter()
        .filter(|restart| !by_restart.contains_key(*restart))
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    assert!(
        by_restart.values().all(|keys| keys.len() == 1),
        "{by_restart:?}"
    );
    // What is delivered is what is in the ledger: nothing is said that did not happen.
    assert_eq!(
        by_restart.len() as i64,
        scene.fixture.count("restart").await
    );
    // A message that is sent again is the same one.
    let mut bodies = BTreeMap::new();
    for (key, body) in receiver.got() {
        assert_eq!(bodies.entry(key).or_insert_with(|| body.clone()), &body);
    }
    println!(
        "kills {kills}, acknowledged {}, messages {}",
        acknowledged.len(),
        receiver.got().len()
    );
}
