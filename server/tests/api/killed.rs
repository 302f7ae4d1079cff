//! Killed while it watches: what it once showed it still knows, and every end is in the ledger once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    time::Duration,
};

use chrono::{DateTime, DurationRound as _, SecondsFormat, TimeDelta, Utc};
use rustix::process::Signal;
use serde_json::Value;
use simulator::{Fleet, Happening, Listen, RunningSimulator, Simulation};
use tokio::time::{Instant, sleep};

use crate::support::{Server, folder, inquest};

const ROUNDS: u64 = 4;
const STEADY: &str = "steady";

fn seen(round: u64) -> String {
    format!("seen-{round}")
}

fn unseen(round: u64) -> String {
    format!("unseen-{round}")
}

/// An engine with one container that lives on, and for each round one that dies under our eyes and one that dies unseen: a container
/// that dies again and again would spend the test in its back-off.
async fn engine() -> RunningSimulator {
    let mut fleet = String::from("[[engine]]\nname='here'\n");
    let names = (0..ROUNDS).flat_map(|round| [seen(round), unseen(round)]);
    for name in names.chain([STEADY.to_owned()]) {
        writeln!(
            fleet,
            "[[container]]\nname='{name}'\nengine='here'\nimage='web'\nlimit='64 MiB'"
        )
        .expect("memory");
    }
    let fleet = Fleet::parse(&fleet).expect("a fleet");
    let simulation = Simulation::builder(fleet).build().expect("a simulation");
    let anywhere = Listen::Tcp(([127, 0, 0, 1], 0).into());
    simulation.listen(&anywhere).await.expect("a free port")
}

fn start(data_dir: &Path, config: &Path) -> Server {
    Server::from(inquest(data_dir).arg("serve").arg("--config").arg(config))
}

/// Whose end the ledger has, by entry and by container; an end that is there twice would show in the second.
async fn ledger(server: &Server) -> Vec<(String, String)> {
    let (status, _, body) = server.get("/api/v1/restarts?limit=1000").await;
    assert_eq!(status, 200, "{body}");
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    let rows = body["data"].as_array().expect("a list").iter();
    rows.map(|row| (text(row, "id"), text(row, "container_id")))
        .collect()
}

/// The smallest and the largest reading that is shown of every five seconds.
type Readings = BTreeMap<usize, (f64, f64)>;

async fn readings(server: &Server, from: DateTime<Utc>) -> Readings {
    let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (status, _, list) = server.get("/api/v1/workloads").await;
    assert_eq!(status, 200, "{list}");
    let rows = list["data"].as_array().expect("a list");
    let Some(id) = rows
        .iter()
        .find(|row| row["name"] == STEADY)
        .and_then(|row| row["id"].as_str())
    else {
        return Readings::new();
    };
    let (from, to) = (stamp(from), stamp(from + TimeDelta::minutes(5)));
    let path = format!(
        "/api/v1/workloads/{id}/series?metrics=memory_usage_bytes&from={from}&to={to}&points=60"
    );
    let (status, _, body) = server.get(&path).await;
    assert_eq!(status, 200, "{body}");
    let series = &body["data"][0];
    assert_eq!(series["step_ms"], 5_000, "{series}");
    let column = |name: &str| series[name].as_array().expect("a column").clone();
    column("min")
        .iter()
        .zip(&column("max"))
        .enumerate()
        .filter_map(|(bucket, (min, max))| Some((bucket, (min.as_f64()?, max.as_f64()?))))
        .collect()
}

/// Whether every reading of `shown` is still among `known`, as far as extremes tell.
fn keeps(known: &Readings, shown: &Readings) -> bool {
    shown.iter().all(|(bucket, (least, most))| {
        known
            .get(bucket)
            .is_some_and(|(min, max)| min <= least && max >= most)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_it_watches_loses_nothing_that_was_shown() {
    let engine = engine().await;
    let (data_dir, settings) = (folder(), folder());
    let config = settings.path().join("inquest.toml");
    let endpoint = engine.endpoint();
    let source =
        format!("[[source]]\nkind='docker'\nname='here'\nendpoint='{endpoint}'\ninterval='1s'\n");
    fs::write(&config, source).expect("a file");

    let bucket = TimeDelta::seconds(5);
    let began = Utc::now().duration_trunc(bucket).expect("in range");
    let (mut entries, mut shown) = (Vec::new(), Readings::new());
    for round in 0..ROUNDS {
        let mut server = start(data_dir.path(), &config);
        for entry in &entries {
            assert!(ledger(&server).await.contains(entry), "{entry:?} was shown");
        }
        let known = readings(&server, began).await;
        assert!(keeps(&known, &shown), "{shown:?} were shown, now {known:?}");

        sleep(Duration::from_secs(3)).await;
        assert!(engine.provoke(&seen(round), &Happening::Sigkill));
        // Sometimes before the end has settled, sometimes after it was written.
        sleep(Duration::from_millis(900 + 700 * round)).await;
        shown = readings(&server, began).await;
        entries = ledger(&server).await;
        server.signal(Signal::KILL);
        server.wait();
        // One more end while nobody watches.
        sleep(Duration::from_millis(500)).await;
        assert!(engine.provoke(&unseen(round), &Happening::Sigkill));
    }

    let server = start(data_dir.path(), &config);
    let deadline = Instant::now() + Duration::from_secs(30);
    while ledger(&server).await.len() < engine.truth().deaths.len() && Instant::now() < deadline {
        sleep(Duration::from_millis(200)).await;
    }
    let in_ledger = ledger(&server).await;
    let ended: BTreeSet<_> = in_ledger.iter().map(|(_, container)| container).collect();
    let deaths = engine.truth().deaths;
    assert_eq!(deaths.len() as u64, 2 * ROUNDS, "{deaths:?}");
    assert_eq!(
        in_ledger.len(),
        deaths.len(),
        "{in_ledger:?} for {deaths:?}"
    );
    assert_eq!(ended.len(), deaths.len(), "none twice: {in_ledger:?}");
    assert!(shown.len() >= 4, "it did poll: {shown:?}");
    drop(server);
    engine.shutdown().await;
}
