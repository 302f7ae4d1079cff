//! The small charts of a table row.

use domain::{
    Timestamp,
    metric::Unit,
    verdict::Cause,
    view::{SparkLine, TimeRange},
};
use leptos::prelude::*;

use super::{Glyph, cause::tone};
use crate::chart::{
    levels::Level,
    markers::MIXED,
    order::by_time,
    path,
    scale::{TimeScale, ValueScale},
    segments::{cut, decimate},
    series::Series,
    svg::{Svg, percent},
};

/// Columns of a small chart: about one per pixel.
const COLUMNS: u32 = 160;
/// Height of the line of a sparkline; the restarts stand below it.
const LINE_HEIGHT: &str = "25";
/// Restarts closer than this share of the width, in per cent, are one mark.
const APART: f64 = 3.0;

/// The memory of the last day, its limit and its restarts in small.
#[component]
pub fn Sparkline(
    /// Share of the limit, or bytes where there is no limit.
    memory: SparkLine,
    /// When runs ended, and why.
    restarts: Vec<(Timestamp, Cause)>,
    /// The time shown.
    range: TimeRange,
) -> impl IntoView {
    let time = TimeScale::from(range);
    let mut restarts: Vec<(i64, Cause)> = restarts
        .iter()
        .map(|(at, cause)| (at.timestamp_millis(), *cause))
        .collect();
    by_time(&mut restarts, |(at, _)| *at);
    let ends: Vec<i64> = restarts.iter().map(|(at, _)| *at).collect();
    let limit = (memory.metric.unit() == Unit::Ratio).then_some(1.0);
    let series = Series::from(&memory);
    let highest = limit
        .into_iter()
        .chain(series.highest())
        .reduce(f64::max)
        .unwrap_or(1.0);
    let value = ValueScale::new(highest);
    let segments = decimate(cut(&series, &ends), time, COLUMNS);

    let mut svg = Svg::default();
    svg.paths(LINE_HEIGHT, |svg| {
        svg.path("area", &path::area(&segments, time, value));
        svg.path("ln", &path::line(&segments, time, value));
        if let Some(limit) = limit {
            svg.path(
                "lim",
                &path::steps(
                    &[Level {
                        from: time.start(),
                        to: time.end(),
                        value: limit,
                    }],
                    time,
                    value,
                ),
            );
        }
    });
    for (at, class) in marks(&restarts, time) {
        svg.group(
            "svg",
            &[
                ("x", &percent(at)),
                ("y", "26"),
                ("overflow", "visible"),
                ("class", class),
            ],
            |svg| {
                svg.element(
                    "path",
                    &[
                        ("class", "mk"),
                        ("transform", "translate(-3 0) scale(.5)"),
                        ("d", Glyph::Restart.path()),
                    ],
                );
            },
        );
    }
    let label = match restarts.len() {
        0 => "Memory of the last 24 h, no restart".to_owned(),
        1 => "Memory of the last 24 h, 1 restart".to_owned(),
        n => format!("Memory of the last 24 h, {n} restarts"),
    };
    view! { <svg class="spark" role="img" aria-label=label inner_html=svg.finish()></svg> }
}

/// The course of a count in small, without an axis: from its lowest to its highest.
#[component]
pub fn Trend(
    /// The count.
    tasks: SparkLine,
    /// The time shown.
    range: TimeRange,
) -> impl IntoView {
    let time = TimeScale::from(range);
    let series = Series::from(&tasks);
    let value = ValueScale::new(series.highest().unwrap_or(1.0));
    let line = path::line(&decimate(cut(&series, &[]), time, 48), time, value);
    view! {
        <svg class="trend" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
            <path class="ln2" d=line></path>
        </svg>
    }
}

/// Places and classes of the marks of restarts, which come in the order of time; those too close are taken together.
fn marks(restarts: &[(i64, Cause)], time: TimeScale) -> Vec<(f64, &'static str)> {
    let mut marks: Vec<(f64, &'static str)> = Vec::new();
    for (at, cause) in restarts.iter().filter(|(at, _)| time.contains(*at)) {
        let place = time.percent(*at);
        match marks.last_mut() {
            Some((last, class)) if place - *last < APART => {
                if *class != tone(*cause) {
                    *class = MIXED;
                }
            }
            _ => marks.push((place, tone(*cause))),
        }
    }
    marks
}
