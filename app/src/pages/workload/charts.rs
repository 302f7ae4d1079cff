//! The charts of the page.

use domain::metric::{TaskKind, Unit};
use leptos::prelude::*;

use super::{alerted::Lane, finding::capitalised, picture::Picture};
use crate::{
    chart::{
        markers::Row,
        plot::{Frame, Plot},
        range::RangeQuery,
        scale::TimeScale,
        series::Series,
    },
    components::chart::{
        ChartStack, CoverageLegend, DataTwin, EventLane, Key, OverviewBrush, RangeControls, Swatch,
        TimeSeriesChart,
    },
    erase::Erase,
    format::{bytes, bytes_precise, count, percent},
};

/// Range, long strip, the stack of charts and its legend.
#[component]
pub fn Charts(
    /// What to draw.
    picture: Picture,
    /// What the URL asks for.
    range: RangeQuery,
    /// Now, milliseconds since the epoch.
    now: i64,
) -> impl IntoView {
    let time = picture.frame.time;
    let bounds = TimeScale::new(
        picture.strip.time.start().min(time.start()),
        now.max(time.end()),
    );
    let restarts = picture
        .events
        .iter()
        .filter(|e| e.row == Row::Restart)
        .map(|e| e.at)
        .collect();
    let columns = columns(&picture);
    let frame = picture.frame.clone();
    let at_limit = picture.frame.bands.len();
    let memory_summary = memory_summary(&picture);
    let limit = picture
        .memory
        .highest_limit()
        .map(|limit| view! { <Key swatch=Swatch::Limit text=format!("limit {}", bytes(limit)) /> });
    let band = (at_limit > 0).then(|| view! { <Key swatch=Swatch::Band text="at 95 % or more" /> });
    let has_cache = picture.memory.stacked.is_some();
    let cache =
        has_cache.then(|| view! { <Key swatch=Swatch::Stacked text="page cache, reclaimable" /> });
    let cut_short = picture.cut_short.then(|| {
        view! { <p class="mut t2">"More happened in this range than is marked: only the first events are. Zoom in to see the others."</p> }
    });
    let ratio = picture.ratio.map(|plot| ratio_chart(plot, &picture.frame));
    let tasks = picture
        .tasks
        .map(|plot| tasks_chart(plot, picture.task_kind, &picture.frame));
    let alerts = (!picture.alerts.svg.is_empty()).then(|| alert_lane(picture.alerts));
    view! {
        <section aria-labelledby="timeline">
            <h2 id="timeline" class="vh">
                "Timeline"
            </h2>
            <RangeControls query=range time=time now=now />
            <OverviewBrush
                whole=picture.strip.time
                time=time
                series=picture.strip.series
                unit=picture.strip.unit
                ends=picture.strip.ends
            />
            <ChartStack time=time bounds=bounds restarts=restarts>
                <TimeSeriesChart
                    title="Memory".to_owned()
                    summary=memory_summary
                    plot=picture.memory
                    frame=picture.frame.clone()
                    name="working set"
                    stacked_name=if has_cache { "cache" } else { "" }
                    says_time=true
                >
                    <Key swatch=Swatch::Line text="working set" />
                    {cache}
                    {limit}
                    {band}
                </TimeSeriesChart>
                {ratio}
                {tasks}
                {alerts}
                <EventLane events=picture.events frame=picture.frame />
            </ChartStack>
            <CoverageLegend frame=frame blind=picture.blind />
            {cut_short}
            <DataTwin time=time columns=columns />
        </section>
    }
    .erase()
}

/// When alerts fired. The lane is drawn where the rules are known: its places are shares of the width, as those of all charts.
fn alert_lane(lane: Lane) -> impl IntoView {
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>"Alerts"</h3>
                <span class="note">{lane.key}</span>
            </figcaption>
            <svg class="plot lane" width="100%" height=lane.height role="group" aria-label=lane.summary inner_html=lane.svg></svg>
        </figure>
    }
    .erase()
}

fn ratio_chart(plot: Plot, frame: &Frame) -> impl IntoView + use<> {
    let highest = plot.series.highest().map(percent).unwrap_or_default();
    view! {
        <TimeSeriesChart
            title="Memory of limit".to_owned()
            summary=format!("At most {highest} in this range.")
            plot=plot
            frame=frame.clone()
        >
            <Key swatch=Swatch::Line text="working set ÷ limit" />
        </TimeSeriesChart>
    }
}

fn tasks_chart(plot: Plot, kind: Option<TaskKind>, frame: &Frame) -> impl IntoView + use<> {
    let highest = plot.series.highest().map(count).unwrap_or_default();
    let name = kind.map_or("tasks", TaskKind::label);
    view! {
        <TimeSeriesChart
            title=capitalised(name)
            summary=format!("At most {highest} in this range.")
            plot=plot
            frame=frame.clone()
        >
            <Key swatch=Swatch::Line text=from(kind) />
        </TimeSeriesChart>
    }
}

/// Where a task count comes from, for the key.
fn from(kind: Option<TaskKind>) -> &'static str {
    match kind {
        Some(TaskKind::KernelTasks) => "kernel tasks of the container",
        Some(_) => "as the program tells",
        None => "count",
    }
}

/// The memory chart in a sentence.
fn memory_summary(picture: &Picture) -> String {
    let memory = &picture.memory;
    let lowest = memory
        .series
        .buckets
        .iter()
        .flatten()
        .map(|b| b.min)
        .reduce(f64::min);
    let (Some(lowest), Some(highest)) = (lowest, memory.series.highest()) else {
        return "No sample in this range.".to_owned();
    };
    let range = format!(
        "Working set between {} and {}",
        bytes_precise(lowest),
        bytes_precise(highest)
    );
    let limit = memory.highest_limit().map_or_else(
        || "no limit set".to_owned(),
        |limit| format!("limit {}", bytes(limit)),
    );
    format!(
        "{range}, {limit}, {} times at 95 % of it or more; {} restarts.",
        picture.frame.bands.len(),
        picture.restarts.len()
    )
}

fn columns(picture: &Picture) -> Vec<(String, Unit, Series)> {
    let column = |name: &str, plot: &Plot| (name.to_owned(), plot.unit, plot.series.clone());
    let tasks = capitalised(picture.task_kind.map_or("tasks", TaskKind::label));
    [
        Some(column("Working set", &picture.memory)),
        picture.ratio.as_ref().map(|plot| column("Of limit", plot)),
        picture.tasks.as_ref().map(|plot| column(&tasks, plot)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
