//! The ledger: nothing twice, nothing lost, counts over recreation.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::EngineId,
    ledger::{CameBack, LedgerChange, OpenRun},
    restart::{Restart, RestartKind},
    sample::Sample,
    verdict::{Cause, Confidence, Evidence, EvidenceKind, Stance, Verdict},
    view::{RestartQuery, TimeRange, TimelineKind, TimelineQuery},
    workload::WorkloadKey,
};
use server::store::{Recorded, StoreError};

use crate::database::{Fixture, now, spec};

/// A run that ended for lack of memory after a minute and began again a second later.
pub(crate) fn out_of_memory(container: &str, workload: &str, ended_at: Timestamp) -> Restart {
    Restart {
        workload: WorkloadKey {
            group: "shop".into(),
            name: workload.into(),
        },
        container: EngineId::from(container),
        run_started_at: ended_at - TimeDelta::seconds(60),
        ended_at,
        started_at: Some(ended_at + TimeDelta::seconds(1)),
        exit_code: Some(137),
        kind: RestartKind::Policy,
        image: "shop/checkout:1".into(),
        next_image: None,
        verdict: Verdict {
            cause: Cause::OutOfMemory,
            confidence: Confidence::Confirmed,
            evidence: vec![Evidence {
                stance: Stance::For,
                kind: EvidenceKind::OomEvent,
                text: "the engine reported oom".into(),
                at: Some(ended_at),
            }],
        },
        last_sample: Some(Sample {
            working_set_bytes: Some(63 << 20),
            limit_bytes: Some(64 << 20),
            ..Sample::empty(ended_at - TimeDelta::seconds(4))
        }),
    }
}

fn ended(restart: Restart) -> LedgerChange {
    LedgerChange::Ended(Box::new(restart))
}

#[tokio::test]
async fn writing_a_change_twice_leaves_what_writing_it_once_left() {
    let (fixture, now) = (Fixture::new().await, now());
    let run = OpenRun {
        spec: spec("a", "checkout", now),
        started_at: now - TimeDelta::seconds(120),
        restart_count: None,
    };
    let restart = out_of_memory("a", "checkout", now - TimeDelta::seconds(60));
    let changes = [LedgerChange::Began(run.clone()), ended(restart.clone())];
    let first = fixture
        .store
        .ledger()
        .record(fixture.source, &changes[..1])
        .await
        .unwrap();
    assert_eq!(first, []);
    assert_eq!(
        fixture
            .store
            .ledger()
            .open_runs(fixture.source)
            .await
            .unwrap(),
        [run]
    );

    let once = fixture
        .store
        .ledger()
        .record(fixture.source, &changes)
        .await
        .unwrap();
    let rows = fixture
        .store
        .restart_rows(&RestartQuery::default())
        .await
        .unwrap();
    let twice = fixture
        .store
        .ledger()
        .record(fixture.source, &changes)
        .await
        .unwrap();
    assert_eq!(once, twice);
    assert_eq!(
        fixture
            .store
            .restart_rows(&RestartQuery::default())
            .await
            .unwrap(),
        rows
    );
    assert!(matches!(once[..], [Recorded::Restart { at, .. }] if at == restart.ended_at));
    assert_eq!(
        fixture
            .store
            .ledger()
            .open_runs(fixture.source)
            .await
            .unwrap(),
        []
    );

    let row = &rows.data[0];
    assert_eq!(
        (row.signal.as_deref(), row.last_memory_ratio),
        (Some("SIGKILL"), Some(63.0 / 64.0))
    );
    assert_eq!(
        (row.ran_for_ms, row.counts, &row.evidence),
        (60_000, true, &restart.verdict.evidence)
    );
}

#[tokio::test]
async fn a_run_that_stayed_down_may_come_back_later() {
    let (fixture, now) = (Fixture::new().await, now());
    let end = now - TimeDelta::hours(1);
    let mut completed = out_of_memory("a", "job", end);
    completed.verdict.cause = Cause::Completed;
    (completed.started_at, completed.kind, completed.exit_code) =
        (None, RestartKind::StayedDown, Some(0));
    let down = ended(completed.clone());
    fixture.record(std::slice::from_ref(&down)).await;
    let runs = fixture
        .store
        .ledger()
        .down_runs(fixture.source)
        .await
        .unwrap();
    assert_eq!(
        (runs.len(), runs[0].ended_at, runs[0].exit_code),
        (1, end, Some(0))
    );
    let only =
        |rows: domain::view::Page<domain::view::RestartRow>| rows.data.into_iter().next().unwrap();
    assert!(
        !only(
            fixture
                .store
                .restart_rows(&RestartQuery::default())
                .await
                .unwrap()
        )
        .counts
    );

    let back = LedgerChange::CameBack(CameBack {
        container: completed.container.clone(),
        run_started_at: completed.run_started_at,
        started_at: now,
        kind: RestartKind::Manual,
        next_image: None,
    });
    // The end is told once more afterwards, as it was: what was learnt since stays.
    fixture.record(&[back, down]).await;
    let row = only(
        fixture
            .store
            .restart_rows(&RestartQuery::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        (row.started_at, row.kind, row.counts),
        (Some(now), RestartKind::Manual, true)
    );
    assert_eq!(
        fixture
            .store
            .ledger()
            .down_runs(fixture.source)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn all_changes_of_a_call_are_written_or_none() {
    let (fixture, now) = (Fixture::new().await, now());
    let stranger = LedgerChange::ChildOutOfMemory {
        container: EngineId::from("nobody"),
        at: now,
    };
    let changes = [ended(out_of_memory("a", "checkout", now)), stranger];
    let error = fixture
        .store
        .ledger()
        .record(fixture.source, &changes)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::UnknownContainer { .. }),
        "{error:?}"
    );
    assert_eq!(fixture.count("restart").await, 0);
}

#[tokio::test]
async fn a_workload_keeps_its_counts_when_it_is_recreated() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut workloads = Vec::new();
    for (container, age) in [
        ("a", TimeDelta::days(29)),
        ("b", TimeDelta::days(2)),
        ("c", TimeDelta::minutes(30)),
    ] {
        workloads.push(fixture.container(container, "checkout", now - age).await.0);
    }
    assert!(workloads.iter().all(|workload| *workload == workloads[0]));
    let ends = [
        ("c", TimeDelta::minutes(9)),
        ("c", TimeDelta::minutes(11)),
        ("b", TimeDelta::hours(23)),
        ("b", TimeDelta::hours(25)),
        ("a", TimeDelta::days(8)),
        ("a", TimeDelta::days(31)),
    ];
    let mut changes: Vec<_> = ends
        .map(|(container, age)| ended(out_of_memory(container, "checkout", now - age)))
        .into();
    let mut deploy = out_of_memory("b", "checkout", now - TimeDelta::minutes(30));
    deploy.verdict.cause = Cause::Deployed;
    changes.push(ended(deploy));
    fixture.record(&changes).await;

    let detail = fixture
        .store
        .workload_detail(workloads[0], now)
        .await
        .unwrap()
        .unwrap();
    let counts = detail.row.restarts;
    assert_eq!(
        (
            counts.last_10m,
            counts.last_24h,
            counts.last_7d,
            counts.last_30d
        ),
        (1, 3, 4, 5)
    );
    assert_eq!(
        (detail.containers, detail.container_id),
        (3, EngineId::from("c"))
    );
    assert_eq!(
        detail
            .causes_30d
            .iter()
            .map(|cause| (cause.cause, cause.count))
            .collect::<Vec<_>>(),
        [(Cause::OutOfMemory, 5), (Cause::Deployed, 1),]
    );
    assert_eq!(
        detail.newest_restart.map(|restart| restart.ended_at),
        Some(now - TimeDelta::minutes(9))
    );
}

#[tokio::test]
async fn pages_of_the_ledger_follow_each_other() {
    let (fixture, now) = (Fixture::new().await, now());
    // Several at one moment: the cursor must not skip any.
    let changes: Vec<_> = (0..25)
        .map(|index| {
            ended(out_of_memory(
                &format!("c{index}"),
                "checkout",
                now - TimeDelta::seconds(index / 4),
            ))
        })
        .collect();
    fixture.record(&changes).await;
    let mut query = RestartQuery {
        limit: Some(7),
        ..RestartQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = fixture.store.restart_rows(&query).await.unwrap();
        seen.extend(page.data.iter().map(|row| (row.ended_at, row.id)));
        query.cursor = page.meta.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| a > b));
    query.cursor = Some("nonsense".into());
    assert!(matches!(
        fixture.store.restart_rows(&query).await,
        Err(StoreError::BadCursor)
    ));
}

#[tokio::test]
async fn the_timeline_has_every_dated_fact_in_order() {
    let (fixture, now) = (Fixture::new().await, now());
    let (workload, _) = fixture
        .container("a", "checkout", now - TimeDelta::hours(3))
        .await;
    let mut newer = spec("b", "checkout", now - TimeDelta::hours(2));
    newer.image = "shop/checkout:2".into();
    fixture
        .store
        .containers()
        .resolve(fixture.source, &newer, now)
        .await
        .unwrap();
    let child = now - TimeDelta::hours(1);
    let oom = |container: &str, at| domain::fact::EngineEvent {
        at,
        container: EngineId::from(container),
        spec: None,
        action: domain::fact::Action::Oom,
    };
    let end = now - TimeDelta::minutes(30);
    let events = [oom("b", child), oom("b", end), oom("stranger", end)];
    assert_eq!(
        fixture
            .store
            .events()
            .append(fixture.source, &events)
            .await
            .unwrap(),
        3
    );
    assert_eq!(
        fixture
            .store
            .events()
            .append(fixture.source, &events)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        fixture
            .store
            .events()
            .since(fixture.source, end)
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        fixture
            .store
            .events()
            .last_at(fixture.source)
            .await
            .unwrap(),
        Some(end)
    );
    let changes = [
        LedgerChange::ChildOutOfMemory {
            container: EngineId::from("b"),
            at: child,
        },
        ended(out_of_memory("b", "checkout", end)),
    ];
    fixture.record(&changes).await;
    let gap = domain::fact::Gap {
        kind: domain::fact::GapKind::Polls,
        from: now - TimeDelta::minutes(20),
        to: None,
        reason: "the engine did not answer".into(),
    };
    fixture
        .store
        .coverage()
        .record(fixture.source, &gap)
        .await
        .unwrap();

    let mut query = TimelineQuery {
        workload: Some(workload),
        range: TimeRange {
            from: now - TimeDelta::hours(4),
            to: now,
        },
        limit: Some(2),
        cursor: None,
    };
    let mut entries = Vec::new();
    loop {
        let page = fixture.store.timeline(&query).await.unwrap();
        entries.extend(page.data);
        query.cursor = page.meta.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            TimelineKind::Deploy,
            TimelineKind::ChildOutOfMemory,
            TimelineKind::Oom,
            TimelineKind::Restart,
            TimelineKind::Incident,
            TimelineKind::CoverageGap,
        ]
    );
    assert_eq!(entries[0].text, "image shop/checkout:1 → shop/checkout:2");
    assert_eq!(entries[3].text, "Out of memory: exit code 137 (SIGKILL)");
    assert_eq!(
        (entries[3].cause, entries[5].until),
        (Some(Cause::OutOfMemory), None)
    );

    fixture
        .store
        .coverage()
        .close(fixture.source, domain::fact::GapKind::Polls, now)
        .await
        .unwrap();
    let source = fixture
        .store
        .source_rows(now + TimeDelta::minutes(20))
        .await
        .unwrap()
        .remove(0);
    assert!(
        source.coverage_24h.is_some_and(|coverage| coverage > 0.9),
        "{:?}",
        source.coverage_24h
    );
}
