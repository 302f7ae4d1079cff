//! What the page says and marks, for data of every kind.

use chrono::DateTime;
use domain::{
    Timestamp,
    correlation::Correlation,
    ids::{RestartId, WorkloadId},
    metric::{Metric, TaskKind},
    restart::RestartKind,
    right_size::RightSize,
    source::SourceState,
    verdict::{Cause, Confidence},
    view::{
        AnalysisView, CorrelationView, DeployOutcome, DeployRow, MemoryNow, Page, RestartCounts,
        RestartRow, SeriesSet, SeriesView, TasksNow, TimeRange, TimelineEntry, TimelineKind,
        WorkloadDetail, WorkloadRow,
    },
    workload::ContainerState,
};

use super::{alerted::Alerted, load::WorkloadPage, picture::Picture, said};
use crate::chart::markers::Row;

const MINUTE: i64 = 60_000;
const STEP: i64 = 10_000;
const LIMIT: f64 = 512.0 * 1024.0 * 1024.0;
/// One hour, seen to the end.
const SAMPLES: i64 = 360;

fn at(ms: i64) -> Timestamp {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// What happened in the hour.
struct Hour {
    /// Ends of runs with their causes.
    ends: Vec<(i64, Cause)>,
    /// Share of the limit at a time.
    ratio: fn(i64) -> Option<f64>,
    /// When the workload was first seen.
    first_seen: i64,
}

/// Two runs of 20 minutes that climb to the limit, and a third on its way.
fn leak() -> Hour {
    Hour {
        ends: vec![
            (20 * MINUTE, Cause::OutOfMemory),
            (40 * MINUTE, Cause::OutOfMemory),
        ],
        ratio: |t| Some(0.1 + 0.89 * (t % (20 * MINUTE)) as f64 / (20 * MINUTE) as f64),
        first_seen: -MINUTE,
    }
}

/// Nothing but a steady 20 %.
fn calm() -> Hour {
    Hour {
        ends: Vec::new(),
        ratio: |_| Some(0.2),
        first_seen: -MINUTE,
    }
}

fn page(hour: &Hour) -> WorkloadPage {
    let range = TimeRange {
        from: at(0),
        to: at(SAMPLES * STEP),
    };
    let view = |metric: Metric, scale: f64| {
        let values: Vec<_> = (0..SAMPLES)
            .map(|i| (hour.ratio)(i * STEP).map(|r| r * scale))
            .collect();
        SeriesView {
            metric,
            unit: metric.unit(),
            kind: (metric == Metric::Tasks).then_some(TaskKind::Goroutines),
            from: range.from,
            step_ms: STEP,
            min: values.clone(),
            max: values.clone(),
            last: values,
        }
    };
    let series = vec![
        view(Metric::MemoryWorkingSetBytes, LIMIT),
        view(Metric::MemoryRatio, 1.0),
        view(Metric::Tasks, 41_000.0),
    ];
    let rows = hour
        .ends
        .iter()
        .map(|(end, cause)| ledger_row(*end, *cause))
        .rev()
        .collect();
    let facts = hour.ends.iter().map(|(end, cause)| TimelineEntry {
        restart: Some(RestartId(*end)),
        cause: Some(*cause),
        ..fact(TimelineKind::Restart, *end, "The run ended")
    });
    WorkloadPage {
        at: range.to,
        range,
        whole: range,
        detail: detail(hour.first_seen),
        strip: SeriesSet {
            series: series.clone(),
        },
        series: SeriesSet { series },
        strip_ends: hour.ends.iter().map(|(end, _)| at(*end)).collect(),
        timeline: Page::whole(facts.collect()),
        restarts: Page::whole(rows),
        says: Vec::new(),
        alerted: Alerted::default(),
    }
}

fn fact(kind: TimelineKind, ms: i64, text: &str) -> TimelineEntry {
    TimelineEntry {
        at: at(ms),
        until: None,
        kind,
        workload: Some(WorkloadId(1)),
        text: text.to_owned(),
        restart: None,
        cause: None,
        confidence: None,
    }
}

fn ledger_row(end: i64, cause: Cause) -> RestartRow {
    RestartRow {
        id: RestartId(end),
        workload: WorkloadId(1),
        workload_name: "checkout".to_owned(),
        container_id: "c0ffee".into(),
        image: "shop/checkout:1".to_owned(),
        next_image: (cause == Cause::Deployed).then(|| "shop/checkout:2".to_owned()),
        run_started_at: at(end - 20 * MINUTE),
        ended_at: at(end),
        started_at: Some(at(end + 1_000)),
        ran_for_ms: 20 * MINUTE,
        exit_code: Some(137),
        signal: Some("SIGKILL".to_owned()),
        kind: RestartKind::Policy,
        counts: cause != Cause::Deployed,
        cause,
        confidence: Confidence::Confirmed,
        evidence: Vec::new(),
        panic: None,
        last_memory_ratio: None,
        last_sample_at: None,
        tasks_at_end: None,
        task_kind: None,
    }
}

fn detail(first_seen: i64) -> WorkloadDetail {
    WorkloadDetail {
        row: WorkloadRow {
            id: WorkloadId(1),
            name: "checkout".to_owned(),
            group: String::new(),
            source: "local".to_owned(),
            source_state: SourceState::Healthy,
            image: "shop/checkout:1".to_owned(),
            state: ContainerState::Running,
            started_at: None,
            seen_at: at(SAMPLES * STEP),
            memory: MemoryNow {
                limit_bytes: Some(LIMIT as u64),
                ..MemoryNow::default()
            },
            tasks: TasksNow::default(),
            restarts: RestartCounts::default(),
            last_restart: None,
            forecast: None,
        },
        container_id: "c0ffee".into(),
        restart_policy: "always".to_owned(),
        labels: domain::labels::Labels::default(),
        containers: 1,
        first_seen_at: at(first_seen),
        engine_restart_count: None,
        causes_30d: Vec::new(),
        newest_restart: None,
        incident: None,
    }
}

/// What is made of runs of which nothing is known but how many restarts followed memory at its limit.
fn analysis(followed: Option<(u32, u32)>) -> AnalysisView {
    let correlation = followed.map(|(followed, of)| {
        let figures = Correlation {
            followed,
            of,
            chance: 0.004,
            p_value: 0.0,
        };
        CorrelationView {
            significant: true,
            text: figures.text_of_memory(),
            chance_text: figures.chance_text(),
            figures,
        }
    });
    AnalysisView {
        at: at(0),
        memory_correlation: correlation,
        tasks_correlation: None,
        memory: None,
        tasks: None,
        forecast: None,
        survival: None,
        survival_text: None,
        is_sawtooth: false,
        cost: None,
        right_size: RightSize::Unknown,
        right_size_text: String::new(),
    }
}

fn said(page: &WorkloadPage, followed: Option<(u32, u32)>) -> (String, String) {
    let finding = said::find(page, &Picture::from(page), &analysis(followed));
    let plain = |text: String| text.replace('\u{a0}', " ");
    (plain(finding.claim), plain(finding.rest))
}

#[test]
fn restarts_at_the_limit_are_counted_and_tied() {
    let page = page(&leak());
    let picture = Picture::from(&page);
    assert_eq!(picture.frame.ties().len(), 2);
    let (claim, rest) = said(&page, Some((2, 2)));
    assert_eq!(
        claim,
        "2 of 2 restarts came within 15 s of memory reaching its limit; by chance 0.4 %."
    );
    assert_eq!(
        rest,
        "Goroutines rose with it in the one run seen from start to end, to 40,286 at most."
    );
}

#[test]
fn restarts_away_from_the_limit_are_not_explained_by_it() {
    let page = page(&Hour {
        ends: vec![(20 * MINUTE, Cause::Crash)],
        ..calm()
    });
    assert_eq!(
        said(&page, Some((0, 1))),
        ("1 restart in this range: crash.".to_owned(), String::new())
    );
}

#[test]
fn no_restart_is_only_claimed_of_what_was_seen() {
    assert_eq!(
        said(&page(&calm()), None),
        (
            "No restart in this range.".to_owned(),
            "Memory reached 20 % of its limit.".to_owned()
        )
    );

    let late = page(&Hour {
        first_seen: 30 * MINUTE,
        ..calm()
    });
    assert_eq!(
        said(&late, None).0,
        "No restart seen in this range; 50 % of it was watched."
    );
    assert_eq!(Picture::from(&late).blind.len(), 1);
}

#[test]
fn a_range_without_samples_invents_none() {
    let page = page(&Hour {
        ratio: |_| None,
        ..calm()
    });
    let picture = Picture::from(&page);
    assert!(picture.ratio.is_none() && picture.tasks.is_none());
    assert_eq!(said(&page, None).1, "No sample in this range.");
}

#[test]
fn a_deploy_is_marked_once_and_named_after_the_versions() {
    let end = 20 * MINUTE;
    let mut page = page(&Hour {
        ends: vec![(end, Cause::Deployed)],
        ..calm()
    });
    page.timeline.data.push(fact(
        TimelineKind::Deploy,
        end + 900,
        "image shop/checkout:1 → shop/checkout:2",
    ));
    let picture = Picture::from(&page);
    let rows: Vec<_> = picture.events.iter().map(|event| event.row).collect();
    assert_eq!(rows, [Row::Deploy]);
    assert_eq!(picture.frame.deploys[0].label, "1 → 2");
    assert!(picture.restarts.is_empty());
}

#[test]
fn markers_lead_to_their_row_or_to_their_time() {
    let mut page = page(&leak());
    page.timeline.data.push(fact(
        TimelineKind::Oom,
        20 * MINUTE - 100,
        "The kernel killed it",
    ));
    let kill = |page: &WorkloadPage| {
        let events = Picture::from(page).events;
        events
            .into_iter()
            .find(|event| event.row == Row::OomKill)
            .map(|event| event.href)
    };
    assert_eq!(kill(&page), Some(format!("#r{}", 20 * MINUTE)));
    page.restarts.data.clear();
    assert_eq!(
        kill(&page).as_deref(),
        Some("?from=1969-12-31T23:50:00Z&to=1970-01-01T00:50:00Z")
    );
}

fn deploy(outcome: DeployOutcome, text: &str) -> DeployRow {
    DeployRow {
        at: at(10 * MINUTE),
        container_id: "c0ffee".into(),
        from_image: "shop/checkout:1".to_owned(),
        to_image: "shop/checkout:2".to_owned(),
        from_limit_bytes: Some(512 << 20),
        to_limit_bytes: Some(512 << 20),
        outcome,
        text: text.to_owned(),
        decided_at: None,
        decided_text: None,
        ready_at: None,
        cause: Some(Cause::OutOfMemory),
        restarts_before: 19,
        restarts_after: 0,
        watched_before_s: 1.0,
        watched_after_s: 1.0,
        residual: 0.045,
        growth: None,
        same_age_s: None,
        memory: None,
        tasks: None,
        runs_before: Vec::new(),
        runs_after: Vec::new(),
    }
}

#[test]
fn the_newest_deploy_that_says_something_is_told() {
    let page = page(&calm());
    let deploys = [
        deploy(DeployOutcome::NothingBefore, "nothing to compare with"),
        deploy(
            DeployOutcome::Fixed,
            "fixed: 3.1 mean intervals; tasks at age 60 min: 9 instead of 2,140",
        ),
        deploy(DeployOutcome::MadeWorse, "made worse"),
    ];
    let says = said::all(&page, &analysis(None), &deploys);
    assert_eq!(says.len(), 2);
    assert_eq!(says[1].claim, "Fixed: 3.1 mean intervals.");
    assert_eq!(
        says[1].rest.replace('\u{a0}', " "),
        "Since 1 → 2, 1 Jan 00:10:00 UTC. Tasks at age 60 min: 9 instead of 2,140."
    );
    assert_eq!(says[1].href, "/workloads/1/deploys");
    assert_eq!(said::all(&page, &analysis(None), &deploys[..1]).len(), 1);
}

#[test]
fn a_change_of_the_limit_is_named() {
    let mut limit = deploy(DeployOutcome::OnlyDelayed, "");
    limit.to_image = limit.from_image.clone();
    limit.to_limit_bytes = Some(768 << 20);
    assert_eq!(
        said::change(&limit).replace('\u{a0}', " "),
        "1, limit 512 MiB → 768 MiB"
    );
}
