//! From what the server knows to what the charts draw.

use domain::{
    metric::{Metric, TaskKind, Unit},
    verdict::Cause,
    view::SeriesSet,
};

use super::{alerted::Lane, facts, load::WorkloadPage};
use crate::chart::{
    bands, coverage,
    levels::{self, Level},
    markers::Event,
    plot::{Frame, Plot},
    scale::TimeScale,
    series::Series,
};

/// Height of the memory chart in pixels.
const MEMORY_HEIGHT: f64 = 176.0;
/// Height of the chart of the share of the limit.
const RATIO_HEIGHT: f64 = 96.0;
/// Height of the chart of tasks.
pub(crate) const TASKS_HEIGHT: f64 = 112.0;

/// Everything the charts draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The axis and what happened on it.
    pub frame: Frame,
    /// The long strip.
    pub strip: Strip,
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
    /// Restarts of the range that count as such, whether in the table or not, with their causes.
    pub restarts: Vec<(i64, Cause)>,
    /// There are more facts in the range than are drawn.
    pub cut_short: bool,
    /// When alerts fired.
    pub alerts: Lane,
}

/// The long strip above the charts.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Its time.
    pub time: TimeScale,
    /// Share of the limit, or bytes where there is no limit.
    pub series: Series,
    /// Which of the two.
    pub unit: Unit,
    /// Ascending times at which runs ended.
    pub ends: Vec<i64>,
}

impl From<&WorkloadPage> for Picture {
    fn from(page: &WorkloadPage) -> Self {
        let time = TimeScale::from(page.range);
        let ratio = series(&page.series, Metric::MemoryRatio);
        let tasks = series(&page.series, Metric::Tasks);
        let has_limit = ratio.highest().is_some();
        let ends = facts::ends(page);
        Self {
            frame: Frame {
                time,
                bands: bands::find(&ratio, &ends),
                ends,
                deploys: facts::deploys(page),
                strip: coverage::strip(time, &facts::gaps(page), &[]),
            },
            strip: strip(page),
            memory: Plot {
                marks: page.alerted.memory.clone(),
                ..memory(&page.series)
            },
            ratio: has_limit.then(|| share_of_limit(ratio)),
            tasks: tasks.highest().is_some().then(|| Plot {
                marks: page.alerted.tasks.clone(),
                ..plain(TASKS_HEIGHT, Unit::Count, tasks)
            }),
            task_kind: page.series.get(Metric::Tasks).and_then(|view| view.kind),
            events: facts::events(page),
            blind: facts::blind(page),
            restarts: facts::restarts(page),
            cut_short: page.timeline.meta.next.is_some(),
            alerts: page.alerted.lane.clone(),
        }
    }
}

pub(crate) fn series(set: &SeriesSet, metric: Metric) -> Series {
    set.get(metric).map(Series::from).unwrap_or_default()
}

fn strip(page: &WorkloadPage) -> Strip {
    let metric = if series(&page.strip, Metric::MemoryRatio).highest().is_some() {
        Metric::MemoryRatio
    } else {
        Metric::MemoryWorkingSetBytes
    };
    Strip {
        time: TimeScale::from(page.whole),
        series: series(&page.strip, metric),
        unit: metric.unit(),
        ends: facts::ascending(page.strip_ends.iter().copied()),
    }
}

pub(crate) fn memory(set: &SeriesSet) -> Plot {
    let cache = series(set, Metric::MemoryCacheBytes);
    Plot {
        stacked: cache.highest().is_some().then_some(cache),
        limit: levels::of(&series(set, Metric::MemoryLimitBytes)),
        filled: true,
        labelled: true,
        ..plain(
            MEMORY_HEIGHT,
            Unit::Bytes,
            series(set, Metric::MemoryWorkingSetBytes),
        )
    }
}

pub(crate) fn share_of_limit(series: Series) -> Plot {
    let whole = Level {
        from: series.start(0),
        to: series.start(series.buckets.len()),
        value: 1.0,
    };
    Plot {
        limit: vec![whole],
        ..plain(RATIO_HEIGHT, Unit::Ratio, series)
    }
}

pub(crate) fn plain(height: f64, unit: Unit, series: Series) -> Plot {
    Plot {
        height,
        unit,
        series,
        stacked: None,
        limit: Vec::new(),
        marks: Vec::new(),
        filled: false,
        labelled: false,
    }
}
