//! Ends that look alike and are not: each is provoked on a real engine, and named by what brought it about.

use std::{collections::HashMap, time::Instant};

use chrono::Utc;
use domain::{
    ids::WorkloadId,
    restart::RestartKind,
    source::SourceState,
    verdict::{Cause, Confidence, EvidenceKind, Stance},
    view::{RestartDetail, WorkloadQuery, WorkloadRow},
};
use server::{
    analyze::{Outlooks, Worker},
    live::Live,
    store::Proof,
};

use super::{
    engine::{Run, pause},
    evidence::{PATIENCE, first, says},
    ledger::{Inquest, of},
    scene::Scene,
};

/// So many restarts make a rate that a fix can be told by.
const BROKEN: usize = 4;
/// The workload that is mended and broken again.
const MENDED: &str = "inquest-test-mended";

impl Scene {
    async fn workload(&self, name: &str) -> Option<WorkloadRow> {
        let query = WorkloadQuery {
            search: Some(name.to_owned()),
            ..WorkloadQuery::default()
        };
        let page = self.store.workload_rows(&query, Utc::now()).await;
        page.expect("the database answers").data.pop()
    }

    /// Waits until a reading of a running container has so much of its limit in it.
    async fn until_memory_is_at(&self, name: &str, ratio: f64) {
        until(&format!("{name} was seen at {ratio}"), async || {
            let row = self.workload(name).await;
            row.and_then(|row| row.memory.ratio)
                .is_some_and(|seen| seen >= ratio)
        })
        .await;
    }

    /// Whether ends are seen as they happen.
    async fn is_watched(&self) -> bool {
        let rows = self.store.source_rows(Utc::now()).await;
        let rows = rows.expect("the database answers");
        let mut ours = rows.into_iter().filter(|row| row.id == self.source);
        ours.any(|row| row.state == SourceState::Healthy && row.events_connected)
    }

    /// What was decided about the deploy that a container came with, once it is.
    async fn proof(&self, workload: WorkloadId, container: &str) -> Proof {
        let began = Instant::now();
        loop {
            // A new one each time: it asks at most every other minute what an undecided deploy did.
            let live = Live::default();
            let mut worker = Worker::new(
                self.store.clone(),
                live,
                Outlooks::default(),
                HashMap::new(),
            );
            let round = worker.round(Utc::now()).await;
            round.expect("the database answers");
            let deploys = self.store.deploys(workload).await;
            let deploys = deploys.expect("the database answers");
            let mut theirs = deploys.iter().filter(|one| one.container.0 == container);
            if let Some(proof) = theirs.find_map(|deploy| deploy.proof.clone()) {
                return proof;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "nothing is decided: {deploys:?}"
            );
            pause(500).await;
        }
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        pause(200).await;
    }
}

/// Whether a sentence stands on one side.
fn weighs(detail: &RestartDetail, stance: Stance, text: &str) -> bool {
    let mut evidence = detail.row.evidence.iter();
    evidence.any(|evidence| evidence.stance == stance && evidence.text.contains(text))
}

fn named(detail: &RestartDetail, cause: Cause, confidence: Confidence) {
    let row = &detail.row;
    assert_eq!((row.cause, row.confidence), (cause, confidence), "{row:#?}");
}

const OOM: &str = "kernel reported an OOM kill";

#[tokio::test]
#[ignore = "needs a container engine and a database"]
async fn ends_that_look_alike_are_told_apart() {
    let Some(scene) = Scene::open("causes").await else {
        return;
    };
    let inquest = Inquest::start(&scene.store, scene.source, &scene.engine.endpoint).await;
    until("events are heard", async || scene.is_watched().await).await;

    tokio::join!(
        child_out_of_memory_then_exit_0(&scene),
        shell_that_passes_on_the_kill(&scene),
        parent_that_gives_up(&scene),
        killed_by_the_host(&scene),
        restarted_for_its_health(&scene),
        restarted_by_a_person_at_75_percent(&scene),
        mended_and_broken_again(&scene),
        given_more_while_it_runs(&scene),
    );

    inquest.stop().await;
    scene.engine.clean().await;
    scene.store.close().await;
}

/// A worker is killed for memory, and the main process ends well all the same.
async fn child_out_of_memory_then_exit_0(scene: &Scene) {
    let run = Run {
        name: "inquest-test-wrap-0",
        command: &["wrap", "0"],
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    let detail = first(&scene.store, &id, |_any| true).await;
    named(&detail, Cause::Completed, Confidence::Confirmed);
    assert_eq!(detail.row.exit_code, Some(0));
    assert!(weighs(&detail, Stance::Against, OOM), "{:#?}", detail.row);
    assert_eq!(detail.inferred_peak, None, "it did not end at its limit");
}

/// `sh -c "worker; exit $?"`: the first process was not killed, yet the limit was what ended it.
async fn shell_that_passes_on_the_kill(scene: &Scene) {
    let run = Run {
        name: "inquest-test-wrap-137",
        command: &["wrap"],
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    let detail = first(&scene.store, &id, |_any| true).await;
    named(&detail, Cause::OutOfMemory, Confidence::Confirmed);
    assert_eq!(detail.row.exit_code, Some(137));
    assert!(says(&detail, EvidenceKind::OomEvent, OOM));
    assert!(weighs(&detail, Stance::For, "no kill came through the API"));
}

/// A parent that gives up with a code of its own when its worker was killed.
async fn parent_that_gives_up(scene: &Scene) {
    let run = Run {
        name: "inquest-test-wrap-1",
        command: &["wrap", "1"],
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    let detail = first(&scene.store, &id, |_any| true).await;
    named(&detail, Cause::ChildOutOfMemory, Confidence::Probable);
    assert_eq!(detail.row.exit_code, Some(1));
    assert!(weighs(&detail, Stance::For, OOM), "{:#?}", detail.row);
}

/// `kill -9` on the host: 137 as when memory runs out, and nothing that says so.
async fn killed_by_the_host(scene: &Scene) {
    let run = Run {
        name: "inquest-test-kill-9",
        command: &["hold", "8"],
        always: true,
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    scene.until_memory_is_at(run.name, 0.1).await;
    scene.engine.kill_from_outside(&id).await;
    let came_back = |detail: &RestartDetail| detail.row.started_at.is_some();
    let detail = first(&scene.store, &id, came_back).await;
    named(&detail, Cause::Killed, Confidence::Probable);
    assert_eq!(detail.row.exit_code, Some(137));
    assert_eq!(detail.row.kind, RestartKind::Policy);
    for (kind, text) in [
        (EvidenceKind::KillEvent, "no kill came through the API"),
        (EvidenceKind::OomEvent, "no OOM kill was reported"),
        (EvidenceKind::Memory, "memory was at"),
    ] {
        assert!(says(&detail, kind, text), "{text}: {:#?}", detail.row);
    }
}

/// Its health check fails, and a tool that looks after such containers restarts it.
async fn restarted_for_its_health(scene: &Scene) {
    let run = Run {
        name: "inquest-test-ill",
        command: &["ill", "1500"],
        always: true,
        limit_mib: Some(64),
        health: Some("health"),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    until("it is unhealthy", async || {
        scene.engine.is_unhealthy(&id).await
    })
    .await;
    scene.engine.restart(&id).await;
    let came_back = |detail: &RestartDetail| detail.row.started_at.is_some();
    let detail = first(&scene.store, &id, came_back).await;
    named(&detail, Cause::FailedProbe, Confidence::Probable);
    assert!(says(
        &detail,
        EvidenceKind::HealthCheck,
        "its health check failed"
    ));
    assert!(
        weighs(&detail, Stance::Missing, "a person may have acted"),
        "{:#?}",
        detail.row
    );
}

/// `docker restart` at three quarters of the limit of a program that does not heed SIGTERM: 137, much memory, and a person.
async fn restarted_by_a_person_at_75_percent(scene: &Scene) {
    let run = Run {
        name: "inquest-test-75",
        command: &["hold", "47"],
        always: true,
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    scene.until_memory_is_at(run.name, 0.7).await;
    scene.engine.restart(&id).await;
    let came_back = |detail: &RestartDetail| detail.row.started_at.is_some();
    let detail = first(&scene.store, &id, came_back).await;
    named(&detail, Cause::Stopped, Confidence::Confirmed);
    assert_eq!(detail.row.exit_code, Some(137));
    let last = detail.last_sample.as_ref();
    let last = last.and_then(domain::sample::Sample::memory_ratio);
    assert!(last.is_some_and(|ratio| ratio >= 0.7), "{last:?}");
    assert!(says(
        &detail,
        EvidenceKind::OperatorEvent,
        "a restart came through the API"
    ));
    assert!(
        !says(&detail, EvidenceKind::OomEvent, ""),
        "{:#?}",
        detail.row
    );
    assert!(!detail.row.counts, "on purpose");
}

/// A workload that runs out of memory is mended by a deploy, and the next one brings the fault back.
async fn mended_and_broken_again(scene: &Scene) {
    let (engine, store) = (&scene.engine, &scene.store);
    let broken = Run {
        name: MENDED,
        command: &["leak", "200"],
        always: true,
        limit_mib: Some(64),
        ..Run::default()
    };
    let began = Instant::now();
    let old = engine.run(broken).await;
    until("it restarted often enough", async || {
        of(store, &old).await.len() >= BROKEN
    })
    .await;
    engine.remove(&old).await;
    let was_broken = began.elapsed();
    let began = Instant::now();
    let mended = engine
        .run(Run {
            command: &["sleep"],
            tag: Some("2"),
            ..broken
        })
        .await;
    until("the next version runs", async || {
        let row = scene.workload(MENDED).await;
        row.is_some_and(|row| row.image.ends_with(":2"))
    })
    .await;
    let workload = scene.workload(MENDED).await.expect("it is known").id;
    let proof = scene.proof(workload, &mended).await;
    assert!(proof.text.starts_with("fixed: "), "{proof:?}");
    // The longer it was well, the fewer restarts tell that it is not any more.
    until("it was well for much longer", async || {
        began.elapsed() > 3 * was_broken
    })
    .await;

    engine.remove(&mended).await;
    let back = engine.run(broken).await;
    let proof = scene.proof(workload, &back).await;
    assert!(
        proof
            .text
            .starts_with("made worse: it restarts, which it did not before"),
        "{proof:?}"
    );
    let deploys = store.deploys(workload).await.expect("an answer");
    assert_eq!(deploys.len(), 2, "{deploys:#?}");

    let deployed = of(store, &mended).await;
    assert_eq!(deployed.len(), 1, "{deployed:#?}");
    assert_eq!(
        (deployed[0].cause, deployed[0].counts),
        (Cause::Deployed, false),
        "{deployed:#?}"
    );
    for id in [&old, &back] {
        let ends = of(store, id).await;
        let counted: Vec<_> = ends.iter().filter(|row| row.counts).collect();
        assert!(counted.len() >= 2, "{ends:#?}");
        let all_of_memory = counted
            .iter()
            .all(|row| (row.cause, row.confidence) == (Cause::OutOfMemory, Confidence::Confirmed));
        assert!(all_of_memory, "{ends:#?}");
    }
}

/// `docker update --memory` ends nothing, and is a deploy all the same.
async fn given_more_while_it_runs(scene: &Scene) {
    let run = Run {
        name: "inquest-test-given-more",
        command: &["hold", "8"],
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = scene.engine.run(run).await;
    scene.until_memory_is_at(run.name, 0.1).await;
    scene.engine.set_limit(&id, 96).await;
    let workload = scene.workload(run.name).await.expect("it was seen").id;
    until("the other limit is on the timeline", async || {
        let deploys = scene.store.deploys(workload).await;
        let deploys = deploys.expect("the database answers");
        deploys.len() == 1 && deploys[0].is_in_place && deploys[0].container.0 == id
    })
    .await;
    until("readings have the other limit", async || {
        let row = scene.workload(run.name).await;
        row.is_some_and(|row| row.memory.limit_bytes == Some(96 << 20))
    })
    .await;
    assert_eq!(of(&scene.store, &id).await, [], "it lived on");
}
