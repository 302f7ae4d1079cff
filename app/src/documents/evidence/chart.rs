//! The black box as a picture: every reading, the limit, the end. What was not read is not drawn.

use domain::{
    Timestamp, black_box::InferredPeak, metric::Unit, sample::Sample, verdict::Cause,
    view::BlackBoxView,
};
use leptos::prelude::*;

use crate::{
    chart::{
        calendar,
        levels::Level,
        markers::Row,
        path,
        plot::beside,
        scale::{TimeScale, ValueScale},
        segments::Segment,
        series::Bucket,
        svg::{Svg, percent as share, px},
        ticks,
    },
    components::tone,
    erase::Erase,
    format::{bytes, clock, duration_short, percent},
};

/// Height of the plot in pixels, and with the marks and times below it.
const HEIGHT: f64 = 200.0;
const OUTER: f64 = HEIGHT + 56.0;
/// Readings farther apart than this are not joined: three polls at the usual interval.
const APART_MS: i64 = 30_000;
/// Labels below: one for each 80 pixels of a plot of 800.
const LABELS: u32 = 10;

/// Memory around an end.
#[component]
pub fn BlackBoxChart(
    /// What was kept; `None` when there were no readings.
    black_box: Option<BlackBoxView>,
    /// When the run ended.
    ended_at: Timestamp,
    /// When the next one began.
    started_at: Option<Timestamp>,
    /// Why it ended.
    cause: Cause,
    /// A peak that nobody saw.
    inferred: Option<InferredPeak>,
) -> impl IntoView {
    let Some(black_box) = black_box.filter(|kept| !kept.readings.is_empty()) else {
        return view! {
            <section class="sect" aria-labelledby="box">
                <div class="sect-h">
                    <h2 id="box">"The minutes around the end"</h2>
                </div>
                <p class="mut">"No reading was taken of this run. Shorter runs than the interval of polling have one when they begin, if the engine answers in time."</p>
            </section>
        }
        .erase();
    };
    let about = about(&black_box);
    let label = summary(&black_box, ended_at, inferred.as_ref());
    let drawing = draw(&black_box, ended_at, started_at, cause, inferred.as_ref());
    let limit = black_box
        .readings
        .iter()
        .filter_map(|reading| reading.limit_bytes)
        .max();
    let limit = limit.map(|limit| {
        view! {
            <span class="key">
                <svg viewBox="0 0 16 8" aria-hidden="true">
                    <path class="lim" d="M0 4H16"></path>
                </svg>
                {format!("limit {}", bytes(limit as f64))}
            </span>
        }
    });
    let unseen = inferred.map(|peak| {
        let last = match (peak.last_ratio, peak.last_at) {
            (Some(ratio), Some(at)) => format!(
                "The last reading was {} of the limit, {} before the end; the kernel killed it for reaching the limit. Peak not seen.",
                percent(ratio),
                short(ended_at - at)
            ),
            _ => "The kernel killed it for reaching the limit; no reading of this run saw memory. Peak not seen.".to_owned(),
        };
        view! { <p class="say"><span class="q">{last}</span></p> }
    });
    view! {
        <section class="sect" aria-labelledby="box">
            <div class="sect-h">
                <h2 id="box">"The minutes around the end"</h2>
                <p>{about}</p>
            </div>
            {unseen}
            <figure class="chart">
                <figcaption class="chart-h">
                    <h3>"Memory"</h3>
                    <span class="key">
                        <svg viewBox="0 0 16 8" aria-hidden="true">
                            <path class="ln" d="M0 4H16"></path>
                        </svg>
                        "working set"
                    </span>
                    {limit}
                </figcaption>
                <svg class="plot" width="100%" height=OUTER role="img" aria-label=label inner_html=drawing></svg>
            </figure>
        </section>
    }
    .erase()
}

/// `0.9 s`, `14 s`, `3 min`.
fn short(length: chrono::TimeDelta) -> String {
    domain::detect::words::duration(length)
}

fn about(kept: &BlackBoxView) -> String {
    let count = super::words::plural(kept.readings.len(), "reading");
    let rest = if kept.is_complete {
        "kept as long as the restart"
    } else {
        "the two minutes after the end are still to come"
    };
    format!("{count}, {rest}")
}

fn summary(kept: &BlackBoxView, ended_at: Timestamp, inferred: Option<&InferredPeak>) -> String {
    let before = kept
        .readings
        .iter()
        .rev()
        .find(|reading| reading.at <= ended_at)
        .and_then(|reading| reading.working_set_bytes);
    let last = before.map_or_else(
        || "no reading before the end".to_owned(),
        |used| format!("{} in the last reading before the end", bytes(used as f64)),
    );
    let peak = if inferred.is_some() {
        "; the peak was not seen"
    } else {
        ""
    };
    format!(
        "Memory over {}: {last}{peak}",
        duration_short((kept.to - kept.from).num_milliseconds())
    )
}

fn draw(
    kept: &BlackBoxView,
    ended_at: Timestamp,
    started_at: Option<Timestamp>,
    cause: Cause,
    inferred: Option<&InferredPeak>,
) -> String {
    let end = ended_at.timestamp_millis();
    let last = kept
        .readings
        .last()
        .map_or(end, |reading| reading.at.timestamp_millis());
    let from = kept.from.timestamp_millis().min(end - 10_000);
    let time = TimeScale::new(from, last.max(kept.to.timestamp_millis()).max(end + 10_000));
    let highest = |read: fn(&Sample) -> Option<u64>| kept.readings.iter().filter_map(read).max();
    let limit = highest(|reading| reading.limit_bytes);
    let top = limit
        .max(highest(|reading| reading.working_set_bytes))
        .unwrap_or(1) as f64;
    let value = ValueScale::new(top);
    let mut svg = Svg::default();
    for tick in ticks::values(Unit::Bytes, limit.map_or(top, |limit| limit as f64)) {
        let y = value.px(tick.value, HEIGHT);
        svg.horizontal(if tick.value > 0.0 { "grid" } else { "axis" }, y);
        svg.text(
            &[("class", "e"), ("x", "-8"), ("y", &px(y + 4.0))],
            &tick.label,
        );
    }
    let segments = segments(&kept.readings, end);
    svg.paths(&px(HEIGHT), |svg| {
        svg.path("area", &path::area(&segments, time, value));
        svg.path("lim", &path::steps(&levels(&kept.readings), time, value));
        svg.path("ln", &path::line(&segments, time, value));
    });
    let at = time.percent(end);
    svg.vertical("tie", at, 0.0, HEIGHT + 14.0);
    mark(&mut svg, Row::Restart, tone(cause), at, HEIGHT + 14.0);
    let (side, dx) = beside(at);
    let (class, y) = (format!("strong halo{side}"), px(HEIGHT + 24.0));
    svg.text(
        &[("class", &class), ("x", &share(at)), ("dx", dx), ("y", &y)],
        &format!("ended {}", clock(end)),
    );
    if let Some(start) = started_at
        .map(|at| at.timestamp_millis())
        .filter(|at| time.contains(*at))
    {
        svg.vertical("dep", time.percent(start), 0.0, HEIGHT);
    }
    if let Some(peak) = inferred {
        // Beside the line of readings, hollow: it was not read.
        let y = value.px(peak.limit_bytes as f64, HEIGHT);
        svg.element(
            "circle",
            &[
                ("class", "inferred"),
                ("cx", &share(at)),
                ("cy", &px(y)),
                ("r", "5"),
            ],
        );
        let class = format!("lab halo{side}");
        svg.text(
            &[
                ("class", &class),
                ("x", &share(at)),
                ("dx", dx),
                ("y", &px(y + 16.0)),
            ],
            "limit reached, peak not seen",
        );
    }
    let y = px(HEIGHT + 48.0);
    for tick in calendar::ticks(time, LABELS) {
        let place = time.percent(tick.at);
        if (2.0..=98.0).contains(&place) {
            svg.text(
                &[("class", "m"), ("x", &share(place)), ("y", &y)],
                &tick.label,
            );
        }
    }
    svg.finish()
}

/// A glyph of 12 pixels, its middle at a place.
fn mark(svg: &mut Svg, row: Row, tone: &str, at: f64, y: f64) {
    let attributes = [
        ("x", share(at)),
        ("y", px(y)),
        ("width", "12".to_owned()),
        ("height", "12".to_owned()),
        ("overflow", "visible".to_owned()),
    ];
    let attributes: Vec<(&str, &str)> = attributes
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    svg.group("svg", &attributes, |svg| {
        let class = format!("mk {tone}");
        svg.element(
            "path",
            &[
                ("class", &class),
                ("d", row.glyph()),
                ("transform", "translate(-6 0)"),
            ],
        );
    });
}

/// Readings that one stroke joins: of one run, and not far apart.
fn segments(readings: &[Sample], end: i64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut before: Option<i64> = None;
    for reading in readings {
        let at = reading.at.timestamp_millis();
        let Some(used) = reading.working_set_bytes else {
            before = None;
            continue;
        };
        let joins =
            before.is_some_and(|before| at - before <= APART_MS && !(before <= end && end < at));
        if !joins {
            segments.push(Segment::new());
        }
        if let Some(segment) = segments.last_mut() {
            segment.push((at, Bucket::one(used as f64)));
        }
        before = Some(at);
    }
    segments
}

/// The limit as it was over time.
fn levels(readings: &[Sample]) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let mut present = None;
    for reading in readings {
        let at = reading.at.timestamp_millis();
        let Some(limit) = reading.limit_bytes else {
            continue;
        };
        match levels.last_mut().filter(|_| present == Some(limit)) {
            Some(last) => last.to = at,
            None => levels.push(Level {
                from: at,
                to: at,
                value: limit as f64,
            }),
        }
        present = Some(limit);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    fn reading(ms: i64, mib: u64) -> Sample {
        Sample {
            working_set_bytes: Some(mib << 20),
            limit_bytes: Some(100 << 20),
            ..Sample::empty(at(ms))
        }
    }

    #[test]
    fn neither_a_gap_nor_an_end_is_bridged() {
        let readings = [
            reading(0, 1),
            reading(10_000, 2),
            reading(60_000, 3),
            reading(70_000, 4),
            reading(80_000, 1),
        ];
        let lengths: Vec<usize> = segments(&readings, at(75_000).timestamp_millis())
            .iter()
            .map(Vec::len)
            .collect();
        assert_eq!(lengths, [2, 2, 1]);
    }

    #[test]
    fn an_inferred_peak_is_marked_and_not_drawn_as_a_reading() {
        let kept = BlackBoxView {
            from: at(0),
            to: at(60_000),
            is_complete: true,
            readings: vec![reading(0, 8), reading(59_000, 8)],
        };
        let peak = InferredPeak {
            at: at(59_900),
            limit_bytes: 100 << 20,
            last_ratio: Some(0.08),
            last_at: Some(at(59_000)),
        };
        let with = draw(&kept, at(59_900), None, Cause::OutOfMemory, Some(&peak));
        let without = draw(&kept, at(59_900), None, Cause::OutOfMemory, None);
        assert!(with.contains("class=\"inferred\"") && with.contains("peak not seen"));
        let line = |svg: &str| {
            let begin = svg.find("class=\"ln\"").expect("a line");
            svg[begin..].split("/>").next().map(str::to_owned)
        };
        assert_eq!(line(&with), line(&without));
    }
}
