//! An engine that is simulated, the program that watches it, and what that program shows.

use std::{
    collections::BTreeMap, fmt::Write as _, io::Write as _, path::Path, process::Command,
    time::Duration,
};

use chrono::{DateTime, DurationRound as _, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use simulator::{Fleet, Listen, RunningSimulator, Simulation};
use tempfile::NamedTempFile;
use tokio::time::{Instant, sleep};

use crate::support::{Server, inquest};

/// How readings are looked at: the extremes of every five seconds.
const BUCKET: TimeDelta = TimeDelta::seconds(5);

/// An engine with a container of each name, whose working set is about `level` of its limit.
pub(crate) async fn simulate(names: &[String], level: f64) -> RunningSimulator {
    let mut fleet = String::from("[[engine]]\nname='here'\n");
    for name in names {
        writeln!(
            fleet,
            "[[container]]\nname='{name}'\nengine='here'\nimage='web'\nlimit='64 MiB'\nlevel={level:?}"
        )
        .expect("memory");
    }
    let fleet = Fleet::parse(&fleet).expect("a fleet");
    let simulation = Simulation::builder(fleet).build().expect("a simulation");
    let anywhere = Listen::Tcp(([127, 0, 0, 1], 0).into());
    simulation.listen(&anywhere).await.expect("a free port")
}

/// A file that says to watch it every second, under as many names.
pub(crate) fn configuration(engine: &RunningSimulator, names: usize) -> NamedTempFile {
    let mut file = tempfile::Builder::new()
        .suffix(".toml")
        .tempfile()
        .expect("a file");
    let endpoint = engine.endpoint();
    for name in 0..names {
        writeln!(
            file,
            "[[source]]\nkind='docker'\nname='here-{name}'\nendpoint='{endpoint}'\ninterval='1s'"
        )
        .expect("written");
    }
    file
}

/// The program that watches what `configuration` says.
pub(crate) fn watch(data_dir: &Path, configuration: &Path) -> Command {
    let mut command = inquest(data_dir);
    command.arg("serve").arg("--config").arg(configuration);
    command
}

/// Now, to the bucket.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().duration_trunc(BUCKET).expect("in range")
}

/// Looks until something holds, which on a machine under load may take a while.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(3);
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// Whose end the ledger has, by entry and by container; an end that is there twice would show in the second.
pub(crate) async fn ledger(server: &Server) -> Vec<(String, String)> {
    let (status, _, body) = server.get("/api/v1/restarts?limit=1000").await;
    assert_eq!(status, 200, "{body}");
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    let rows = body["data"].as_array().expect("a list").iter();
    rows.map(|row| (text(row, "id"), text(row, "container_id")))
        .collect()
}

/// The smallest and the largest reading that is shown of every five seconds.
pub(crate) type Readings = BTreeMap<usize, (f64, f64)>;

pub(crate) async fn readings(server: &Server, name: &str, from: DateTime<Utc>) -> Readings {
    let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (status, _, list) = server.get("/api/v1/workloads").await;
    assert_eq!(status, 200, "{list}");
    let rows = list["data"].as_array().expect("a list");
    let Some(id) = rows
        .iter()
        .find(|row| row["name"] == name)
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
    assert_eq!(series["step_ms"], BUCKET.num_milliseconds(), "{series}");
    let column = |name: &str| series[name].as_array().expect("a column").clone();
    column("min")
        .iter()
        .zip(&column("max"))
        .enumerate()
        .filter_map(|(bucket, (min, max))| Some((bucket, (min.as_f64()?, max.as_f64()?))))
        .collect()
}

/// Whether every reading of `shown` is still among `known`, as far as extremes tell.
pub(crate) fn keeps(known: &Readings, shown: &Readings) -> bool {
    shown.iter().all(|(bucket, (least, most))| {
        known
            .get(bucket)
            .is_some_and(|(min, max)| min <= least && max >= most)
    })
}
