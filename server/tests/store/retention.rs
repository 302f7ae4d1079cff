//! What is kept for how long.

use chrono::TimeDelta;
use domain::ledger::{LedgerChange, OpenRun};
use server::store::Keep;

use crate::{
    database::{Fixture, now, spec},
    ledger::out_of_memory,
};

/// A container that died three times: a year, two months and a day ago.
async fn died_three_times() -> Fixture {
    let (fixture, now) = (Fixture::new().await, now());
    let mut changes = Vec::new();
    for days in [365, 60, 1] {
        let ended = out_of_memory("a", "checkout", now - TimeDelta::days(days));
        changes.push(LedgerChange::Began(OpenRun {
            spec: spec("a", "checkout", now - TimeDelta::days(366)),
            started_at: ended.run_started_at,
            restart_count: None,
        }));
        changes.push(LedgerChange::Ended(Box::new(ended)));
    }
    let ledger = fixture.store.ledger();
    ledger.record(fixture.source, &changes).await.unwrap();
    fixture
}

#[tokio::test]
async fn restarts_are_kept_for_ever_unless_told_otherwise() {
    let fixture = died_three_times().await;
    let retained = fixture.store.retain(&Keep::default(), now()).await.unwrap();
    assert_eq!(retained.ledger, 0);
    assert_eq!(fixture.count("restart").await, 3);
}

#[tokio::test]
async fn old_restarts_go_with_their_runs() {
    let fixture = died_three_times().await;
    let keep = Keep {
        restarts: Some(TimeDelta::days(90)),
        ..Keep::default()
    };
    fixture.store.retain(&keep, now()).await.unwrap();
    assert_eq!(fixture.count("restart").await, 2);
    assert_eq!(fixture.count("run").await, 2);
    let again = fixture.store.retain(&keep, now()).await.unwrap();
    assert_eq!(again.ledger, 0);
}

/// A container without any run would be met as a new one.
#[tokio::test]
async fn the_newest_run_of_a_container_stays() {
    let fixture = died_three_times().await;
    let keep = Keep {
        restarts: Some(TimeDelta::days(30)),
        ..Keep::default()
    };
    let much_later = now() + TimeDelta::days(1_000);
    fixture.store.retain(&keep, much_later).await.unwrap();
    assert_eq!(fixture.count("restart").await, 0);
    assert_eq!(fixture.count("run").await, 1);
}
