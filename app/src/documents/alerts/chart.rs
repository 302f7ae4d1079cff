//! The chart of a preview: the threshold on the real series of the workloads on which the rule fired most.

use domain::{
    alert::{Side, Threshold},
    metric::Unit,
    view::{RulePreview, WorkloadPreview},
};

use super::drag::{self, Grip};
use crate::{
    chart::{
        path,
        plot::COLUMNS,
        scale::{TimeScale, ValueScale},
        segments,
        series::Series,
        svg::{Svg, percent, px},
        ticks,
    },
    format::day,
};

/// Height of the plot, and of the whole drawing with its axis, in pixels.
pub(super) const HEIGHT: f64 = 256.0;
pub(super) const OUTER: u32 = 290;
/// The least width of a band in per cent.
const BAND: f64 = 0.15;
/// How wide a name is in per cent of a narrow plot, and how high in pixels.
const NAME: f64 = 12.0;
const LINE: f64 = 14.0;
/// Lines by rank: the first is the strongest.
const LINES: [&str; 3] = ["ln", "ln2", "base"];

/// A chart, and how its lines can be dragged.
pub(super) struct Drawing {
    /// The content of the `<svg>`.
    pub(super) svg: String,
    /// Nothing for what has no field that a height can be written into.
    pub(super) grip: Option<Grip>,
}

/// The chart, or nothing where there is no series.
pub(super) fn draw(preview: &RulePreview, threshold: &Threshold) -> Option<Drawing> {
    let drawn: Vec<(&WorkloadPreview, Series, Unit)> = preview
        .workloads
        .iter()
        .filter_map(|one| {
            one.series
                .as_ref()
                .map(|view| (one, Series::from(view), view.unit))
        })
        .collect();
    let unit = drawn.first()?.2;
    let time = TimeScale::new(
        preview.from.timestamp_millis(),
        preview.to.timestamp_millis(),
    );
    let highest = drawn
        .iter()
        .filter_map(|(_, series, _)| series.highest())
        .chain([threshold.raise, threshold.clear, drag::least_top(unit)])
        .reduce(f64::max)?;
    let value = ValueScale::new(highest);
    let grip = Grip::new(threshold.signal.quantity(), value);
    let mut svg = Svg::default();
    for episode in preview.workloads.iter().flat_map(|one| &one.episodes) {
        let end = episode.resolved_at.unwrap_or(preview.to).timestamp_millis();
        if let Some((x, width)) = time.clip(episode.fired_at.timestamp_millis(), end) {
            svg.bar("band", (x, width.max(BAND)), 0.0, HEIGHT);
        }
    }
    for tick in ticks::values(unit, highest) {
        let y = value.px(tick.value, HEIGHT);
        svg.horizontal(if tick.value > 0.0 { "grid" } else { "axis" }, y);
        svg.text(
            &[("class", "e"), ("x", "-8"), ("y", &px(y + 4.0))],
            &tick.label,
        );
    }
    svg.paths(&px(HEIGHT), |svg| {
        for ((_, series, _), class) in drawn.iter().zip(LINES).rev() {
            let cut = segments::decimate(segments::cut(series, &[]), time, COLUMNS);
            svg.path(class, &path::line(&cut, time, value));
        }
    });
    let (field, words) = drag::field(threshold);
    let has_clear = (threshold.clear - threshold.raise).abs() > f64::EPSILON;
    let lines = [
        ("thr", field, words, threshold.raise),
        (
            "clr",
            "clear",
            drag::clear_words(threshold),
            threshold.clear,
        ),
    ];
    for (class, field, words, at) in lines.into_iter().take(if has_clear { 2 } else { 1 }) {
        let y = value.px(at, HEIGHT);
        let number = grip.map(|grip| grip.number(at)).unwrap_or_default();
        let attributes = [
            ("data-line", field),
            ("data-words", words),
            ("data-at", &number),
        ];
        svg.group("g", &attributes, |svg| {
            svg.horizontal(class, y);
            let label = format!("{words} {}", threshold.signal.quantity().write(at));
            // Above the line, unless it would leave the plot there; the other line's below.
            let is_below = class == "clr" && threshold.side == Side::Above || y < 16.0;
            let y = if is_below { y + 14.0 } else { y - 6.0 };
            let class = if class == "thr" {
                "lab strong halo e"
            } else {
                "lab halo e"
            };
            svg.text(&[("class", class), ("x", "100%"), ("y", &px(y))], &label);
        });
    }
    let mut named: Vec<f64> = Vec::new();
    for (one, series, _) in &drawn {
        let top = series
            .buckets
            .iter()
            .enumerate()
            .filter_map(|(index, bucket)| Some((index, (*bucket)?.max)));
        if let Some((index, max)) = top.reduce(|a, b| if b.1 > a.1 { b } else { a }) {
            let at = time.percent(series.middle(index)).clamp(8.0, 92.0);
            // Names of peaks beside each other stand below each other.
            let beside = named.iter().filter(|other| (*other - at).abs() < NAME);
            let y = (value.px(max, HEIGHT) - 6.0).max(10.0) + LINE * beside.count() as f64;
            named.push(at);
            svg.text(
                &[("class", "lab halo m"), ("x", &percent(at)), ("y", &px(y))],
                &one.name,
            );
        }
    }
    for (index, at) in calendar_days(time).into_iter().enumerate() {
        let class = if index % 2 == 1 { "m narrow-hide" } else { "m" };
        svg.text(
            &[
                ("class", class),
                ("x", &percent(time.percent(at))),
                ("y", &px(HEIGHT + 20.0)),
            ],
            &day(at),
        );
    }
    Some(Drawing {
        svg: svg.finish(),
        grip,
    })
}

/// Midnights a week apart.
fn calendar_days(time: TimeScale) -> Vec<i64> {
    const DAY: i64 = 86_400_000;
    let first = time.start() - time.start().rem_euclid(DAY) + DAY;
    (0..6)
        .map(|week| first + week * 7 * DAY)
        .filter(|at| time.contains(*at))
        .collect()
}
