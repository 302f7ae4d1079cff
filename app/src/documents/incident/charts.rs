//! The charts: drawn once, for the screen, for paper and for a file.

use domain::metric::TaskKind;
use leptos::prelude::*;

use super::{PostMortem, picture::Picture, words::capitalised};
use crate::{
    chart::{
        lane::Lane,
        markers::{Marker, Row},
        plot::{Frame, Plot},
        svg::{percent as place, px},
    },
    components::chart::{Key, Swatch},
    documents::address::address,
    erase::Erase,
    format::{bytes, bytes_precise, count, day_clock, duration, percent, rfc3339, span},
};

/// Memory, share of the limit, tasks and events on one time axis.
#[component]
pub fn Charts(
    /// The incident.
    page: PostMortem,
) -> impl IntoView {
    let picture = Picture::from(&page);
    if picture.is_empty() {
        return None;
    }
    let range = page.charts.range;
    let (from, to) = (range.from.timestamp_millis(), range.to.timestamp_millis());
    let listed: Vec<String> = page
        .restarts
        .data
        .iter()
        .take(super::restarts::LISTED)
        .map(|row| format!("#r{}", row.id))
        .collect();
    let part = (range.from > page.incident.row.began_at).then(|| {
        let before = (range.from - page.incident.row.began_at).num_milliseconds();
        format!(
            "the last {}; it began {} before",
            duration(to - from),
            duration(before)
        )
    });
    let workload = page.incident.row.workload.map(|workload| {
        let href = address(format!(
            "/workloads/{workload}?from={}&to={}",
            rfc3339(from),
            rfc3339(to)
        ));
        let to = |what: &str| address(format!("/workloads/{workload}/{what}"));
        view! {
            <p class="end no-print">
                <a class="link" href=href rel="external">
                    "In the workload’s charts"
                </a>
            </p>
            <p class="no-print">
                <a class="link" href=to("runs") rel="external">
                    "Runs by age"
                </a>
            </p>
            <p class="no-print">
                <a class="link" href=to("deploys") rel="external">
                    "What its deploys did"
                </a>
            </p>
        }
    });
    let frame = &picture.frame;
    Some(
        view! {
            <section class="sect" aria-labelledby="course">
                <div class="sect-h">
                    <h2 id="course">"Its course"</h2>
                    <p>{span(from, to)}</p>
                    <p>{part}</p>
                    {workload}
                </div>
                {picture.memory.as_ref().map(|plot| memory(&memory_of(&page), plot, frame))}
                {picture.ratio.as_ref().map(|plot| ratio(plot, frame))}
                {picture.tasks.as_ref().map(|plot| tasks(plot, picture.task_kind, frame))}
                {events(&picture, &listed)}
            </section>
        }
        .erase(),
    )
}

/// Whose memory it is, where that is not one workload.
fn memory_of(page: &PostMortem) -> String {
    let row = &page.incident.row;
    let (shown, all) = (page.charts.workloads, row.workloads);
    if row.workload.is_some() || shown < 2 {
        "Memory".to_owned()
    } else if shown < all {
        format!("Memory of {shown} of its {all} workloads together")
    } else {
        format!("Memory of its {shown} workloads together")
    }
}

fn memory(title: &str, plot: &Plot, frame: &Frame) -> AnyView {
    let highest = plot.series.highest().unwrap_or_default();
    let limit = plot
        .highest_limit()
        .map(|limit| view! { <Key swatch=Swatch::Limit text=format!("limit {}", bytes(limit)) /> });
    let cache = plot
        .stacked
        .as_ref()
        .map(|_| view! { <Key swatch=Swatch::Stacked text="page cache, reclaimable" /> });
    let band = (!frame.bands.is_empty())
        .then(|| view! { <Key swatch=Swatch::Band text="at 95 % of the limit or more" /> });
    let keys = view! {
        <Key swatch=Swatch::Line text="working set" />
        {cache}
        {limit}
        {band}
    };
    figure(
        title,
        format!("at most {}", bytes_precise(highest)),
        keys.erase(),
        plot,
        frame,
    )
}

fn ratio(plot: &Plot, frame: &Frame) -> AnyView {
    let highest = plot.series.highest().map(percent).unwrap_or_default();
    let keys = view! { <Key swatch=Swatch::Line text="working set of limit" /> };
    figure(
        "Memory of limit",
        format!("at most {highest}"),
        keys.erase(),
        plot,
        frame,
    )
}

fn tasks(plot: &Plot, kind: Option<TaskKind>, frame: &Frame) -> AnyView {
    let label = capitalised(kind.map_or("tasks", TaskKind::label));
    let highest = plot.series.highest().map(count).unwrap_or_default();
    figure(
        &label,
        format!("at most {highest}"),
        ().erase(),
        plot,
        frame,
    )
}

fn figure(title: &str, read: String, keys: AnyView, plot: &Plot, frame: &Frame) -> AnyView {
    let label = format!("{title}, {read}");
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>{title.to_owned()}</h3>
                {keys}
                <span class="read">{read}</span>
            </figcaption>
            <svg
                class="plot"
                width="100%"
                height=plot.outer_height()
                role="img"
                aria-label=label
                inner_html=plot.render(frame)
            ></svg>
        </figure>
    }
    .erase()
}

/// The lane of events. A marker leads to the restart that it stands for when that is in the table below.
fn events(picture: &Picture, listed: &[String]) -> AnyView {
    let lane = Lane::new(picture.events.clone());
    let frame = &picture.frame;
    let height = px(lane.height());
    let counts: Vec<_> = lane
        .rows()
        .map(|(row, _)| format!("{} {}", lane.count(row, frame), row.name()))
        .collect();
    let markers = |narrow: bool| {
        let placed = lane.markers(frame, narrow);
        placed
            .into_iter()
            .map(|(marker, y)| mark(marker, y, listed))
            .collect_view()
    };
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>"Events"</h3>
                {lane.rows().map(|(row, _)| key(row)).collect_view()}
            </figcaption>
            <svg
                class="plot lane"
                width="100%"
                height=height
                role="group"
                aria-label=format!("Events: {}", counts.join(", "))
            >
                <g inner_html=lane.render(frame)></g>
                <g class="narrow-hide">{markers(false)}</g>
                <g class="narrow-only">{markers(true)}</g>
            </svg>
        </figure>
    }
    .erase()
}

fn mark(marker: Marker, y: f64, listed: &[String]) -> AnyView {
    let label = format!(
        "{}, {}: {}",
        marker.row.name(),
        day_clock(marker.span.0),
        marker.label
    );
    let href = marker.href.filter(|href| listed.contains(href));
    let count = (marker.count > 1).then(|| {
        view! {
            <text class="count" x="9" y="4">
                {marker.count}
            </text>
        }
    });
    let shape = view! {
        <rect class="hit" x="-10" y="-10" width="20" height="20" rx="4"></rect>
        <path class="mk" transform="translate(-6 -6)" d=marker.row.glyph()></path>
        {count}
        <title>{label.clone()}</title>
    };
    let inner = match href {
        Some(href) => view! {
            <a href=href aria-label=label>
                {shape}
            </a>
        }
        .erase(),
        None => view! {
            <g role="img" aria-label=label>
                {shape}
            </g>
        }
        .erase(),
    };
    view! {
        <svg x=place(marker.percent) y=px(y) overflow="visible" class=marker.tone>
            {inner}
        </svg>
    }
    .erase()
}

fn key(row: Row) -> AnyView {
    let (tone, text) = match row {
        Row::OomKill => ("c-memory", "OOM kill"),
        Row::Restart => ("c-none", "restart, by cause"),
        Row::Capture => ("c-none", "captured"),
        Row::Deploy => ("c-person", "deploy"),
    };
    view! {
        <span class=format!("key {tone}")>
            <svg class="gl" viewBox="0 0 12 12" aria-hidden="true">
                <path d=row.glyph()></path>
            </svg>
            {text}
        </span>
    }
    .erase()
}
