//! What is kept around real deaths: the log with its panic, a spike that no reading saw, a panic behind a stop signal.

use std::time::Duration;

use domain::{
    black_box::MOST_READINGS,
    log::LogMissing,
    verdict::{Cause, Confidence, EvidenceKind},
    view::RestartDetail,
};
use server::store::Store;

use super::{
    engine::{Run, pause},
    ledger::{Inquest, of},
    scene::Scene,
};

/// A busy machine is given so long to have something in the ledger.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The first end of a container, once it is as it should be.
pub(crate) async fn first(
    store: &Store,
    id: &str,
    wanted: impl Fn(&RestartDetail) -> bool,
) -> RestartDetail {
    let found = async {
        loop {
            if let Some(row) = of(store, id).await.pop() {
                let detail = store.restart_detail(row.id).await;
                let detail = detail.expect("the database answers").expect("it is there");
                if wanted(&detail) {
                    return detail;
                }
            }
            pause(200).await;
        }
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .unwrap_or_else(|_late| panic!("nothing of {id} is as it should be"))
}

/// Whether the evidence of an end has a sentence of some kind.
pub(crate) fn says(detail: &RestartDetail, kind: EvidenceKind, text: &str) -> bool {
    let mut evidence = detail.row.evidence.iter();
    evidence.any(|evidence| evidence.kind == kind && evidence.text.contains(text))
}

#[tokio::test]
#[ignore = "needs a container engine and a database"]
async fn what_a_program_wrote_and_what_nobody_saw_is_kept() {
    let Some(scene) = Scene::open("evidence").await else {
        return;
    };
    let Scene {
        engine,
        store,
        source,
    } = scene;
    let inquest = Inquest::start(&store, source, &engine.endpoint).await;
    pause(1_500).await;

    let run = |name: &'static str, command: &'static [&'static str]| Run {
        name,
        command,
        ..Run::default()
    };
    let panics = engine
        .run(run("inquest-test-go", &["go-panic", "1000"]))
        .await;
    let rust = engine
        .run(run("inquest-test-rust", &["panic", "1000"]))
        .await;
    let spike = engine
        .run(Run {
            limit_mib: Some(64),
            ..run("inquest-test-spike", &["spike", "4000"])
        })
        .await;
    let stopped = engine
        .run(run("inquest-test-stopping", &["go-panic", "6000"]))
        .await;
    pause(1_500).await;
    // It panics while it is being stopped: the first process of a container ignores a signal that it does not handle.
    engine.stop_patiently(&stopped).await;

    let detail = first(&store, &panics, |detail| detail.panic.is_some()).await;
    assert_eq!(
        (
            detail.row.cause,
            detail.row.confidence,
            detail.row.exit_code
        ),
        (Cause::Crash, Confidence::Confirmed, Some(2)),
        "{detail:#?}"
    );
    assert!(says(&detail, EvidenceKind::Log, "send on closed channel"));
    let panic = detail.panic.expect("a panic");
    assert!(panic.group.fingerprint.starts_with("go:v1:"));
    assert_eq!(detail.row.panic, Some(panic.group.fingerprint.clone()));
    let log = store.restart_log(detail.row.id).await.expect("an answer");
    let log = log.expect("a log");
    // The engine copies output and errors apart: which of two lines within a millisecond comes first is chance.
    let secret = "AWS_SECRET_ACCESS_KEY=[redacted: password]";
    assert!(log.lines.iter().any(|line| line.text == secret), "{log:#?}");
    assert!(log.lines.iter().all(|line| line.at.is_some()));
    let go = panic.group.fingerprint;

    let detail = first(&store, &rust, |detail| detail.panic.is_some()).await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::Crash, Confidence::Confirmed)
    );
    let panic = detail.panic.expect("a panic");
    assert!(panic.group.fingerprint.starts_with("rust:v1:"));

    let detail = first(&store, &spike, |_any| true).await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::OutOfMemory, Confidence::Confirmed),
        "{detail:#?}"
    );
    let peak = detail.inferred_peak.expect("no reading saw the peak");
    assert!(peak.last_ratio.is_none_or(|ratio| ratio < 0.95), "{peak:?}");
    let black_box = detail.black_box.expect("readings");
    assert!(black_box.readings.len() < MOST_READINGS);
    let ended = detail.row.ended_at;
    assert!(
        black_box.readings.iter().all(|reading| reading.at <= ended
            && reading.memory_ratio().is_none_or(|ratio| ratio < 0.95)),
        "no reading was made up: {black_box:#?}"
    );
    assert!(detail.neighbours.iter().any(|one| one.is_itself));

    let detail = first(&store, &stopped, |detail| detail.panic.is_some()).await;
    assert_eq!(
        (detail.row.cause, detail.row.exit_code),
        (Cause::Stopped, Some(2)),
        "{detail:#?}"
    );
    assert!(says(&detail, EvidenceKind::Log, "send on closed channel"));
    let panic = detail.panic.expect("a panic");
    assert_eq!(panic.group.fingerprint, go, "the same fault");

    // Removed in the moment of its end: either its log was read in time, or it is said why not.
    let removed = engine.run(run("inquest-test-removed", &["sleep"])).await;
    pause(2_500).await;
    engine.remove(&removed).await;
    let detail = first(&store, &removed, |detail| detail.log.is_some()).await;
    let log = detail.log.expect("told");
    assert!(
        matches!(log.missing, None | Some(LogMissing::Removed)),
        "{log:?}"
    );

    inquest.stop().await;
    engine.clean().await;
    store.close().await;
}
