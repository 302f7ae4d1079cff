//! One chart of the stack, as markup.

use domain::metric::Unit;

use super::bands::Band;
use super::coverage::Strip;
use super::scale::{TimeScale, ValueScale};
use super::series::Series;
use super::svg::{Svg, percent, px};
use super::{path, segments, ticks};

/// Columns that a path is thinned to: about one for every two pixels of a wide screen.
pub const COLUMNS: u32 = 720;
/// Height of the coverage strip and the space above it, in pixels.
pub const STRIP: f64 = 22.0;
/// Share of the width beyond which a label is written to the left of its line, so that it stays on the plot.
const LABEL_TURN: f64 = 80.0;

/// A change of version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// When, milliseconds since the epoch.
    pub at: i64,
    /// What was deployed.
    pub label: String,
}

/// What is common to every chart of a stack: the axis and what happened on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The time axis.
    pub time: TimeScale,
    /// Ascending times at which runs ended.
    pub ends: Vec<i64>,
    /// Stretches at the limit.
    pub bands: Vec<Band>,
    /// Changes of version.
    pub deploys: Vec<Deploy>,
    /// What was watched.
    pub strip: Strip,
}

/// One metric over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Height of the plot itself in pixels, without the coverage strip.
    pub height: f64,
    /// What the values mean.
    pub unit: Unit,
    /// The metric.
    pub series: Series,
    /// What is stacked on top of it.
    pub stacked: Option<Series>,
    /// The line not to be crossed.
    pub limit: Option<f64>,
    /// Fill the area below the line.
    pub filled: bool,
    /// Write the names of deploys beside their lines.
    pub labelled: bool,
}

impl Plot {
    /// Height of the whole drawing in pixels.
    pub fn outer_height(&self) -> f64 {
        self.height + STRIP
    }

    /// The content of the chart's `<svg>` element.
    pub fn render(&self, frame: &Frame) -> String {
        let upper = self.stacked.as_ref().map(|cache| self.series.plus(cache));
        let highest = [
            self.limit,
            self.series.highest(),
            upper.as_ref().and_then(Series::highest),
        ]
        .into_iter()
        .flatten()
        .reduce(f64::max)
        .unwrap_or(1.0);
        let value = ValueScale::new(highest);
        let mut svg = Svg::default();
        self.draw_bands(&mut svg, frame);
        self.draw_grid(&mut svg, value, self.limit.unwrap_or(highest));
        self.draw_ties(&mut svg, frame);
        self.draw_series(&mut svg, frame, value, upper.as_ref());
        self.draw_deploys(&mut svg, frame);
        draw_strip(&mut svg, &frame.strip, self.height + 10.0);
        svg.finish()
    }

    fn draw_bands(&self, svg: &mut Svg, frame: &Frame) {
        for band in &frame.bands {
            if let Some((x, width)) = frame.time.clip(band.from, band.to) {
                svg.element(
                    "rect",
                    &[
                        ("class", "band"),
                        ("x", &percent(x)),
                        ("width", &percent(width.max(0.1))),
                        ("height", &px(self.height)),
                    ],
                );
            }
        }
    }

    fn draw_grid(&self, svg: &mut Svg, value: ValueScale, top: f64) {
        for tick in ticks::values(self.unit, top) {
            let y = value.px(tick.value, self.height);
            let class = if tick.value == 0.0 { "axis" } else { "grid" };
            svg.element(
                "line",
                &[
                    ("class", class),
                    ("x2", "100%"),
                    ("y1", &px(y)),
                    ("y2", &px(y)),
                ],
            );
            svg.text(
                &[("class", "e"), ("x", "-8"), ("y", &px(y + 4.0))],
                &tick.label,
            );
        }
    }

    fn draw_ties(&self, svg: &mut Svg, frame: &Frame) {
        for band in frame
            .bands
            .iter()
            .filter(|band| band.ended_run && frame.time.contains(band.to))
        {
            let x = percent(frame.time.percent(band.to));
            svg.element(
                "line",
                &[
                    ("class", "tie"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y2", &px(self.outer_height())),
                ],
            );
        }
    }

    fn draw_series(&self, svg: &mut Svg, frame: &Frame, value: ValueScale, upper: Option<&Series>) {
        let time = frame.time;
        let segments_of =
            |series: &Series| segments::decimate(segments::cut(series, &frame.ends), time, COLUMNS);
        let own = segments_of(&self.series);
        let below = path::area(&own, time, value);
        svg.paths(&px(self.height), |svg| {
            if self.filled {
                svg.path("area", &below);
            }
            if let Some(upper) = upper {
                // Even-odd: what both areas cover is left out, what is between them remains.
                let both = path::area(&segments_of(upper), time, value) + &below;
                svg.element(
                    "path",
                    &[("class", "cache"), ("fill-rule", "evenodd"), ("d", &both)],
                );
            }
            if let Some(limit) = self.limit {
                svg.path("lim", &path::level(value.y(limit)));
            }
            svg.path("ln", &path::line(&own, time, value));
        });
    }

    fn draw_deploys(&self, svg: &mut Svg, frame: &Frame) {
        for deploy in frame
            .deploys
            .iter()
            .filter(|deploy| frame.time.contains(deploy.at))
        {
            let at = frame.time.percent(deploy.at);
            let x = percent(at);
            svg.element(
                "line",
                &[
                    ("class", "dep"),
                    ("x1", &x),
                    ("x2", &x),
                    ("y1", "-8"),
                    ("y2", &px(self.outer_height())),
                ],
            );
            if self.labelled {
                let (class, dx) = if at < LABEL_TURN {
                    ("lab halo narrow-hide", "8")
                } else {
                    ("lab halo e narrow-hide", "-8")
                };
                svg.text(
                    &[("class", class), ("x", &x), ("dx", dx), ("y", "40")],
                    &format!("{} deployed", deploy.label),
                );
            }
        }
    }
}

/// Draws the coverage strip with its upper edge at `y`.
pub fn draw_strip(svg: &mut Svg, strip: &Strip, y: f64) {
    let mut pieces = |class: &str, list: &[(f64, f64)], y: f64, height: &str| {
        for (x, width) in list {
            svg.element(
                "rect",
                &[
                    ("class", class),
                    ("x", &percent(*x)),
                    ("width", &percent(*width)),
                    ("y", &px(y)),
                    ("height", height),
                ],
            );
        }
    };
    pieces("cov", &strip.seen, y, "4");
    pieces("cov-1s", &strip.armed, y, "4");
    pieces("blind", &strip.blind, y + 0.5, "3");
    svg.text(&[("class", "e"), ("x", "-8"), ("y", &px(y + 6.0))], "seen");
}
