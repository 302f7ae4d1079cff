//! What is kept around an end: its log, the panic in it, the minutes around it, who used memory, and earlier verdicts.

use chrono::{SubsecRound as _, TimeDelta, Utc};
use domain::{
    Timestamp,
    fact::{Action, EngineEvent, Observation, Poll},
    ids::EngineId,
    log::{LogMissing, LogTail, Raw, Stream},
    profile::Seen,
    revision::RevisionReason,
    sample::Sample,
    source::{EngineInfo, SourceState},
    verdict::{Cause, Confidence, EvidenceKind},
    view::{LogQuery, NewCorrection, PanicQuery, RestartDetail, RestartQuery},
    workload::{ContainerSpec, ContainerState, WorkloadKey},
};
use server::{
    analyze::Recorder,
    collect::{Body, Health, Message},
    live::Live,
    store::Store,
};
use tokio_util::sync::CancellationToken;

use app::backend::{Backend, BackendError, Caller};
use server::backend::{Place, StoreBackend};

#[path = "../../../domain/tests/support/mod.rs"]
mod support;

use crate::database::Fixture;

const MIB: u64 = 1 << 20;

const PANIC: &str = "\
token=abcdefgh12345678 is wrong
panic: assignment to entry in nil map

goroutine 1 [running]:
main.(*Cart).add(0xc000012345)
\t/src/cart.go:88 +0x1d
main.main()
\t/src/main.go:12 +0x25";

/// A container that is fed to the recorder fact by fact.
struct Story {
    fixture: Fixture,
    recorder: Recorder,
    began: Timestamp,
}

impl Story {
    async fn begin() -> Self {
        let fixture = Fixture::new().await;
        let recorder = Recorder::new(
            fixture.store.clone(),
            Live::default(),
            CancellationToken::new(),
        );
        let mut story = Self {
            began: (Utc::now() - TimeDelta::minutes(20)).trunc_subsecs(3),
            fixture,
            recorder,
        };
        let first = story.poll(story.began, story.began, &[(8, "web"), (900, "db")]);
        story.record(vec![first]).await;
        story
    }

    fn at(&self, seconds: f64) -> Timestamp {
        self.began + TimeDelta::milliseconds((seconds * 1e3) as i64)
    }

    async fn record(&mut self, bodies: Vec<Body>) {
        let source = self.fixture.source;
        let messages = bodies.into_iter().map(|body| Message { source, body });
        self.recorder.record(messages.collect::<Vec<_>>()).await;
    }

    fn poll(&self, at: Timestamp, started_at: Timestamp, used: &[(u64, &str)]) -> Body {
        Body::Poll(Poll {
            tick: at,
            samples: used
                .iter()
                .map(|(mib, name)| {
                    let sample = Sample {
                        working_set_bytes: Some(mib * MIB),
                        limit_bytes: (*name == "web").then_some(100 * MIB),
                        limit_hits: Some(3),
                        ..Sample::empty(at)
                    };
                    (EngineId::from(*name), sample)
                })
                .collect(),
            states: used
                .iter()
                .map(|(_, name)| Observation {
                    at,
                    spec: spec(name),
                    state: ContainerState::Running,
                    started_at: Some(if *name == "web" {
                        started_at
                    } else {
                        self.began
                    }),
                    finished_at: None,
                    exit_code: None,
                    oom_killed: false,
                    restart_count: Some(0),
                })
                .collect(),
            complete: true,
        })
    }

    fn event(&self, seconds: f64, action: Action) -> Body {
        Body::Event(EngineEvent {
            at: self.at(seconds),
            container: EngineId::from("web"),
            spec: Some(spec("web")),
            action,
        })
    }

    fn log(&self, ended: f64, text: &str) -> Body {
        let mut raw = Raw::default();
        for line in text.lines() {
            raw.push(Some(self.at(ended)), Stream::Err, line.as_bytes());
        }
        Body::Log(LogTail::read(EngineId::from("web"), self.at(ended), raw))
    }

    async fn only_restart(&self) -> RestartDetail {
        only_restart(&self.fixture.store).await
    }
}

async fn only_restart(store: &Store) -> RestartDetail {
    let rows = store.restart_rows(&RestartQuery::default()).await.unwrap();
    assert_eq!(rows.data.len(), 1, "{rows:#?}");
    let detail = store.restart_detail(rows.data[0].id).await.unwrap();
    detail.expect("it is there")
}

fn spec(name: &str) -> ContainerSpec {
    ContainerSpec {
        id: EngineId::from(name),
        workload: WorkloadKey {
            group: String::new(),
            name: name.to_owned(),
        },
        image: format!("{name}:1"),
        image_id: "sha256:1".to_owned(),
        created_at: None,
        limit_bytes: (name == "web").then_some(100 * MIB),
        restart_policy: "always".to_owned(),
        labels: domain::labels::Labels::default(),
    }
}

fn says(detail: &RestartDetail, kind: EvidenceKind, text: &str) -> bool {
    let mut evidence = detail.row.evidence.iter();
    evidence.any(|evidence| evidence.kind == kind && evidence.text.contains(text))
}

#[tokio::test]
async fn a_log_that_is_there_in_time_is_judged_with_and_kept_without_secrets() {
    let mut story = Story::begin().await;
    let facts = vec![
        story.event(60.0, Action::died(2)),
        story.log(60.0, PANIC),
        story.event(61.0, Action::Start),
    ];
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::Crash, Confidence::Confirmed)
    );
    assert!(
        says(&detail, EvidenceKind::Log, "assignment to entry in nil map"),
        "{detail:#?}"
    );
    assert_eq!(detail.revisions, [], "nothing was replaced");
    let panic = detail.panic.as_ref().expect("a panic");
    assert_eq!((panic.group.count, panic.first_line), (1, 1));
    assert!(panic.group.fingerprint.starts_with("go:v1:"));
    assert_eq!(detail.row.panic.as_ref(), Some(&panic.group.fingerprint));

    let store = &story.fixture.store;
    let log = store
        .restart_log(detail.row.id)
        .await
        .unwrap()
        .expect("a log");
    assert_eq!(log.lines[0].text, "token=[redacted: password] is wrong");
    assert_eq!((log.summary.redacted, log.lines.len()), (1, 8));
    let dump: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM run_log l WHERE l::text LIKE '%abcdefgh12345678%'",
    )
    .fetch_one(&story.fixture.sql().await)
    .await
    .unwrap();
    assert_eq!(dump, 0, "the secret is in no column");
}

#[tokio::test]
async fn a_log_that_comes_late_changes_the_verdict_and_the_old_one_is_kept() {
    let mut story = Story::begin().await;
    let facts = vec![
        story.event(60.0, Action::died(1)),
        story.event(61.0, Action::Start),
    ];
    story.record(facts).await;
    let before = story.only_restart().await;
    assert_eq!((before.row.cause, before.log), (Cause::Crash, None));

    let heap =
        "java.lang.OutOfMemoryError: Java heap space\n\tat com.example.Index.grow(Index.java:214)";
    let late = story.log(60.0, heap);
    story.record(vec![late.clone()]).await;
    let after = story.only_restart().await;
    assert_eq!(
        (after.row.cause, after.row.confidence),
        (Cause::RuntimeOutOfMemory, Confidence::Confirmed)
    );
    assert_eq!(after.revisions.len(), 1);
    let revision = &after.revisions[0];
    assert_eq!(
        (revision.reason, revision.cause, revision.confidence),
        (RevisionReason::Log, Cause::Crash, before.row.confidence)
    );
    assert_eq!(revision.evidence, before.row.evidence);

    // Told again, nothing changes; and a failure to read it again does not undo it.
    let failed = LogTail::missing(EngineId::from("web"), story.at(60.0), LogMissing::Removed);
    story.record(vec![late, Body::Log(failed)]).await;
    assert_eq!(story.only_restart().await, after);
}

#[tokio::test]
async fn an_oom_event_that_comes_late_revises_too() {
    let mut story = Story::begin().await;
    let die = story.event(60.0, Action::died(137));
    story.record(vec![die]).await;
    assert_ne!(story.only_restart().await.row.cause, Cause::OutOfMemory);
    let facts = vec![
        story.event(60.7, Action::Oom),
        story.event(61.0, Action::Start),
    ];
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::OutOfMemory, Confidence::Confirmed)
    );
    assert_eq!(detail.revisions[0].reason, RevisionReason::OomEvent);
}

#[tokio::test]
async fn a_panic_behind_a_stop_signal_is_a_stop_that_panicked() {
    let mut story = Story::begin().await;
    let facts = vec![
        story.event(59.9, Action::Kill { signal: 15 }),
        story.event(60.0, Action::died(2)),
        story.event(60.1, Action::Stop),
        story.log(60.0, "panic: close of closed channel\n\ngoroutine 1 [running]:\nmain.shutdown()\n\t/src/main.go:90 +0x1d"),
    ];
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::Stopped, Confidence::Confirmed)
    );
    assert!(says(&detail, EvidenceKind::Log, "close of closed channel"));
    assert!(detail.panic.is_some(), "the panic is counted all the same");
}

#[tokio::test]
async fn a_fast_spike_keeps_its_readings_and_says_that_its_peak_was_not_seen() {
    let mut story = Story::begin().await;
    let began = story.began;
    let mut facts: Vec<Body> = (1..=59)
        .map(|second| {
            story.poll(
                story.at(f64::from(second)),
                began,
                &[(8, "web"), (900, "db")],
            )
        })
        .collect();
    facts.push(story.event(59.85, Action::Oom));
    facts.push(story.event(59.9, Action::died(137)));
    facts.push(story.event(61.0, Action::Start));
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(
        (detail.row.cause, detail.row.confidence),
        (Cause::OutOfMemory, Confidence::Confirmed)
    );
    assert!(
        says(&detail, EvidenceKind::Memory, "peak not seen"),
        "{detail:#?}"
    );
    let peak = detail.inferred_peak.expect("a peak that was inferred");
    assert_eq!(
        (peak.at, peak.limit_bytes, peak.last_ratio),
        (story.at(59.9), 100 * MIB, Some(0.08))
    );
    let black_box = detail.black_box.expect("a black box");
    assert_eq!(black_box.readings.len(), 60, "and not one that was made up");
    assert!(!black_box.is_complete);
    assert_eq!(black_box.readings[59].limit_hits, Some(3));
    let names: Vec<_> = detail
        .neighbours
        .iter()
        .map(|one| (one.name.as_str(), one.is_itself))
        .collect();
    assert_eq!(names, [("db", false), ("web", true)]);

    // The minutes after the end come later, those of the next run too.
    let after: Vec<Body> = (62..=190)
        .step_by(2)
        .map(|second| {
            let at = story.at(f64::from(second));
            story.poll(at, story.at(61.0), &[(10, "web"), (900, "db")])
        })
        .collect();
    story.record(after).await;
    let black_box = story.only_restart().await.black_box.unwrap();
    assert!(black_box.is_complete);
    assert_eq!(black_box.to, story.at(179.9));
    let last = black_box.readings.last().unwrap();
    assert_eq!(last.at, story.at(178.0));
    assert_eq!(black_box.readings.len(), 60 + 59);
}

#[tokio::test]
async fn what_was_kept_survives_a_restart_of_inquest_and_raw_retention() {
    let mut story = Story::begin().await;
    let facts = vec![
        story.event(60.0, Action::died(2)),
        story.event(61.0, Action::Start),
    ];
    story.record(facts).await;
    story.recorder = Recorder::new(
        story.fixture.store.clone(),
        Live::default(),
        CancellationToken::new(),
    );
    // The source tells the end again and reads its log; the ledger knew it already.
    let facts = vec![story.event(60.0, Action::died(2)), story.log(60.0, PANIC)];
    story.record(facts).await;
    let keep = server::store::Keep {
        raw: Some(TimeDelta::days(1)),
        ..Default::default()
    };
    let later = Utc::now() + TimeDelta::days(60);
    story.fixture.store.retain(&keep, later).await.unwrap();
    let detail = story.only_restart().await;
    assert!(detail.black_box.is_some());
    assert_eq!(detail.row.cause, Cause::Crash);
}

#[tokio::test]
async fn why_there_is_no_log_is_kept() {
    let mut story = Story::begin().await;
    let missing = LogTail::missing(
        EngineId::from("web"),
        story.at(60.0),
        LogMissing::DriverCannotRead,
    );
    let facts = vec![story.event(60.0, Action::died(2)), Body::Log(missing)];
    story.record(facts).await;
    let summary = story.only_restart().await.log.expect("a reason");
    assert_eq!(
        (summary.missing, summary.lines),
        (Some(LogMissing::DriverCannotRead), 0)
    );
}

#[tokio::test]
async fn lines_of_the_run_before_do_not_count() {
    let mut story = Story::begin().await;
    let mut raw = Raw::default();
    raw.push(
        Some(story.at(-30.0)),
        Stream::Err,
        b"panic: of the run before",
    );
    raw.push(Some(story.at(1.0)), Stream::Out, b"starting");
    let tail = LogTail::read(EngineId::from("web"), story.at(60.0), raw);
    let facts = vec![story.event(60.0, Action::died(2)), Body::Log(tail)];
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(detail.panic, None);
    assert_eq!(detail.log.expect("a log").lines, 1);
}

#[tokio::test]
async fn the_same_panic_is_counted_and_logs_are_searched() {
    let mut story = Story::begin().await;
    for round in 0..3 {
        let ended = 60.0 + 10.0 * f64::from(round);
        let facts = vec![
            story.event(ended, Action::died(2)),
            story.log(ended, PANIC),
            story.event(ended + 1.0, Action::Start),
        ];
        story.record(facts).await;
    }
    let store = &story.fixture.store;
    let groups = store.panic_groups(&PanicQuery::default()).await.unwrap();
    assert_eq!(groups.len(), 1, "{groups:#?}");
    let group = &groups[0];
    assert_eq!(
        (group.count, group.kind.as_str(), group.message.as_str()),
        (3, "panic", "assignment to entry in nil map")
    );
    assert_eq!(
        (group.first_seen_at, group.last_seen_at),
        (story.at(60.0), story.at(80.0))
    );
    assert_eq!(group.images, ["web:1"]);
    assert_eq!(group.came_back, None);

    // A fortnight later, in another image.
    sqlx::query("UPDATE panic SET ended_at = ended_at - interval '14 days', image = 'web:0' WHERE restart_id <> (SELECT max(restart_id) FROM panic)")
        .execute(&story.fixture.sql().await)
        .await
        .unwrap();
    let groups = store.panic_groups(&PanicQuery::default()).await.unwrap();
    let back = groups[0].came_back.as_ref().expect("it came back");
    assert_eq!(
        (back.at, back.image_before.as_str(), back.image.as_str()),
        (story.at(80.0), "web:0", "web:1")
    );
    assert_eq!(back.quiet_ms, 14 * 86_400_000 + 10_000);
    assert_eq!(groups[0].images, ["web:0", "web:1"]);

    let ask = |text: &str, cursor: Option<String>| LogQuery {
        text: text.to_owned(),
        limit: Some(2),
        cursor,
        ..LogQuery::default()
    };
    let page = store.log_hits(&ask("\"nil map\"", None)).await.unwrap();
    assert_eq!(page.data.len(), 2);
    let excerpt = &page.data[0].excerpt;
    let hits: Vec<_> = excerpt.iter().filter(|part| part.is_hit).collect();
    assert_eq!(hits.len(), 2, "{excerpt:?}");
    let hit = &page.data[0];
    assert!(hit.incident.is_some(), "{hit:?}");
    assert_eq!(hit.exit_code, Some(2));
    let line = hit.lines.iter().find(|line| line.parts.len() > 1);
    assert!(line.is_some_and(|line| line.at.is_some()), "{hit:?}");
    assert!(hit.lines.len() as u32 <= hit.log_lines && hit.lines_with_hits >= 1);
    let narrowed = |name: Option<&str>, cause| LogQuery {
        name: name.map(str::to_owned),
        cause,
        ..ask("map", None)
    };
    for (query, found) in [
        (narrowed(Some("WE"), Some(Cause::Crash)), 2),
        (narrowed(Some("worker"), None), 0),
        (narrowed(None, Some(Cause::OutOfMemory)), 0),
    ] {
        let page = store.log_hits(&query).await.unwrap();
        assert_eq!(page.data.len(), found, "{query:?}");
    }
    let rest = store
        .log_hits(&ask("\"nil map\"", page.meta.next))
        .await
        .unwrap();
    assert_eq!((rest.data.len(), rest.meta.next), (1, None));
    for nothing in ["abcdefgh12345678", "map -panic", "' OR 1=1 --", "\u{2}"] {
        let page = store.log_hits(&ask(nothing, None)).await.unwrap();
        assert_eq!(page.data, [], "{nothing}");
    }
}

fn backend(store: &Store) -> StoreBackend {
    StoreBackend::new(
        store.clone(),
        Place::Given("a test's".to_owned()),
        server::store::Keep::default(),
        false,
    )
}

#[tokio::test]
async fn a_correction_stands_beside_the_verdict() {
    let mut story = Story::begin().await;
    let die = story.event(60.0, Action::died(3));
    story.record(vec![die]).await;
    let store = &story.fixture.store;
    let backend = backend(store);
    let before = story.only_restart().await;
    let says = |cause, note: &str| NewCorrection {
        cause,
        note: note.to_owned(),
    };
    let caller = &Caller::Anonymous;
    let correction = says(Cause::Platform, " The host was moved.\r\n");
    for _ in 0..2 {
        let kept = backend.correct_restart(caller, before.row.id, &correction);
        kept.await.unwrap();
    }
    let after = story.only_restart().await;
    assert_eq!(
        (after.row.cause, &after.row),
        (Cause::Crash, &before.row),
        "the verdict stays"
    );
    assert_eq!(after.corrections.len(), 1, "saying it again adds nothing");
    assert_eq!(
        (
            after.corrections[0].cause,
            after.corrections[0].note.as_str()
        ),
        (Cause::Platform, "The host was moved.")
    );
    for note in ["x".repeat(2_001), "a\0b".to_owned()] {
        let refused = backend
            .correct_restart(caller, before.row.id, &says(Cause::Crash, &note))
            .await;
        assert!(
            matches!(&refused, Err(BackendError::Invalid { field, .. }) if field == "note"),
            "{refused:?}"
        );
    }
    let nobody = domain::ids::RestartId(i64::MAX);
    let refused = backend
        .correct_restart(caller, nobody, &says(Cause::Crash, ""))
        .await;
    assert!(matches!(refused, Err(BackendError::NotFound { .. })));
}

/// What is exported is played by the scenarios' own runner, and must come to the same verdict.
#[tokio::test]
async fn a_restart_is_exported_as_a_scenario_that_says_the_same() {
    for engine in ["Docker", "Podman"] {
        exported(engine).await;
    }
}

async fn exported(engine: &str) {
    let mut story = Story::begin().await;
    let began = story.began;
    let mut facts = vec![Body::Health(Health {
        at: began,
        state: SourceState::Healthy,
        problem: None,
        engine: Some(EngineInfo {
            product: engine.to_owned(),
            ..EngineInfo::default()
        }),
        poll_ms: Some(1),
        next_try_at: None,
        events_connected: true,
    })];
    facts.extend((50..=59).map(|second| {
        story.poll(
            story.at(f64::from(second)),
            began,
            &[(8, "web"), (900, "db")],
        )
    }));
    if engine == "Docker" {
        facts.push(story.event(59.85, Action::Oom));
    }
    facts.push(story.event(59.9, Action::died(137)));
    facts.push(story.event(61.0, Action::Start));
    facts.push(story.event(70.0, Action::died(2)));
    facts.push(story.log(70.0, PANIC));
    facts.push(story.event(71.0, Action::Start));
    story.record(facts).await;
    let store = &story.fixture.store;
    let backend = backend(store);
    let rows = store.restart_rows(&RestartQuery::default()).await.unwrap();
    assert_eq!(rows.data.len(), 2);
    for row in rows.data {
        let file = backend
            .restart_scenario(&Caller::Anonymous, row.id)
            .await
            .unwrap();
        let scenario: support::Scenario =
            toml::from_str(&file).unwrap_or_else(|error| panic!("{error}\n{file}"));
        assert!(file.contains(&format!("engine = \"{}\"", engine.to_lowercase())));
        let kept = support::play(&scenario, 1, None);
        let expect = &scenario.expect[0];
        let found = kept
            .entries
            .values()
            .find(|entry| (support::seconds(entry.ended_at) - expect.ended).abs() < 0.002)
            .unwrap_or_else(|| panic!("no end at {}\n{file}", expect.ended));
        assert_eq!(
            (
                found.verdict.cause.name(),
                found.verdict.confidence.name(),
                found.kind.name(),
                found.exit_code
            ),
            (
                expect.cause.as_str(),
                expect.confidence.as_str(),
                expect.kind.as_str(),
                expect.exit
            ),
            "{file}"
        );
        assert_eq!(expect.cause, row.cause.name());
    }
}

/// What grew is what leaks: the profile before the end beside the first one of the same run.
#[tokio::test]
async fn what_its_goroutines_were_doing_is_kept_with_the_end() {
    let mut story = Story::begin().await;
    let profile = |story: &Story, second: f64, reapers: u64| {
        let text = format!(
            "goroutine profile: total {}\n{reapers} @ 0x1\n#\t0x1\tmain.(*Pool).reap+0x7b\t/src/pool.go:492\n\n\
             2 @ 0x2\n#\t0x2\tmain.main+0x1\t/src/main.go:44\n",
            reapers + 2
        );
        let at = story.at(second);
        let profile = domain::profile::goroutines(&text).expect("is one");
        Body::Profile(EngineId::from("web"), Seen { at, profile })
    };
    let mut facts: Vec<Body> = [(5.0, 3), (30.0, 200), (55.0, 41_191)]
        .map(|(second, reapers)| profile(&story, second, reapers))
        .into();
    facts.push(story.event(60.0, Action::Oom));
    facts.push(story.event(60.1, Action::died(137)));
    facts.push(story.event(61.0, Action::Start));
    // That of the next run does not count for this one.
    facts.push(profile(&story, 75.0, 1));
    story.record(facts).await;
    let growth = story.only_restart().await.goroutines.expect("is kept");
    assert_eq!(
        (growth.first_at, growth.last_at),
        (Some(story.at(5.0)), story.at(55.0))
    );
    assert_eq!((growth.first_total, growth.last_total), (Some(5), 41_193));
    let leak = growth.leak().expect("piles up");
    assert_eq!((leak.first, leak.last), (3, 41_191));
    let place = leak.place().expect("is told");
    assert_eq!(
        (place.function.as_str(), place.line),
        ("main.(*Pool).reap", Some(492))
    );

    // A later look at the same end, as when its log comes, forgets nothing.
    let late = story.log(60.1, PANIC);
    story.record(vec![late]).await;
    let again = story.only_restart().await;
    assert_eq!(again.goroutines, Some(growth));
}

/// What the kernel has left of a process that it takes apart is no memory that the program used.
#[tokio::test]
async fn a_reading_between_sigkill_and_the_end_does_not_count() {
    let mut story = Story::begin().await;
    let began = story.began;
    let mut facts = vec![
        story.poll(story.at(59.0), began, &[(75, "web"), (900, "db")]),
        story.event(49.0, Action::Kill { signal: 15 }),
        story.event(59.3, Action::Kill { signal: 9 }),
        story.poll(story.at(59.7), began, &[(15, "web"), (900, "db")]),
    ];
    facts.push(story.event(60.0, Action::died(137)));
    facts.push(story.event(60.1, Action::Stop));
    facts.push(story.event(61.0, Action::Start));
    facts.push(story.event(61.1, Action::Restart));
    story.record(facts).await;
    let detail = story.only_restart().await;
    assert_eq!(detail.row.cause, Cause::Stopped);
    let last = detail.last_sample.expect("was read");
    assert_eq!((last.at, last.memory_ratio()), (story.at(59.0), Some(0.75)));
}
