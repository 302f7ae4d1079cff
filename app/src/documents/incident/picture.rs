//! From the course of an incident to what is drawn.

use domain::{
    metric::{Metric, TaskKind, Unit},
    verdict::Cause,
    view::{TimelineEntry, TimelineKind},
};

use super::PostMortem;
use crate::{
    chart::{
        bands, coverage,
        markers::{Event, Row},
        order::by_time,
        plot::{Deploy, Frame, Plot},
        scale::TimeScale,
        series::Series,
    },
    components::tone,
    format::version,
    pages::workload::picture::{TASKS_HEIGHT, memory, plain, series, share_of_limit},
};

/// A deploy and the end of the run that it replaced are at most this far apart, in milliseconds.
const SAME_MOMENT: i64 = 15_000;

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The axis and what happened on it.
    pub frame: Frame,
    /// Memory, if it was measured.
    pub memory: Option<Plot>,
    /// Share of the limit, if there is a limit.
    pub ratio: Option<Plot>,
    /// Task count, if there is one.
    pub tasks: Option<Plot>,
    /// What is counted.
    pub task_kind: Option<TaskKind>,
    /// Markers of the event lane.
    pub events: Vec<Event>,
}

impl From<&PostMortem> for Picture {
    fn from(page: &PostMortem) -> Self {
        let charts = &page.charts;
        let time = TimeScale::from(charts.range);
        let set = &charts.series;
        let ratio = within(time, series(set, Metric::MemoryRatio));
        let tasks = within(time, series(set, Metric::Tasks));
        let memory = memory(set);
        let memory = Plot {
            series: within(time, memory.series),
            stacked: memory.stacked.map(|cache| within(time, cache)),
            ..memory
        };
        let mut ends: Vec<i64> = of_kind(page, TimelineKind::Restart).map(at).collect();
        by_time(&mut ends, |at| *at);
        let blind: Vec<_> = of_kind(page, TimelineKind::CoverageGap)
            .map(|gap| coverage::Span {
                from: at(gap),
                to: gap
                    .until
                    .map_or(time.end(), |until| until.timestamp_millis()),
            })
            .collect();
        Self {
            frame: Frame {
                time,
                bands: bands::find(&ratio, &ends),
                ends,
                deploys: of_kind(page, TimelineKind::Deploy)
                    .map(|deploy| Deploy {
                        at: at(deploy),
                        label: version_of(page, at(deploy)),
                    })
                    .collect(),
                strip: coverage::strip(time, &blind, &[]),
            },
            memory: memory.series.highest().is_some().then_some(memory),
            ratio: ratio.highest().is_some().then(|| share_of_limit(ratio)),
            tasks: tasks
                .highest()
                .is_some()
                .then(|| plain(TASKS_HEIGHT, Unit::Count, tasks)),
            task_kind: set.get(Metric::Tasks).and_then(|view| view.kind),
            events: charts
                .timeline
                .iter()
                .filter_map(|fact| event(page, fact))
                .collect(),
        }
    }
}

impl Picture {
    /// Whether there is anything to look at.
    pub fn is_empty(&self) -> bool {
        self.memory.is_none() && self.tasks.is_none() && self.events.is_empty()
    }
}

/// Without the buckets whose middle, where they are drawn, is outside: an answer may begin before its range and end after it by a bucket.
fn within(time: TimeScale, mut series: Series) -> Series {
    for bucket in 0..series.buckets.len() {
        if !time.contains(series.middle(bucket)) {
            series.buckets[bucket] = None;
        }
    }
    series
}

fn at(entry: &TimelineEntry) -> i64 {
    entry.at.timestamp_millis()
}

fn of_kind(page: &PostMortem, kind: TimelineKind) -> impl Iterator<Item = &TimelineEntry> {
    let facts = page.charts.timeline.iter();
    facts.filter(move |entry| entry.kind == kind)
}

/// What was deployed, as far as the restarts of the incident tell.
fn version_of(page: &PostMortem, at: i64) -> String {
    let rows = page.restarts.data.iter();
    rows.filter(|row| (row.ended_at.timestamp_millis() - at).abs() <= SAME_MOMENT)
        .find_map(|row| Some(version(&row.image, Some(row.next_image.as_deref()?))))
        .unwrap_or_default()
}

fn event(page: &PostMortem, entry: &TimelineEntry) -> Option<Event> {
    let (row, tone) = match (entry.kind, entry.cause) {
        (TimelineKind::Restart, Some(Cause::Deployed)) => return None,
        (TimelineKind::Restart, cause) => (Row::Restart, tone(cause.unwrap_or(Cause::Unknown))),
        (TimelineKind::Oom | TimelineKind::ChildOutOfMemory, _) => (Row::OomKill, "c-memory"),
        (TimelineKind::Deploy, _) => (Row::Deploy, "c-person"),
        (TimelineKind::Capture, _) => (Row::Capture, "c-none"),
        _ => return None,
    };
    Some(Event {
        at: at(entry),
        row,
        tone,
        label: entry.text.clone(),
        href: told_at(page, entry),
    })
}

/// The restart that a fact is told with: its own, or that of its moment; empty without one.
fn told_at(page: &PostMortem, entry: &TimelineEntry) -> String {
    let distance = |ended_at: domain::Timestamp| (ended_at.timestamp_millis() - at(entry)).abs();
    let rows = page.restarts.data.iter();
    let nearest = || {
        rows.filter(|row| distance(row.ended_at) <= SAME_MOMENT)
            .min_by_key(|row| distance(row.ended_at))
            .map(|row| row.id)
    };
    entry
        .restart
        .or_else(nearest)
        .map_or_else(String::new, |restart| format!("#r{restart}"))
}
