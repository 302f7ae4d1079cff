//! Killed at any moment between the ledger and the receiver, nothing that was acknowledged is lost, and what arrives twice has the same key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::OpenOptions,
    hash::{Hash as _, Hasher as _},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use domain::verdict::Cause;
use serde_json::json;
use server::store::Store;

use crate::{
    receiver::{Mood, Receiver},
    scene::{Scene, dispatcher, rule},
};

/// Where the child finds the database, and notes what was acknowledged.
const ORDER: &str = "INQUEST_ALERTS_KILL_ORDER";
/// A short form; `make faults` is the long one, which appends its figures to the file `KILLS_RESULTS`. `KILLS_SEED` sets the moments.
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
        // On a machine under load the database may not answer in time; nothing is acknowledged then.
        let Ok(written) = store
            .ledger()
            .record_news(source, &[change], &[], ended_at + TimeDelta::seconds(2))
            .await
        else {
            continue;
        };
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

/// What came of it.
#[derive(Debug)]
struct Tally {
    kills: usize,
    acknowledged: usize,
    /// Acknowledged or in the ledger, and never delivered.
    lost: usize,
    /// Delivered and not in the ledger.
    invented: usize,
    /// Messages that came in, those that were not taken too.
    messages: usize,
    /// Alerts that came more than once.
    duplicates: usize,
    /// Of those, the ones that a receiver cannot tell: under another key, or under the same with another text.
    duplicates_without_key: usize,
}

impl Tally {
    fn of(
        kills: usize,
        acknowledged: &BTreeSet<String>,
        receiver: &Receiver,
        known: usize,
    ) -> Self {
        let mut keys = BTreeMap::<String, Vec<String>>::new();
        for key in receiver.keys() {
            let (_, rest) = key.split_once("-restart-").unwrap();
            let restart = rest.split('-').next().unwrap().to_owned();
            keys.entry(restart).or_default().push(key);
        }
        let others = keys
            .values()
            .filter(|keys| keys.iter().any(|key| *key != keys[0]));
        // A message that is sent again is the same one.
        let mut bodies = BTreeMap::new();
        let got = receiver.got();
        let changed = got
            .iter()
            .filter(|(key, body)| *bodies.entry(key).or_insert(body) != body);
        let missing = acknowledged
            .iter()
            .filter(|restart| !keys.contains_key(*restart));
        Self {
            kills,
            acknowledged: acknowledged.len(),
            lost: missing.count().max(known.saturating_sub(keys.len())),
            invented: keys.len().saturating_sub(known),
            messages: got.len(),
            duplicates: keys.values().filter(|keys| keys.len() > 1).count(),
            duplicates_without_key: others.count() + changed.count(),
        }
    }

    /// Appends its figures to the file of all figures.
    fn append(&self, file: &str) {
        let scale = if self.kills >= 200 {
            "full".to_owned()
        } else {
            format!("{} kills", self.kills)
        };
        let mut text = String::new();
        for (name, value) in [
            ("notify.kills", self.kills),
            ("notify.acknowledged", self.acknowledged),
            ("notify.messages", self.messages),
            ("notify.lost", self.lost),
            ("notify.duplicates", self.duplicates),
            ("notify.duplicates_without_key", self.duplicates_without_key),
        ] {
            let figure = json!({
                "name": name, "value": value, "unit": "count", "scale": scale, "at": Utc::now(),
            });
            // Writing into a string cannot fail.
            let _never = writeln!(text, "{figure}");
        }
        std::fs::create_dir_all(std::path::Path::new(file).parent().unwrap()).unwrap();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

/// How long a process works before it is killed: from nothing to as long as a slow receiver takes.
fn span(seed: u64, kill: usize) -> Duration {
    let mut hasher = std::hash::DefaultHasher::new();
    (seed, kill).hash(&mut hasher);
    Duration::from_micros(hasher.finish() % 400_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_what_comes_twice_has_the_same_key() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let seed = std::env::var("KILLS_SEED").map_or(7, |seed| seed.parse().unwrap());
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
        tokio::time::sleep(span(seed, kill)).await;
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
    // What is delivered is what is in the ledger: nothing is said that did not happen.
    let known = scene.fixture.count("restart").await as usize;
    let tally = Tally::of(kills, &acknowledged, &receiver, known);
    println!("{tally:?}");
    if let Ok(file) = std::env::var("KILLS_RESULTS") {
        tally.append(&file);
    }
    assert!(tally.acknowledged >= kills, "it was at work: {tally:?}");
    assert_eq!(tally.lost, 0, "{tally:?}, KILLS_SEED={seed}");
    assert_eq!(tally.invented, 0, "{tally:?}, KILLS_SEED={seed}");
    assert_eq!(
        tally.duplicates_without_key, 0,
        "{tally:?}, KILLS_SEED={seed}"
    );
    let waiting = scene.fixture.store.alerts().channels().await.unwrap()[0].waiting;
    assert_eq!(waiting, 0);
}
