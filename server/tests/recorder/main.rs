//! From a simulated engine through the Docker source and the recorder to the ledger in a real Postgres, compared with the truth.
//! `make test` provides the database; so does `xtask/with-postgres.sh cargo test -p server --test recorder`.
#![expect(clippy::unwrap_used, reason = "a test binary")]

#[allow(dead_code, reason = "shared with the store's tests")]
#[path = "../store/database.rs"]
mod database;
mod evidence;
mod outage;
mod watched;

use std::time::Duration;

use domain::{
    restart::RestartKind,
    verdict::{Cause, Confidence},
    view::{RestartQuery, RestartRow, TimeRange, TimelineKind, TimelineQuery},
};
use simulator::{Farewell, Happening};

use crate::{database::now, watched::Watched};

/// One workload for each thing that can happen to it.
const WORKLOADS: [&str; 11] = [
    "leaks",
    "leaks-late",
    "panics",
    "completes",
    "child",
    "killed",
    "stopped",
    "restarted",
    "removed",
    "deployed",
    "steady",
];

fn happening(workload: &str) -> Option<Happening> {
    let exit = |code, log| Happening::Exit {
        code,
        log,
        again_after_ms: None,
    };
    Some(match workload {
        "leaks" => Happening::OutOfMemory {
            late: false,
            duplicates: 1,
        },
        "leaks-late" => Happening::OutOfMemory {
            late: true,
            duplicates: 0,
        },
        "panics" => exit(2, Farewell::GoPanic),
        "completes" => exit(0, Farewell::Clean),
        "child" => Happening::ChildOutOfMemory,
        "killed" => Happening::Sigkill,
        "stopped" => Happening::Stop { down_ms: 3_000 },
        "restarted" => Happening::Restart,
        "removed" => Happening::Deploy {
            tag: "2".to_owned(),
            forced: true,
        },
        "deployed" => Happening::Deploy {
            tag: "2".to_owned(),
            forced: false,
        },
        _ => return None,
    })
}

/// What the ledger must say of it.
fn expected(workload: &str) -> (Cause, RestartKind) {
    match workload {
        "leaks" | "leaks-late" => (Cause::OutOfMemory, RestartKind::Policy),
        "panics" => (Cause::Crash, RestartKind::Policy),
        "completes" => (Cause::Completed, RestartKind::Policy),
        "killed" => (Cause::Killed, RestartKind::Policy),
        "stopped" | "restarted" => (Cause::Stopped, RestartKind::Manual),
        "removed" | "deployed" => (Cause::Deployed, RestartKind::Recreated),
        other => panic!("{other} has no restart"),
    }
}

async fn rows(watched: &Watched) -> Vec<RestartRow> {
    let query = RestartQuery {
        limit: Some(1_000),
        ..RestartQuery::default()
    };
    watched.store.restart_rows(&query).await.unwrap().data
}

/// Every true end is in the ledger once, and nothing else is.
async fn agrees_with_truth(watched: &Watched) {
    let (rows, truth) = (rows(watched).await, watched.simulator.truth());
    for death in &truth.deaths {
        let found: Vec<_> = rows
            .iter()
            .filter(|row| row.container_id.0 == death.container_id)
            .filter(|row| (row.ended_at - death.ended_at).abs() < chrono::TimeDelta::seconds(1))
            .collect();
        assert_eq!(found.len(), 1, "{death:?} in {rows:#?}");
        assert_eq!(found[0].exit_code, Some(death.exit_code), "{death:?}");
        assert_eq!(
            found[0].started_at.is_some(),
            death.restarted_at.is_some(),
            "{death:?} {:?}",
            found[0]
        );
    }
    assert_eq!(rows.len(), truth.deaths.len(), "{rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_is_named_rightly() {
    let watched = Watched::start(&WORKLOADS).await;
    for workload in WORKLOADS {
        if let Some(happening) = happening(workload) {
            assert!(
                watched.simulator.provoke(workload, &happening),
                "{workload}"
            );
        }
    }
    watched.settle(Duration::from_secs(10)).await;
    agrees_with_truth(&watched).await;
    for row in rows(&watched).await {
        let (cause, kind) = expected(&row.workload_name);
        assert_eq!((row.cause, row.kind), (cause, kind), "{row:#?}");
        if row.cause != Cause::Killed {
            assert_eq!(row.confidence, Confidence::Confirmed, "{row:#?}");
        }
    }
    let timeline = TimelineQuery {
        workload: None,
        range: TimeRange {
            from: now() - chrono::TimeDelta::minutes(5),
            to: now() + chrono::TimeDelta::minutes(5),
        },
        limit: None,
        cursor: None,
    };
    let facts = watched.store.timeline(&timeline).await.unwrap();
    let children = facts
        .data
        .iter()
        .filter(|fact| fact.kind == TimelineKind::ChildOutOfMemory)
        .count();
    assert_eq!(children, watched.simulator.truth().child_ooms.len());
    watched.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_inquest_neither_loses_nor_invents_a_restart() {
    let mut watched = Watched::start(&WORKLOADS).await;
    let provoke = |watched: &Watched, workload: &str| {
        assert!(
            watched
                .simulator
                .provoke(workload, &happening(workload).unwrap()),
            "{workload}"
        );
    };
    // Noticed, but not settled when we are stopped; then unwatched; then just when we begin again.
    provoke(&watched, "leaks");
    tokio::time::sleep(Duration::from_millis(500)).await;
    watched.interrupt().await;
    provoke(&watched, "panics");
    provoke(&watched, "deployed");
    tokio::time::sleep(Duration::from_secs(3)).await;
    provoke(&watched, "killed");
    watched.resume().await;
    provoke(&watched, "leaks-late");
    watched.settle(Duration::from_secs(8)).await;
    agrees_with_truth(&watched).await;
    for row in rows(&watched).await {
        assert_eq!(row.cause, expected(&row.workload_name).0, "{row:#?}");
    }
    // Once more, with nothing happening: nothing is made up.
    watched.interrupt().await;
    watched.resume().await;
    watched.settle(Duration::from_secs(4)).await;
    agrees_with_truth(&watched).await;
    watched.stop().await;
}
