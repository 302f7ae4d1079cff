//! The lane of events: every marker a link.

use leptos::{ev::MouseEvent, prelude::*};

use super::{ChartSync, ShowRange};
use crate::{
    chart::{
        lane::Lane,
        markers::{Event, Marker, Row},
        plot::Frame,
        range::{RangeQuery, SHORTEST},
        scale::TimeScale,
        svg::{percent, px},
    },
    erase::Erase,
    format::day_clock,
};

/// How near the crosshair must be to an event for its sentence to be shown, as a share of the range.
const NEAR: f64 = 0.006;

/// Restarts, kills, captures and deploys on the shared time axis. A marker leads to where its event is told; one that stands for
/// several leads to their stretch of time.
#[component]
pub fn EventLane(
    /// What happened.
    events: Vec<Event>,
    /// The axis and what happened on it.
    frame: Frame,
) -> impl IntoView {
    let sync = expect_context::<ChartSync>();
    let time = frame.time;
    let lane = Lane::new(events.clone());
    let keys = lane.rows().map(|(row, _)| key(row)).collect_view();
    let counts: Vec<_> = lane
        .rows()
        .map(|(row, _)| (row, lane.count(row, &frame)))
        .collect();
    let wide = markers(&lane, &frame, false);
    let narrow = markers(&lane, &frame, true);
    let read = move || {
        let at = sync.hover.get()?;
        let near = |e: &&Event| (time.fraction(e.at) - time.fraction(at)).abs() < NEAR;
        let event = events
            .iter()
            .filter(near)
            .min_by_key(|e| (e.at - at).abs())?;
        Some(view! {
            <b>{day_clock(event.at)}</b>
            " "
            {event.label.clone()}
        })
    };
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>"Events"</h3>
                {keys}
                <span class="read">{read}</span>
            </figcaption>
            <svg class="plot lane" width="100%" height=px(lane.height()) role="group" aria-label=summary(&counts)>
                <g inner_html=lane.render(&frame)></g>
                <g class="narrow-hide">{wide}</g>
                <g class="narrow-only">{narrow}</g>
            </svg>
        </figure>
    }
    .erase()
}

fn markers(lane: &Lane, frame: &Frame, narrow: bool) -> impl IntoView + use<> {
    let placed = lane.markers(frame, narrow);
    placed
        .into_iter()
        .map(|(marker, y)| mark(marker, y))
        .collect_view()
}

fn mark(marker: Marker, y: f64) -> impl IntoView {
    let show = expect_context::<ShowRange>();
    let (from, to) = marker.span;
    let around = RangeQuery::Fixed(TimeScale::new(from - SHORTEST, to + SHORTEST));
    let single = marker.href.is_some();
    let href = marker.href.unwrap_or_else(|| around.to_query());
    let zoom = move |ev: MouseEvent| {
        if !single {
            ev.prevent_default();
            show.run(around);
        }
    };
    let count = (marker.count > 1).then(|| {
        view! {
            <text class="count" x="9" y="4">
                {marker.count}
            </text>
        }
    });
    let label = format!(
        "{}, {}: {}",
        marker.row.name(),
        day_clock(from),
        marker.label
    );
    let title = label.clone();
    view! {
        <svg x=percent(marker.percent) y=px(y) overflow="visible" class=marker.tone>
            <a href=href aria-label=label on:click=zoom>
                <rect class="hit" x="-10" y="-10" width="20" height="20" rx="4"></rect>
                <path class="mk" transform="translate(-6 -6)" d=marker.row.glyph()></path>
                {count}
                <title>{title}</title>
            </a>
        </svg>
    }
}

fn key(row: Row) -> impl IntoView {
    let (tone, glyph, text) = match row {
        Row::OomKill => ("c-memory", Row::OomKill, "OOM kill"),
        Row::Restart => ("c-memory", Row::Restart, "restart, by cause"),
        Row::Capture => ("c-none", Row::Capture, "profile captured"),
        Row::Deploy => ("c-person", Row::Deploy, "deploy"),
    };
    view! {
        <span class=format!("key {tone}")>
            <svg class="gl" viewBox="0 0 12 12" aria-hidden="true">
                <path d=glyph.glyph()></path>
            </svg>
            {text}
        </span>
    }
}

/// `Events: 8 OOM kill, 8 restart, 1 deploy`.
fn summary(counts: &[(Row, usize)]) -> String {
    let parts: Vec<_> = counts
        .iter()
        .map(|(row, count)| format!("{count} {}", row.name()))
        .collect();
    format!("Events: {}", parts.join(", "))
}
