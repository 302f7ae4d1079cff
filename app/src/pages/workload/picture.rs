//! From what the server knows to what the charts draw.

use domain::{
    Timestamp,
    metric::{Metric, TaskKind, Unit},
    verdict::Cause,
    view::{SeriesSet, TimelineEntry, TimelineKind},
};

use super::load::WorkloadPage;
use crate::{
    chart::{
        bands,
        coverage::{self, Span},
        levels,
        markers::{Event, Row},
        plot::{Deploy, Frame, Plot},
        range::RangeQuery,
        scale::TimeScale,
        series::Series,
    },
    components::tone,
    format::{span, version},
};

/// Heights of the charts in pixels.
const MEMORY_HEIGHT: f64 = 176.0;
const RATIO_HEIGHT: f64 = 96.0;
const TASKS_HEIGHT: f64 = 112.0;
/// A kill and the end of the run it caused are seen at most this far apart, in milliseconds.
const SAME_MOMENT: i64 = 15_000;
/// What is shown around an event that has no row in the table, in milliseconds on either side.
const AROUND: i64 = 1_800_000;

/// Everything the charts draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The axis and what happened on it.
    pub frame: Frame,
    /// The time of the long strip.
    pub whole: TimeScale,
    /// Memory over that time.
    pub strip: Series,
    /// Share of the limit, or bytes where there is no limit.
    pub strip_unit: Unit,
    /// Memory.
    pub memory: Plot,
    /// Share of the limit, if there is a limit.
    pub ratio: Option<Plot>,
    /// Task count, if there is one.
    pub tasks: Option<Plot>,
    /// What is counted.
    pub task_kind: Option<TaskKind>,
    /// Markers of the event lane.
    pub events: Vec<Event>,
    /// Every stretch of the range that was not seen, in a sentence.
    pub blind: Vec<String>,
    /// Restarts in the range, whether in the table or not.
    pub restarts: usize,
}

impl From<&WorkloadPage> for Picture {
    fn from(page: &WorkloadPage) -> Self {
        let time = TimeScale::from(page.range);
        let ratio = series(&page.series, Metric::MemoryRatio);
        let gaps = gaps(page);
        let frame = Frame {
            time,
            bands: bands::find(&ratio, &ends(page)),
            ends: ends(page),
            deploys: deploys(page),
            strip: coverage::strip(time, &gaps, &[]),
        };
        let has_limit = ratio.highest().is_some();
        let strip_metric = if has_limit {
            Metric::MemoryRatio
        } else {
            Metric::MemoryWorkingSetBytes
        };
        let tasks = series(&page.series, Metric::Tasks);
        Self {
            whole: TimeScale::from(page.whole),
            strip: series(&page.strip, strip_metric),
            strip_unit: strip_metric.unit(),
            memory: Plot {
                height: MEMORY_HEIGHT,
                unit: Unit::Bytes,
                series: series(&page.series, Metric::MemoryWorkingSetBytes),
                stacked: Some(series(&page.series, Metric::MemoryCacheBytes)),
                limit: levels::of(&series(&page.series, Metric::MemoryLimitBytes)),
                filled: true,
                labelled: true,
            },
            ratio: has_limit.then(|| share_of_limit(ratio)),
            tasks: tasks.highest().is_some().then(|| count(tasks)),
            task_kind: page.series.get(Metric::Tasks).and_then(|view| view.kind),
            events: page
                .timeline
                .iter()
                .filter_map(|entry| event(entry, page))
                .collect(),
            blind: blind(&page.timeline, &gaps, time),
            restarts: page
                .timeline
                .iter()
                .filter(|e| is_restart(e) && time.contains(ms(e.at)))
                .count(),
            frame,
        }
    }
}

fn share_of_limit(series: Series) -> Plot {
    let (from, to) = (series.start(0), series.start(series.buckets.len()));
    Plot {
        height: RATIO_HEIGHT,
        unit: Unit::Ratio,
        series,
        stacked: None,
        limit: vec![levels::Level {
            from,
            to,
            value: 1.0,
        }],
        filled: false,
        labelled: false,
    }
}

fn count(series: Series) -> Plot {
    Plot {
        height: TASKS_HEIGHT,
        unit: Unit::Count,
        series,
        stacked: None,
        limit: Vec::new(),
        filled: false,
        labelled: false,
    }
}

fn ms(at: Timestamp) -> i64 {
    at.timestamp_millis()
}

fn series(set: &SeriesSet, metric: Metric) -> Series {
    set.get(metric).map(Series::from).unwrap_or_default()
}

/// When runs ended, ascending.
fn ends(page: &WorkloadPage) -> Vec<i64> {
    let mut ends: Vec<i64> = page
        .timeline
        .iter()
        .filter(|entry| entry.kind == TimelineKind::Restart)
        .map(|entry| ms(entry.at))
        .collect();
    ends.sort_unstable();
    ends
}

/// Whether a fact is drawn and counted as a restart. A deploy ends a run too, but has its own row and glyph.
fn is_restart(entry: &TimelineEntry) -> bool {
    entry.kind == TimelineKind::Restart && entry.cause != Some(Cause::Deployed)
}

/// Changes of version. The names come from the ledger, which knows what ran before and after; a deploy that is not in the table
/// is marked without them.
fn deploys(page: &WorkloadPage) -> Vec<Deploy> {
    let deploys = page
        .timeline
        .iter()
        .filter(|entry| entry.kind == TimelineKind::Deploy);
    let label = |at: i64| {
        let change =
            page.restarts.data.iter().find(|row| {
                row.next_image.is_some() && (ms(row.ended_at) - at).abs() <= SAME_MOMENT
            });
        change.map_or_else(String::new, |row| {
            version(&row.image, row.next_image.as_deref())
        })
    };
    deploys
        .map(|entry| Deploy {
            at: ms(entry.at),
            label: label(ms(entry.at)),
        })
        .collect()
}

/// Stretches that were not seen: recorded gaps, and the time before the workload was first seen.
fn gaps(page: &WorkloadPage) -> Vec<Span> {
    let now = ms(page.at);
    let recorded = page
        .timeline
        .iter()
        .filter(|entry| entry.kind == TimelineKind::CoverageGap);
    let recorded = recorded.map(|entry| Span {
        from: ms(entry.at),
        to: entry.until.map_or(now, ms),
    });
    let before = Span {
        from: i64::MIN,
        to: ms(page.detail.first_seen_at),
    };
    recorded.chain([before]).collect()
}

fn blind(timeline: &[TimelineEntry], gaps: &[Span], time: TimeScale) -> Vec<String> {
    let entries = timeline
        .iter()
        .filter(|entry| entry.kind == TimelineKind::CoverageGap);
    let mut texts: Vec<String> = entries
        .zip(gaps)
        .filter(|(_, gap)| time.clip(gap.from, gap.to).is_some())
        .map(|(entry, gap)| format!("blind {}: {}", span(gap.from, gap.to), entry.text))
        .collect();
    if let Some(first_seen) = gaps.last().map(|before| before.to)
        && first_seen > time.start()
    {
        texts.push("not watched yet before that".to_owned());
    }
    texts
}

fn event(entry: &TimelineEntry, page: &WorkloadPage) -> Option<Event> {
    let (row, tone) = match entry.kind {
        TimelineKind::Restart if !is_restart(entry) => return None,
        TimelineKind::Restart => (Row::Restart, entry.cause.map_or("c-unknown", tone)),
        TimelineKind::Oom | TimelineKind::ChildOutOfMemory => (Row::OomKill, "c-memory"),
        TimelineKind::Deploy => (Row::Deploy, "c-person"),
        TimelineKind::Capture => (Row::Capture, "c-none"),
        TimelineKind::CoverageGap | TimelineKind::Note => return None,
    };
    let at = ms(entry.at);
    Some(Event {
        at,
        row,
        tone,
        label: entry.text.clone(),
        href: told_at(entry, page),
    })
}

/// Where an event is told in full: its row in the table, or its own stretch of time if the table does not reach that far.
fn told_at(entry: &TimelineEntry, page: &WorkloadPage) -> String {
    let at = ms(entry.at);
    let same = |id| entry.restart == Some(id);
    let rows = &page.restarts.data;
    let row = rows.iter().find(|row| same(row.id)).or_else(|| {
        rows.iter()
            .filter(|row| (ms(row.ended_at) - at).abs() <= SAME_MOMENT)
            .min_by_key(|row| (ms(row.ended_at) - at).abs())
    });
    row.map_or_else(
        || RangeQuery::Fixed(TimeScale::new(at - AROUND, at + AROUND)).to_query(),
        |row| format!("#r{}", row.id),
    )
}
