//! The long strip above the charts, with the window that they show.

use domain::metric::Unit;
use leptos::{ev::PointerEvent, prelude::*, svg};

use super::{ChartSync, ShowRange};
use crate::{
    chart::{
        calendar::ticks,
        path,
        plot::COLUMNS,
        range::{RangeQuery, SHORTEST},
        scale::{TimeScale, ValueScale},
        segments::{cut, decimate},
        series::Series,
        svg::{Svg, percent, px},
    },
    erase::Erase,
    format::{duration_short, span},
};

/// Height of the strip itself, in pixels.
const HEIGHT: f64 = 32.0;
/// Height with the labels below it.
const OUTER_HEIGHT: f64 = 52.0;
/// How near to an edge of the window a press takes hold of that edge, in pixels.
const GRIP_PIXELS: f64 = 10.0;

/// A window of more than this share of the strip cannot be moved in it; a press in it begins a new one.
const MOVABLE: f64 = 0.9;

/// What a press took hold of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// The window, at this distance from its start.
    Window(i64),
    /// An edge; the other one stays at this time.
    Edge(i64),
}

/// The memory of a longer time; the window in it can be moved, made longer and shorter, or drawn anew.
#[component]
pub fn OverviewBrush(
    /// The time of the whole strip.
    whole: TimeScale,
    /// The window.
    time: TimeScale,
    /// What is drawn in the strip.
    series: Series,
    /// What its values mean.
    unit: Unit,
    /// Ascending times at which runs ended.
    ends: Vec<i64>,
) -> impl IntoView {
    let show = expect_context::<ShowRange>();
    let strip = NodeRef::<svg::Svg>::new();
    let ChartSync { held, moved, .. } = expect_context();
    let window = move || moved.get().unwrap_or(time);

    let time_at = move |ev: &PointerEvent| {
        let rect = strip.get_untracked()?.get_bounding_client_rect();
        let fraction = (f64::from(ev.client_x()) - rect.left()) / rect.width();
        let grip = (GRIP_PIXELS / rect.width() * whole.span() as f64) as i64;
        fraction.is_finite().then(|| (whole.invert(fraction), grip))
    };
    let on_down = move |ev: PointerEvent| {
        let Some((at, grip)) = time_at(&ev) else {
            return;
        };
        let movable = (time.span() as f64) < MOVABLE * whole.span() as f64;
        let near = |edge: i64| (at - edge).abs() <= grip;
        held.set_value(Some(if near(time.start()) {
            Hold::Edge(time.end())
        } else if near(time.end()) {
            Hold::Edge(time.start())
        } else if time.contains(at) && movable {
            Hold::Window(at - time.start())
        } else {
            Hold::Edge(at)
        }));
        super::stack::capture(&ev);
    };
    let on_move = move |ev: PointerEvent| {
        let (Some(hold), Some((at, _))) = (held.get_value(), time_at(&ev)) else {
            return;
        };
        moved.set(Some(match hold {
            Hold::Window(offset) => {
                TimeScale::new(at - offset, at - offset + time.span()).within(whole)
            }
            Hold::Edge(other) => TimeScale::new(at.min(other), at.max(other)),
        }));
    };
    let on_up = move |_| {
        held.set_value(None);
        if let Some(chosen) = moved.try_update(Option::take).flatten()
            && chosen.span() >= SHORTEST
        {
            show.run(RangeQuery::Fixed(chosen));
        }
    };
    let on_cancel = move |_| {
        held.set_value(None);
        moved.set(None);
    };

    let x = move || percent(whole.percent(window().start()).max(0.0));
    let width = move || {
        percent(
            whole
                .clip(window().start(), window().end())
                .map_or(0.0, |(_, width)| width),
        )
    };
    let label = format!(
        "Memory over a longer time, {}; the window shows {}",
        span(whole.start(), whole.end()),
        span(time.start(), time.end())
    );
    view! {
        <svg
            class="plot brush no-print"
            class:dragging=move || moved.get().is_some()
            width="100%"
            height=px(OUTER_HEIGHT)
            role="img"
            aria-label=label
            node_ref=strip
            on:pointerdown=on_down
            on:pointermove=on_move
            on:pointerup=on_up
            on:pointercancel=on_cancel
        >
            <rect class="pane" x=x width=width y="0" height=px(HEIGHT)></rect>
            <g inner_html=draw(whole, &series, unit, &ends)></g>
            <svg x=x width=width height=px(HEIGHT) overflow="visible">
                <rect class="frame" width="100%" height="100%"></rect>
                <rect class="grip" x="-3" y="8" width="6" height="16" rx="2"></rect>
                <rect class="grip" x="100%" transform="translate(-3 0)" y="8" width="6" height="16" rx="2"></rect>
            </svg>
        </svg>
    }
    .erase()
}

/// The line, its axis and its labels.
fn draw(whole: TimeScale, series: &Series, unit: Unit, ends: &[i64]) -> String {
    let limit = (unit == Unit::Ratio).then_some(1.0);
    let value = ValueScale::new(
        series
            .highest()
            .into_iter()
            .chain(limit)
            .reduce(f64::max)
            .unwrap_or(1.0),
    );
    let segments = decimate(cut(series, ends), whole, COLUMNS);
    let mut svg = Svg::default();
    svg.paths(&px(HEIGHT), |svg| {
        svg.path("base", &path::line(&segments, whole, value));
    });
    svg.horizontal("axis", HEIGHT);
    svg.text(
        &[("class", "e"), ("x", "-8"), ("y", "20")],
        &duration_short(whole.span()),
    );
    for (i, tick) in ticks(whole, 8).iter().enumerate() {
        let at = whole.percent(tick.at);
        if (3.0..=97.0).contains(&at) {
            let class = if i % 2 == 0 { "m" } else { "m narrow-hide" };
            svg.text(
                &[("class", class), ("x", &percent(at)), ("y", "48")],
                &tick.label,
            );
        }
    }
    svg.finish()
}
