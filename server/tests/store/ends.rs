//! What is counted from memory is what the ledger has.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ledger::{CameBack, LedgerChange},
    restart::{Restart, RestartKind},
    verdict::{Cause, Confidence, Verdict},
    view::{FleetView, LastRestart, RestartCounts},
};
use server::store::{Keep, Store};
use sqlx::{PgPool, Row as _};

use crate::{
    database::{Fixture, now},
    ledger::out_of_memory,
};

/// Restarts and the newest entry of every workload by name, as the overview has them.
fn told(overview: &FleetView) -> Vec<(String, RestartCounts, Option<LastRestart>)> {
    let workloads = overview.workloads.iter();
    let mut told: Vec<_> = workloads
        .map(|row| (row.name.clone(), row.restarts, row.last_restart))
        .collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

/// The same, counted row by row.
async fn counted(
    sql: &PgPool,
    now: Timestamp,
) -> Vec<(String, RestartCounts, Option<LastRestart>)> {
    let rows = sqlx::query(
        "SELECT w.name,
                (SELECT array_agg(r.ended_at) FROM restart r WHERE r.workload_id = w.id AND r.counts) AS counted,
                l.ended_at, l.cause, l.confidence
         FROM workload w LEFT JOIN LATERAL (
             SELECT * FROM restart r WHERE r.workload_id = w.id ORDER BY r.ended_at DESC, r.id DESC LIMIT 1
         ) l ON true
         ORDER BY w.name COLLATE \"C\"",
    )
    .fetch_all(sql)
    .await
    .unwrap();
    let counted = rows.iter().map(|row| {
        let times: Option<Vec<Timestamp>> = row.get("counted");
        let last = |length| {
            let times = times.iter().flatten();
            times
                .filter(|at| **at > now - length && **at <= now)
                .count() as u32
        };
        let newest: Option<Timestamp> = row.get("ended_at");
        let counts = RestartCounts {
            last_10m: last(TimeDelta::minutes(10)),
            last_24h: last(TimeDelta::hours(24)),
            last_7d: last(TimeDelta::days(7)),
            last_30d: last(TimeDelta::days(30)),
        };
        let newest = newest.map(|at| LastRestart {
            at,
            cause: Cause::from_name(row.get("cause")).unwrap(),
            confidence: Confidence::from_name(row.get("confidence")).unwrap(),
        });
        (row.get("name"), counts, newest)
    });
    counted.collect()
}

/// One end in each stretch that is counted by itself, at the edges of each, and one too old for all.
async fn fleet(fixture: &Fixture, now: Timestamp) {
    let ages = [
        ("api", vec![TimeDelta::minutes(5)]),
        ("cart", vec![TimeDelta::minutes(10), TimeDelta::hours(3)]),
        ("checkout", vec![TimeDelta::days(4), TimeDelta::days(1)]),
        ("mail", vec![TimeDelta::days(12), TimeDelta::days(7)]),
        ("old", vec![TimeDelta::days(40), TimeDelta::days(30)]),
        ("older", vec![TimeDelta::days(50)]),
        ("Zebra", Vec::new()),
    ];
    let mut changes = Vec::new();
    for (name, ages) in ages {
        let created_at = now - TimeDelta::days(60);
        fixture.container(name, name, created_at).await;
        let ends = ages.iter().map(|age| out_of_memory(name, name, now - *age));
        changes.extend(ends.map(|end| LedgerChange::Ended(Box::new(end))));
    }
    fixture.record(&changes).await;
}

/// Both the running store and one that is opened anew say what the ledger has.
async fn assert_as_counted(fixture: &Fixture, now: Timestamp) {
    let expected = counted(&fixture.sql().await, now).await;
    let running = fixture.store.fleet(now).await.unwrap();
    assert_eq!(told(&running), expected);
    let anew = Store::open(&fixture.url).await.unwrap();
    let anew = anew.fleet(now).await.unwrap();
    assert_eq!(told(&anew), expected);
    assert_eq!(anew.workloads, running.workloads);
    assert_eq!(anew.sparks, running.sparks);
    assert_eq!(anew.summary, running.summary);
}

#[tokio::test]
async fn restarts_are_counted_as_the_ledger_has_them_before_and_after_a_start() {
    let (fixture, now) = (Fixture::new().await, now());
    fleet(&fixture, now).await;
    assert_as_counted(&fixture, now).await;
    // Later, ends leave one stretch after the other; earlier, they had not come yet.
    for moment in [
        now + TimeDelta::minutes(6),
        now + TimeDelta::days(5),
        now - TimeDelta::days(20),
    ] {
        assert_as_counted(&fixture, moment).await;
    }
}

#[tokio::test]
async fn what_is_learnt_of_an_end_later_counts_at_once() {
    let (fixture, now) = (Fixture::new().await, now());
    fleet(&fixture, now).await;
    assert_as_counted(&fixture, now).await;

    // Stopped, it does not count; then it comes back, and another look finds another cause.
    let stopped = Restart {
        started_at: None,
        kind: RestartKind::StayedDown,
        verdict: Verdict {
            cause: Cause::Completed,
            ..out_of_memory("Zebra", "Zebra", now).verdict
        },
        ..out_of_memory("Zebra", "Zebra", now - TimeDelta::minutes(2))
    };
    fixture
        .record(&[LedgerChange::Ended(Box::new(stopped.clone()))])
        .await;
    let row = |overview: &FleetView| {
        overview
            .workloads
            .iter()
            .find(|row| row.name == "Zebra")
            .cloned()
    };
    let before = row(&fixture.store.fleet(now).await.unwrap()).unwrap();
    assert_eq!(before.restarts.last_10m, 0);
    assert_as_counted(&fixture, now).await;

    let back = CameBack {
        container: stopped.container.clone(),
        run_started_at: stopped.run_started_at,
        started_at: now - TimeDelta::minutes(1),
        kind: RestartKind::Policy,
        next_image: None,
    };
    fixture.record(&[LedgerChange::CameBack(back)]).await;
    let after = row(&fixture.store.fleet(now).await.unwrap()).unwrap();
    assert_eq!(after.restarts.last_10m, 1);
    assert_as_counted(&fixture, now).await;

    let seen_anew = Restart {
        ended_at: stopped.ended_at + TimeDelta::seconds(5),
        verdict: out_of_memory("Zebra", "Zebra", now).verdict,
        ..stopped
    };
    fixture
        .record(&[LedgerChange::Ended(Box::new(seen_anew))])
        .await;
    let after = row(&fixture.store.fleet(now).await.unwrap()).unwrap();
    assert_eq!(after.last_restart.unwrap().cause, Cause::OutOfMemory);
    assert_as_counted(&fixture, now).await;
}

#[tokio::test]
async fn what_is_not_kept_is_not_counted() {
    let (fixture, now) = (Fixture::new().await, now());
    fleet(&fixture, now).await;
    assert_as_counted(&fixture, now).await;
    let keep = Keep {
        restarts: Some(TimeDelta::days(3)),
        ..Keep::default()
    };
    fixture.store.retain(&keep, now).await.unwrap();
    assert_as_counted(&fixture, now).await;
}
