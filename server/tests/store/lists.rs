//! What people read first: the overview, the list of workloads, the sources.

use chrono::TimeDelta;
use domain::{
    fact::Observation,
    ledger::LedgerChange,
    metric::Metric,
    sample::Sample,
    source::{EngineInfo, SourceState},
    view::{SparkLine, TimeRange, WorkloadQuery},
    workload::ContainerState,
};
use server::{
    collect::Health,
    store::{Store, Tick},
};

use crate::{
    database::{Fixture, now, spec},
    ledger::out_of_memory,
    samples::steady,
};

#[tokio::test]
async fn the_most_urgent_workload_comes_first_on_every_page() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut changes = Vec::new();
    for (index, name) in ["api", "cart", "checkout", "search", "worker"]
        .into_iter()
        .enumerate()
    {
        fixture
            .container(name, name, now - TimeDelta::hours(1))
            .await;
        // `worker` restarts most, `api` and `cart` not at all.
        for restart in 0..index.saturating_sub(1) {
            let ended_at = now - TimeDelta::minutes(30 + restart as i64);
            changes.push(LedgerChange::Ended(Box::new(out_of_memory(
                name, name, ended_at,
            ))));
        }
    }
    fixture.record(&changes).await;
    let mut query = WorkloadQuery {
        limit: Some(2),
        ..WorkloadQuery::default()
    };
    let mut names = Vec::new();
    loop {
        let page = fixture.store.workload_rows(&query, now).await.unwrap();
        names.extend(page.data.into_iter().map(|row| row.name));
        query.cursor = page.meta.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["worker", "search", "checkout", "api", "cart"]);
    let found = WorkloadQuery {
        search: Some("CHECKOUT".into()),
        source: Some("local".into()),
        ..WorkloadQuery::default()
    };
    // All five have an image of that name.
    assert_eq!(
        fixture
            .store
            .workload_rows(&found, now)
            .await
            .unwrap()
            .data
            .len(),
        5
    );
    let found = WorkloadQuery {
        search: Some("%".into()),
        ..WorkloadQuery::default()
    };
    assert_eq!(
        fixture
            .store
            .workload_rows(&found, now)
            .await
            .unwrap()
            .data
            .len(),
        0
    );
}

#[tokio::test]
async fn the_overview_lists_what_the_list_does_in_its_order() {
    let (fixture, now) = (Fixture::new().await, now());
    // One restart in each stretch that is counted by itself, one too old for all, and several of one.
    let ages = [
        ("api", vec![TimeDelta::minutes(5)]),
        ("cart", vec![TimeDelta::hours(3)]),
        ("checkout", vec![TimeDelta::days(4), TimeDelta::days(3)]),
        ("mail", vec![TimeDelta::days(12)]),
        ("old", vec![TimeDelta::days(40)]),
        (
            "search",
            (1..=5).rev().map(|day| TimeDelta::days(5 * day)).collect(),
        ),
        ("Zebra", Vec::new()),
        ("worker", Vec::new()),
    ];
    let mut changes = Vec::new();
    for (name, ages) in &ages {
        fixture
            .container(name, name, now - TimeDelta::days(60))
            .await;
        let ends = ages.iter().map(|age| out_of_memory(name, name, now - *age));
        changes.extend(ends.map(|end| LedgerChange::Ended(Box::new(end))));
    }
    fixture.record(&changes).await;
    let list = fixture
        .store
        .workload_rows(&WorkloadQuery::default(), now)
        .await
        .unwrap();
    let overview = fixture.store.fleet(now).await.unwrap();
    assert_eq!(overview.workloads, list.data);
    let names: Vec<_> = list.data.iter().map(|row| row.name.as_str()).collect();
    let expected = [
        "api", "cart", "search", "checkout", "mail", "Zebra", "old", "worker",
    ];
    assert_eq!(names, expected);
    let marks = overview.sparks.iter().map(|spark| spark.restarts.len());
    assert_eq!(marks.sum::<usize>(), 2);
}

#[tokio::test]
async fn the_overview_has_numbers_of_now_and_sparklines() {
    let (fixture, now) = (Fixture::new().await, now());
    let (workload, old) = fixture
        .container("a", "checkout", now - TimeDelta::hours(20))
        .await;
    let (_, container) = fixture
        .container("b", "checkout", now - TimeDelta::hours(6))
        .await;
    let ticks: Vec<_> = (0..1_200)
        .map(|poll| {
            let at = now - TimeDelta::minutes(1_200 - poll);
            let owner = if poll < 14 * 60 { old } else { container };
            let sample = Sample {
                working_set_bytes: Some(32 << 20),
                limit_bytes: Some(64 << 20),
                ..Sample::empty(at)
            };
            Tick {
                at,
                samples: vec![(owner, sample)],
            }
        })
        .collect();
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap();
    let seen = Observation {
        at: now,
        spec: spec("b", "checkout", now - TimeDelta::hours(6)),
        state: ContainerState::Running,
        started_at: Some(now - TimeDelta::hours(1)),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: Some(3),
    };
    fixture
        .store
        .containers()
        .set_state(container, &seen)
        .await
        .unwrap();
    fixture
        .store
        .containers()
        .set_probes(&[(container, Some("connection refused"))])
        .await
        .unwrap();
    let end = LedgerChange::Ended(Box::new(out_of_memory(
        "b",
        "checkout",
        now - TimeDelta::hours(1),
    )));
    fixture.record(&[end]).await;

    let fleet = fixture.store.fleet(now).await.unwrap();
    assert_eq!(
        (
            fleet.workloads.len(),
            fleet.sparks.len(),
            fleet.sources.len()
        ),
        (1, 1, 1)
    );
    assert_eq!(
        (
            fleet.summary.restarts_24h,
            fleet.summary.memory_24h,
            fleet.summary.restarting
        ),
        (1, 1, 1)
    );
    let row = &fleet.workloads[0];
    assert_eq!(
        (row.id, row.state, row.memory.ratio),
        (workload, ContainerState::Running, Some(0.5))
    );
    assert_eq!(row.tasks.problem.as_deref(), Some("connection refused"));
    let spark = &fleet.sparks[0];
    let memory = spark.memory.as_ref().unwrap();
    assert_eq!(
        (memory.metric, memory.step_ms),
        (Metric::MemoryRatio, 15 * 60 * 1000)
    );
    // 20 hours in quarters, from two containers, partly sealed and partly in memory.
    let known: Vec<_> = memory.buckets().flatten().collect();
    assert!((80..=81).contains(&known.len()), "{}", known.len());
    let half = |[_, highest, _]: &[f64; 3]| (highest - 0.5).abs() < f64::EPSILON;
    assert!(known.iter().all(half));
    assert_eq!((spark.tasks.as_ref(), spark.restarts.len()), (None, 1));
}

/// Whether two lines are the same to the precision that is drawn.
fn is_alike(one: &SparkLine, other: &SparkLine) -> bool {
    let a_pixel = one.highest / 10_000.0;
    let alike = |(one, other): (Option<[f64; 3]>, Option<[f64; 3]>)| match (one, other) {
        (Some(one), Some(other)) => {
            let mut pairs = one.into_iter().zip(other);
            pairs.all(|(one, other)| (one - other).abs() < a_pixel)
        }
        (one, other) => one == other,
    };
    (one.metric, one.kind, one.from_ms, one.step_ms)
        == (other.metric, other.kind, other.from_ms, other.step_ms)
        && one.buckets().len() == other.buckets().len()
        && one.buckets().zip(other.buckets()).all(alike)
}

#[tokio::test]
async fn sparklines_are_those_of_the_database_whoever_wrote_it() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, old) = fixture
        .container("a", "checkout", now - TimeDelta::hours(30))
        .await;
    let (_, new) = fixture
        .container("b", "checkout", now - TimeDelta::hours(5))
        .await;
    let replaced = now - TimeDelta::hours(5);
    let mut ticks = steady(old, now - TimeDelta::hours(30), replaced);
    ticks.extend(steady(new, replaced, now));
    let samples = fixture.store.samples();
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    let unsealed = fixture.store.fleet(now).await.unwrap();
    let waiting = Store::open(&fixture.url).await.unwrap();
    samples.seal(now).await.unwrap();
    let sealed = fixture.store.fleet(now).await.unwrap();
    let restarted = Store::open(&fixture.url).await.unwrap();

    let range = TimeRange {
        from: now - TimeDelta::hours(24),
        to: now,
    };
    let metrics = [Metric::MemoryRatio, Metric::Tasks];
    let groups: [&[_]; 1] = [&[old, new]];
    let stored = restarted
        .samples()
        .query_many(&groups, range, 97, &metrics)
        .await
        .unwrap();
    for (when, fleet) in [
        ("before sealing", unsealed),
        ("after sealing", sealed),
        ("started before sealing", waiting.fleet(now).await.unwrap()),
        ("started after sealing", restarted.fleet(now).await.unwrap()),
        ("asked again", restarted.fleet(now).await.unwrap()),
    ] {
        let spark = &fleet.sparks[0];
        for (drawn, stored) in [&spark.memory, &spark.tasks].into_iter().zip(&stored[0]) {
            let drawn = drawn.as_ref().unwrap();
            let stored = &SparkLine::of(stored).unwrap();
            assert!(is_alike(drawn, stored), "{when}: {drawn:?}\n{stored:?}");
        }
    }
}

#[tokio::test]
async fn a_source_is_shown_as_it_is() {
    let (fixture, now) = (Fixture::new().await, now());
    let healthy = Health {
        at: now,
        state: SourceState::Healthy,
        problem: None,
        engine: Some(EngineInfo {
            product: "Docker".into(),
            version: "20.10.24".into(),
            ..EngineInfo::default()
        }),
        poll_ms: Some(12),
        next_try_at: None,
        events_connected: true,
    };
    fixture
        .store
        .sources()
        .set_health(fixture.source, &healthy)
        .await
        .unwrap();
    let later = now + TimeDelta::seconds(10);
    let gone = Health {
        at: later,
        state: SourceState::Unreachable,
        problem: Some("connection refused".into()),
        engine: None,
        poll_ms: None,
        next_try_at: Some(later),
        events_connected: false,
    };
    fixture
        .store
        .sources()
        .set_health(fixture.source, &gone)
        .await
        .unwrap();
    fixture
        .store
        .sources()
        .set_health(
            fixture.source,
            &Health {
                at: later + TimeDelta::seconds(5),
                ..gone
            },
        )
        .await
        .unwrap();
    fixture.container("a", "checkout", now).await;

    let row = fixture.store.source_rows(later).await.unwrap().remove(0);
    assert_eq!(
        (row.state, row.since, row.last_poll_at, row.last_poll_ms),
        (SourceState::Unreachable, Some(later), Some(now), Some(12))
    );
    assert_eq!(
        row.engine.map(|engine| engine.version),
        Some("20.10.24".into())
    );
    assert_eq!((row.containers, row.running), (1, 0));
    let again = fixture
        .store
        .sources()
        .upsert(
            "local",
            domain::source::SourceKind::Docker,
            "tcp://elsewhere",
            5_000,
        )
        .await
        .unwrap();
    assert_eq!(again, fixture.source);
    assert_eq!(
        fixture.store.sources().last_poll_at(again).await.unwrap(),
        Some(now)
    );
}
