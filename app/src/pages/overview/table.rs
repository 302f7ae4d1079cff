//! The fleet, one workload a row; below 1120 px each row is a card, which the style sheet makes of the same elements.

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp,
    source::SourceState,
    view::{ForecastView, GrowthState, RestartCounts, Spark, TasksNow, TimeRange, WorkloadRow},
    workload::ContainerState,
};
use leptos::{ev::FocusEvent, prelude::*};
use wasm_bindgen::JsCast;

use super::order::Order;
use crate::{
    components::{Ago, CauseLabel, MemoryBar, Sparkline, Trend},
    erase::Erase,
    format::{count, duration_short},
};

/// From so many restarts a day on the count is set in bold: that is no accident any more.
const MANY_A_DAY: u32 = 5;

/// What the sparklines show, up to now.
const SPARK: Duration = Duration::from_hours(24);

/// A workload and its last day in small.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The workload.
    pub row: WorkloadRow,
    /// Its last day.
    pub spark: Spark,
}

/// The table of these workloads.
#[component]
pub fn FleetTable(
    /// The rows, in order.
    entries: Vec<Arc<Entry>>,
    /// When the data were put together.
    now: Timestamp,
    /// Holds while somebody points at the table or has the focus in it.
    order: Order,
) -> impl IntoView {
    let rows = entries
        .into_iter()
        .map(|entry| view! { <Row entry now /> }.erase())
        .collect_view();
    view! {
        // Roles are spelt out because a table that is laid out as cards loses them.
        <table
            class="fleet"
            role="table"
            on:pointerenter=move |_| order.hold(true)
            on:pointerleave=move |_| order.hold(false)
            on:focusin=move |_| order.hold(true)
            on:focusout=move |event| order.hold(stays_inside(&event))
        >
            <caption class="vh">"Workloads"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">
                        "Workload"
                    </th>
                    <th role="columnheader" scope="col">
                        "Memory, 24 h"
                    </th>
                    <th role="columnheader" scope="col">
                        "Memory now"
                    </th>
                    <th role="columnheader" scope="col" class="num">
                        "Tasks"
                    </th>
                    <th role="columnheader" scope="col" class="num">
                        "Restarts 10 min"
                    </th>
                    <th role="columnheader" scope="col" class="num">
                        "24 h"
                    </th>
                    <th role="columnheader" scope="col" class="num">
                        "30 d"
                    </th>
                    <th role="columnheader" scope="col">
                        "Last cause"
                    </th>
                    <th role="columnheader" scope="col">
                        "Next limit"
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        <p class="mut t2 mt2">
            "▲ under a sparkline is a restart; the dashed line is the limit. Counts come from Inquest’s own ledger, survive recreation, and leave out deploys and stops."
        </p>
    }
}

/// Whether the focus goes on to another element of the table.
fn stays_inside(event: &FocusEvent) -> bool {
    let element = event
        .related_target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| matches!(element.closest(".fleet"), Ok(Some(_))))
}

#[component]
fn Row(entry: Arc<Entry>, now: Timestamp) -> impl IntoView {
    let Entry { row, spark } = Arc::unwrap_or_clone(entry);
    let stale = row.source_state != SourceState::Healthy;
    let range = TimeRange {
        from: now - SPARK,
        to: now,
    };
    let age = stale.then(|| {
        let age = (now - row.seen_at).num_milliseconds();
        format!("{} old", duration_short(age))
    });
    let restarts = spark.restarts;
    let memory = spark
        .memory
        .map(|memory| view! { <Sparkline memory restarts range /> });
    let cause = row.last_restart.map_or_else(
        || view! { <span class="mut">"No restart seen"</span> }.erase(),
        |last| {
            view! {
                <CauseLabel cause=last.cause />
                <span class="sub">
                    <Ago at=last.at now />
                    {format!(", {}", last.confidence.name())}
                </span>
            }
            .erase()
        },
    );
    view! {
        <tr role="row" class=if stale { "stale" } else { "" }>
            <td role="cell" class="c-name">
                <a class="wl" href=format!("/workloads/{}", row.id)>
                    {row.name}
                </a>
                {state_tag(row.state)}
                <span class="sub">{place(&row.source, &row.group, &row.image)}</span>
            </td>
            <td role="cell" class="c-spark">
                {memory}
            </td>
            <td role="cell" class="c-mem">
                <MemoryBar memory=row.memory age />
            </td>
            <td role="cell" class="c-task">
                <Tasks tasks=row.tasks spark=spark.tasks range />
            </td>
            <Counts counts=row.restarts stale />
            <td role="cell" class="c-cause">
                {cause}
            </td>
            {forecast(row.forecast)}
        </tr>
    }
}

/// When the present run meets its limit. Only what grows is worth a line on a phone.
fn forecast(forecast: Option<ForecastView>) -> impl IntoView {
    let (class, text, reason) = match forecast {
        Some(it) if it.state == GrowthState::Growing => ("c-fc fc", it.text, it.reason),
        Some(it) => ("c-fc fc zero empty", it.text, it.reason),
        None => ("c-fc fc zero empty", "–".to_owned(), String::new()),
    };
    view! {
        <td role="cell" class=class>
            <b>{text}</b>
            <span class="sub">{reason}</span>
        </td>
    }
    .erase()
}

/// Where it runs and what: `edge-01 · shop · shop/checkout:2.14.1`.
fn place(source: &str, group: &str, image: &str) -> String {
    [source, group, image]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A word for a container that does not run.
fn state_tag(state: ContainerState) -> Option<impl IntoView> {
    (state != ContainerState::Running)
        .then(|| view! { <span class="tag state-tag">{state.name()}</span> })
}

#[component]
fn Tasks(
    tasks: TasksNow,
    spark: Option<domain::view::SparkLine>,
    range: TimeRange,
) -> impl IntoView {
    let number = tasks
        .count
        .map_or_else(|| "–".to_owned(), |tasks| count(tasks as f64));
    let unit = match (&tasks.problem, tasks.kind) {
        (Some(_), _) => "probe fails",
        (None, Some(kind)) => kind.label(),
        (None, None) => "not counted",
    };
    view! {
        <div class="tasks" title=tasks.problem>
            <span>
                {number} <span class="sub">{unit}</span>
            </span>
            {spark.map(|tasks| view! { <Trend tasks range /> })}
        </div>
    }
}

/// The three counts. While its source is blind, the last ten minutes are not known.
#[component]
fn Counts(counts: RestartCounts, stale: bool) -> impl IntoView {
    let number = |value: u32, hot: bool| {
        let class = match value {
            0 => "zero",
            _ if hot => "hot",
            _ => "",
        };
        view! { <span class=class>{count(f64::from(value))}</span> }
    };
    let last_10m = if stale {
        view! {
            <span class="zero" title="Not known while the source does not answer">
                "?"
            </span>
        }
        .erase()
    } else {
        number(counts.last_10m, true).erase()
    };
    view! {
        <td role="cell" class="num c-r10" data-l="10 min">
            {last_10m}
        </td>
        <td role="cell" class="num c-r24" data-l="24 h">
            {number(counts.last_24h, counts.last_24h >= MANY_A_DAY)}
        </td>
        <td role="cell" class="num c-r30" data-l="30 d">
            {number(counts.last_30d, false)}
        </td>
    }
}
