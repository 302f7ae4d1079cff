//! Runs from the store: cut, judged, and what deploys did decided once.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId, WorkloadId},
    ledger::{LedgerChange, OpenRun},
    metric::TaskKind,
    restart::Restart,
    sample::{Sample, TaskCount},
    view::{ForecastView, GrowthState, TimeRange, TimelineKind, TimelineQuery, WorkloadQuery},
    workload::{ContainerSpec, ContainerState},
};
use server::{
    analyze::{Outlooks, Worker},
    collect::hint::Hint,
    live::Live,
    store::Tick,
};

use crate::{
    database::{Fixture, now, spec},
    ledger::out_of_memory,
};

const MIB: f64 = 1_048_576.0;

/// Readings of every ten seconds from one moment to another; memory by age in minutes, and goroutines that follow it.
async fn read(
    fixture: &Fixture,
    container: ContainerKey,
    (from, to): (Timestamp, Timestamp),
    mib: impl Fn(f64) -> f64,
) {
    let readings = (to - from).num_seconds() / 10;
    let ticks: Vec<Tick> = (1..=readings)
        .map(|index| {
            let at = from + TimeDelta::seconds(10 * index);
            let memory = mib((at - from).num_seconds() as f64 / 60.0);
            let sample = Sample {
                working_set_bytes: Some((memory * MIB) as u64),
                limit_bytes: Some(64 << 20),
                tasks: Some(TaskCount {
                    kind: TaskKind::Goroutines,
                    count: (memory * 100.0) as u64,
                }),
                ..Sample::empty(at)
            };
            Tick {
                at,
                samples: vec![(container, sample)],
            }
        })
        .collect();
    let samples = fixture.store.samples();
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    // What is older than the window in memory is seen once it is sealed.
    samples.seal(now()).await.unwrap();
}

async fn record(fixture: &Fixture, change: LedgerChange) {
    fixture.record(&[change]).await;
}

async fn begin(fixture: &Fixture, spec: &ContainerSpec, started_at: Timestamp) {
    let run = OpenRun {
        spec: spec.clone(),
        started_at,
        restart_count: None,
    };
    record(fixture, LedgerChange::Began(run)).await;
    let sql = fixture.sql().await;
    sqlx::query("UPDATE container SET state = 'running', started_at = $1 WHERE engine_id = $2")
        .bind(started_at)
        .bind(&spec.id.0)
        .execute(&sql)
        .await
        .unwrap();
}

/// A run that climbs from 4 MiB to its limit of 64 MiB in so many minutes, and dies there.
async fn die(fixture: &Fixture, container: ContainerKey, begin: Timestamp, minutes: i64) {
    let end = begin + TimeDelta::minutes(minutes);
    read(fixture, container, (begin, end), |age| {
        4.0 + 60.0 * age / minutes as f64
    })
    .await;
    let restart = Restart {
        run_started_at: begin,
        ..out_of_memory("a", "checkout", end)
    };
    record(fixture, LedgerChange::Ended(Box::new(restart))).await;
}

fn worker(fixture: &Fixture, hint: &Hint) -> (Worker, Outlooks) {
    let outlooks = Outlooks::default();
    let hints = HashMap::from([(fixture.source, hint.clone())]);
    let worker = Worker::new(
        fixture.store.clone(),
        Live::default(),
        outlooks.clone(),
        hints,
    );
    (worker, outlooks)
}

async fn forecasts(
    fixture: &Fixture,
    outlooks: &Outlooks,
    now: Timestamp,
) -> HashMap<WorkloadId, Option<ForecastView>> {
    let query = WorkloadQuery::default();
    let mut rows = fixture.store.workload_rows(&query, now).await.unwrap();
    outlooks.add_to(&mut rows.data, now);
    let rows = rows.data.into_iter();
    rows.map(|row| (row.id, row.forecast)).collect()
}

#[tokio::test]
async fn a_leak_is_foreseen_and_tried_on_its_past() {
    let (fixture, now) = (Fixture::new().await, now());
    let first = now - TimeDelta::minutes(20 + 6 * 40);
    let (workload, container) = fixture.container("a", "checkout", first).await;
    for run in 0..6 {
        die(
            &fixture,
            container,
            first + TimeDelta::minutes(40 * run),
            40,
        )
        .await;
    }
    let begun = now - TimeDelta::minutes(20);
    begin(&fixture, &spec("a", "checkout", first), begun).await;
    read(&fixture, container, (begun, now), |age| {
        4.0 + 60.0 * age / 40.0
    })
    .await;

    let hint = Hint::default();
    let (mut worker, outlooks) = worker(&fixture, &hint);
    worker.round(now).await.unwrap();
    let told = forecasts(&fixture, &outlooks, now).await.remove(&workload);
    let told = told.flatten().expect("it was judged");
    assert_eq!(told.state, GrowthState::Growing, "{told:?}");
    let end = now + TimeDelta::minutes(20);
    assert!(
        told.earliest_at.unwrap() <= end && end <= told.latest_at.unwrap(),
        "{told:?}"
    );
    assert_eq!((told.hits, told.tried), (Some(18), Some(18)), "{told:?}");
    assert!(hint.near().is_empty(), "every second from ten minutes on");

    let later = now + TimeDelta::minutes(13);
    read(&fixture, container, (begun, later), |age| {
        4.0 + 60.0 * age / 40.0
    })
    .await;
    worker.round(later).await.unwrap();
    assert!(hint.near().contains(&EngineId::from("a")));

    let died = Restart {
        run_started_at: begun,
        ..out_of_memory("a", "checkout", end)
    };
    record(&fixture, LedgerChange::Ended(Box::new(died))).await;
    worker.round(end).await.unwrap();
    assert!(hint.near().is_empty());
    let told = forecasts(&fixture, &outlooks, end).await.remove(&workload);
    assert_eq!(told.flatten(), None, "nothing runs");
}

#[tokio::test]
async fn old_runs_of_many_workloads_are_judged_in_a_few_round_trips() {
    let (fixture, now) = (Fixture::new().await, now());
    let begun = now - TimeDelta::hours(7);
    let mut level = Vec::new();
    for index in 0..12 {
        let (id, name) = (format!("c{index}"), format!("web-{index}"));
        let (workload, container) = fixture.container(&id, &name, begun).await;
        begin(&fixture, &spec(&id, &name, begun), begun).await;
        if index > 0 {
            read(&fixture, container, (begun, now), |_| 20.0).await;
        }
        level.push(workload);
    }
    let (leaking, container) = fixture.container("leak", "leak", begun).await;
    begin(&fixture, &spec("leak", "leak", begun), begun).await;
    read(&fixture, container, (begun, now), |age| 4.0 + age / 10.0).await;

    let (mut worker, outlooks) = worker(&fixture, &Hint::default());
    worker.round(now).await.unwrap();
    let told = forecasts(&fixture, &outlooks, now).await;
    let state = |id: &WorkloadId| told[id].as_ref().map(|told| told.state);
    assert_eq!(
        state(&level[0]),
        Some(GrowthState::Unknown),
        "nothing was read"
    );
    for id in &level[1..] {
        assert_eq!(state(id), Some(GrowthState::Flat), "{:?}", told[id]);
    }
    assert_eq!(
        state(&leaking),
        Some(GrowthState::Growing),
        "{:?}",
        told[&leaking]
    );
}

#[tokio::test]
async fn what_a_deploy_did_is_decided_once() {
    let (fixture, now) = (Fixture::new().await, now());
    let deployed = now - TimeDelta::hours(2);
    let first = deployed - TimeDelta::minutes(12 * 20);
    let (workload, container) = fixture.container("a", "checkout", first).await;
    for run in 0..12 {
        die(
            &fixture,
            container,
            first + TimeDelta::minutes(20 * run),
            20,
        )
        .await;
    }
    let mended = ContainerSpec {
        image: "shop/checkout:2".into(),
        image_id: "sha256:2".into(),
        ..spec("b", "checkout", deployed)
    };
    begin(&fixture, &mended, deployed).await;
    let containers = fixture.store.containers();
    let known = containers.known(fixture.source).await.unwrap();
    let after = known
        .iter()
        .find(|known| known.id == mended.id)
        .map(|known| known.keys.container)
        .unwrap();
    read(&fixture, after, (deployed, now), |_| 9.0).await;

    for _process in 0..2 {
        let (mut worker, _outlooks) = worker(&fixture, &Hint::default());
        worker.round(now).await.unwrap();
        worker.round(now + TimeDelta::minutes(5)).await.unwrap();
    }
    let query = TimelineQuery {
        workload: Some(workload),
        range: TimeRange {
            from: first,
            to: now + TimeDelta::hours(1),
        },
        limit: None,
        cursor: None,
    };
    let timeline = fixture.store.timeline(&query).await.unwrap().data;
    let of_kind = |kind| timeline.iter().filter(move |entry| entry.kind == kind);
    assert_eq!(of_kind(TimelineKind::Deploy).count(), 1);
    let proofs: Vec<_> = of_kind(TimelineKind::Proof).collect();
    assert_eq!(proofs.len(), 1, "{proofs:?}");
    let text = proofs[0].text.replace('\u{a0}', " ");
    assert!(text.starts_with("fixed: 6.0 mean intervals"), "{text}");
    assert!(
        text.contains("goroutines at age 15 min: 900 instead of "),
        "{text}"
    );
    // Three mean intervals of twenty minutes after the deploy, not when we came to look.
    let expected = deployed + TimeDelta::minutes(60);
    assert!(
        (proofs[0].at - expected).abs() < TimeDelta::minutes(2),
        "{proofs:?}"
    );
}

#[tokio::test]
async fn a_limit_that_is_changed_in_place_is_a_deploy_and_judged_as_one() {
    let (fixture, now) = (Fixture::new().await, now());
    let begun = now - TimeDelta::minutes(35);
    let first = begun - TimeDelta::minutes(12 * 20);
    let (workload, container) = fixture.container("a", "checkout", first).await;
    for run in 0..12 {
        let begin = first + TimeDelta::minutes(20 * run);
        die(&fixture, container, begin, 20).await;
    }
    begin(&fixture, &spec("a", "checkout", first), begun).await;
    let changed = begun + TimeDelta::minutes(5);
    let seen = |at, limit_mib: u64| Observation {
        at,
        spec: ContainerSpec {
            limit_bytes: Some(limit_mib << 20),
            ..spec("a", "checkout", first)
        },
        state: ContainerState::Running,
        started_at: Some(begun),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: Some(12),
    };
    let containers = fixture.store.containers();
    for (at, limit_mib) in [(begun, 64), (changed, 128), (now, 128)] {
        let state = seen(at, limit_mib);
        containers.set_state(container, &state).await.unwrap();
    }
    // As before: three mebibytes a minute.
    read(&fixture, container, (begun, now), |age| 4.0 + 3.0 * age).await;

    for _process in 0..2 {
        let (mut worker, _outlooks) = worker(&fixture, &Hint::default());
        worker.round(now).await.unwrap();
    }
    let deploys = fixture.store.deploys(workload).await.unwrap();
    assert_eq!(deploys.len(), 1, "{deploys:?}");
    assert!(deploys[0].is_in_place && deploys[0].at == changed);
    let proof = deploys[0].proof.as_ref().expect("it is decided");
    let text = proof.text.replace('\u{a0}', " ");
    assert!(
        text.starts_with("a larger limit only delays by 2"),
        "{text}"
    );
    let query = TimelineQuery {
        workload: Some(workload),
        range: TimeRange {
            from: begun,
            to: now + TimeDelta::hours(1),
        },
        limit: None,
        cursor: None,
    };
    let timeline = fixture.store.timeline(&query).await.unwrap().data;
    let told: Vec<_> = timeline
        .iter()
        .filter(|entry| matches!(entry.kind, TimelineKind::Deploy | TimelineKind::Proof))
        .map(|entry| (entry.kind, entry.text.replace('\u{a0}', " ")))
        .collect();
    let change = "memory limit 64 MiB → 128 MiB, without a new container".to_owned();
    assert_eq!(
        told,
        [(TimelineKind::Deploy, change), (TimelineKind::Proof, text)]
    );
}
