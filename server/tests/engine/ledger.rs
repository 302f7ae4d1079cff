//! From real deaths to the ledger in Postgres: every one once, in time, rightly named.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use domain::{
    Timestamp,
    ids::{RestartId, SourceId},
    verdict::{Cause, Confidence},
    view::{
        RestartQuery, RestartRow, TimeRange, TimelineKind, TimelineQuery, WorkloadQuery,
        WorkloadRow,
    },
};
use server::{
    analyze::Recorder,
    collect::{
        outbox,
        scheduler::Scheduler,
        sources::docker::{DockerSource, Settings},
    },
    live::Live,
    store::Store,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    engine::{Run, pause},
    scene::Scene,
};

/// A restart must be in the ledger this soon after its start.
const IN_TIME: TimeDelta = TimeDelta::seconds(5);
/// How many times slower a busy machine may be before this test calls it broken.
const BUSY: i32 = 4;

/// Inquest without its pages.
pub(crate) struct Inquest {
    scheduler: Scheduler,
    recorder: JoinHandle<()>,
    stop: CancellationToken,
}

impl Inquest {
    pub(crate) async fn start(store: &Store, source: SourceId, endpoint: &str) -> Self {
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let stop = CancellationToken::new();
        let recorder = Recorder::new(store.clone(), Live::default(), stop.clone());
        let recorder = tokio::spawn(recorder.run(inbox));
        let since = store
            .events()
            .last_at(source)
            .await
            .expect("the database answers");
        let endpoint = endpoint.parse().expect("an endpoint");
        let docker = DockerSource::new(
            source,
            "real".to_owned(),
            endpoint,
            Settings::every(Duration::from_secs(2)),
        );
        Self {
            scheduler: Scheduler::start(vec![(Arc::new(docker), since)], &outbox),
            recorder,
            stop,
        }
    }

    pub(crate) async fn stop(self) {
        self.scheduler.stop().await;
        self.stop.cancel();
        self.recorder.await.expect("the recorder does not panic");
    }
}

/// When each entry of the ledger was first seen complete, that is, with the start of the next run.
type Seen = BTreeMap<RestartId, Timestamp>;

/// Looks until it is told to stop, whatever else the test is waiting for. What ended before is another test's.
async fn look(store: Store, stop: CancellationToken) -> Seen {
    let mut seen = Seen::new();
    let began = Utc::now();
    while !stop.is_cancelled() {
        let now = Utc::now();
        for row in rows(&store).await {
            if row.started_at.is_some() && row.ended_at >= began {
                seen.entry(row.id).or_insert(now);
            }
        }
        pause(200).await;
    }
    seen
}

async fn rows(store: &Store) -> Vec<RestartRow> {
    let query = RestartQuery {
        limit: Some(1_000),
        ..RestartQuery::default()
    };
    store
        .restart_rows(&query)
        .await
        .expect("the database answers")
        .data
}

pub(crate) async fn of(store: &Store, id: &str) -> Vec<RestartRow> {
    let mut rows = rows(store).await;
    rows.retain(|row| row.container_id.0 == id);
    rows
}

async fn workload(store: &Store, name: &str) -> WorkloadRow {
    let query = WorkloadQuery {
        search: Some(name.to_owned()),
        ..WorkloadQuery::default()
    };
    let page = store.workload_rows(&query, Utc::now()).await;
    let mut rows = page.expect("the database answers").data;
    assert_eq!(rows.len(), 1, "{name} is one workload");
    rows.remove(0)
}

/// What the timeline has of a workload, beside coverage and incidents.
async fn facts(store: &Store, name: &str) -> Vec<TimelineKind> {
    let now = Utc::now();
    let query = TimelineQuery {
        workload: Some(workload(store, name).await.id),
        range: TimeRange {
            from: now - TimeDelta::minutes(10),
            to: now,
        },
        limit: None,
        cursor: None,
    };
    let page = store.timeline(&query).await.expect("the database answers");
    let kinds = page.data.into_iter().map(|entry| entry.kind);
    kinds
        .filter(|kind| !matches!(kind, TimelineKind::CoverageGap | TimelineKind::Incident))
        .collect()
}

fn causes(rows: &[RestartRow]) -> Vec<Cause> {
    rows.iter().map(|row| row.cause).collect()
}

#[tokio::test]
#[ignore = "needs a container engine and a database"]
async fn every_death_is_in_the_ledger_once_in_time_and_rightly_named() {
    let Some(scene) = Scene::open("test").await else {
        return;
    };
    let Scene {
        engine,
        store,
        source,
    } = scene;
    let inquest = Inquest::start(&store, source, &engine.endpoint).await;
    pause(1_500).await;

    let run = |name: &'static str, command: &'static [&'static str], always: bool| Run {
        name,
        command,
        always,
        ..Run::default()
    };
    let leaker = engine
        .run(Run {
            limit_mib: Some(64),
            ..run("inquest-test-leaker", &["leak", "15"], true)
        })
        .await;
    let panicker = engine
        .run(run("inquest-test-panicker", &["panic", "1500"], true))
        .await;
    let job = engine
        .run(run("inquest-test-job", &["exit", "0", "1000"], false))
        .await;
    let stopped = engine
        .run(run("inquest-test-stopped", &["sleep"], true))
        .await;
    let restarted = engine
        .run(run("inquest-test-restarted", &["sleep"], true))
        .await;
    let old = engine
        .run(run("inquest-test-deployed", &["sleep"], true))
        .await;
    let killed = engine
        .run(run("inquest-test-killed", &["sleep"], true))
        .await;
    let parent = engine
        .run(Run {
            limit_mib: Some(64),
            ..run("inquest-test-parent", &["parent", "1000"], true)
        })
        .await;
    let first = engine
        .run(run("inquest-test-recreated", &["panic", "1000"], true))
        .await;
    let looked = CancellationToken::new();
    let looking = tokio::spawn(look(store.clone(), looked.clone()));
    pause(3_000).await;

    engine.stop(&stopped).await;
    engine.restart(&restarted).await;
    engine.stop(&old).await;
    engine.remove(&old).await;
    let new = engine
        .run(Run {
            tag: Some("2"),
            ..run("inquest-test-deployed", &["sleep"], true)
        })
        .await;
    engine.kill_from_outside(&killed).await;
    pause(6_000).await;
    looked.cancel();
    let seen = looking.await.expect("the ledger can be read");
    let in_time: Vec<RestartRow> = rows(&store).await;

    // Inquest itself is away for a while.
    inquest.stop().await;
    pause(6_000).await;
    let inquest = Inquest::start(&store, source, &engine.endpoint).await;
    pause(5_000).await;
    engine.remove(&first).await;
    let second = engine
        .run(run("inquest-test-recreated", &["panic", "1000"], true))
        .await;
    pause(4_000).await;
    // Nothing may be on its way when the accounts are compared.
    for id in [&leaker, &panicker, &second] {
        engine.stop(id).await;
    }
    pause(5_000).await;
    inquest.stop().await;

    let slowest = in_time
        .iter()
        .filter_map(|row| Some((*seen.get(&row.id)? - row.started_at?, &row.workload_name)))
        .max()
        .expect("something restarted");
    println!("the slowest of {} entries: {slowest:?}", seen.len());
    assert!(slowest.0 <= IN_TIME * BUSY, "{slowest:?}");

    for (id, cause) in [(&leaker, Cause::OutOfMemory), (&panicker, Cause::Crash)] {
        let rows = of(&store, id).await;
        let deaths = engine.deaths(id).await;
        let in_ledger: Vec<_> = rows
            .iter()
            .rev()
            .filter_map(|row| row.ended_at.timestamp_millis().into())
            .collect();
        assert_eq!(rows.len(), deaths, "each death once: {in_ledger:?}");
        assert!(deaths >= 4, "{deaths}");
        // The last one is our own stop.
        let by_itself = &rows[1..];
        assert!(
            by_itself.iter().all(|row| row.cause == cause),
            "{:?}",
            causes(&rows)
        );
        if cause == Cause::OutOfMemory {
            assert!(
                by_itself
                    .iter()
                    .all(|row| row.confidence == Confidence::Confirmed)
            );
        }
    }
    assert_eq!(causes(&of(&store, &job).await), [Cause::Completed]);
    assert_eq!(causes(&of(&store, &stopped).await), [Cause::Stopped]);
    assert_eq!(causes(&of(&store, &restarted).await), [Cause::Stopped]);
    assert_eq!(causes(&of(&store, &old).await), [Cause::Deployed]);
    assert_eq!(causes(&of(&store, &new).await), []);
    assert_eq!(causes(&of(&store, &killed).await), [Cause::Killed]);
    assert_eq!(causes(&of(&store, &parent).await), [], "it lived on");
    let facts = facts(&store, "inquest-test-parent").await;
    assert_eq!(facts, [TimelineKind::ChildOutOfMemory]);

    // Counts are the workload's: they go on under the new container's id.
    let counted = |rows: &[RestartRow]| rows.iter().filter(|row| row.counts).count();
    let (before, after) = (of(&store, &first).await, of(&store, &second).await);
    assert!(counted(&before) >= 2 && counted(&after) >= 1);
    let workload = workload(&store, "inquest-test-recreated").await;
    let counts = [workload.restarts.last_10m, workload.restarts.last_30d];
    assert_eq!(counts, [(counted(&before) + counted(&after)) as u32; 2]);
    engine.clean().await;
    store.close().await;
}
