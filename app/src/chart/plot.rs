//! One chart of the stack, as markup.

use domain::metric::Unit;
use serde::{Deserialize, Serialize};

use super::bands::Band;
use super::coverage::Strip;
use super::levels::Level;
use super::scale::{TimeScale, ValueScale};
use super::segments::Segment;
use super::series::{Bucket, Series};
use super::svg::{Svg, percent, px};
use super::{path, segments, ticks};

/// Columns that a path is thinned to: about one for every two pixels of a wide screen.
pub const COLUMNS: u32 = 720;
/// Height of the coverage strip and the space above it, in pixels.
pub const STRIP: f64 = 22.0;
/// Share of the width, in per cent, beyond which a label stands to the left of its line, so that it stays on the plot.
const LABEL_TURN: f64 = 60.0;
/// More ties than this would hide what they tie.
const MOST_TIES: usize = 60;
/// The least width of a band in per cent: a stretch of seconds must still be seen in 30 days.
const BAND_WIDTH: f64 = 0.15;

/// A change of version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// When, milliseconds since the epoch.
    pub at: i64,
    /// What is written beside it.
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

impl Frame {
    /// Places of the lines that tie stretches at the limit to the restarts they explain; none if they would be too many to follow.
    pub fn ties(&self) -> Vec<f64> {
        let explained = |band: &&Band| band.ended_run && self.time.contains(band.to);
        let bands = self.bands.iter().filter(explained);
        let ties: Vec<f64> = bands.map(|band| self.time.percent(band.to)).collect();
        if ties.len() <= MOST_TIES {
            ties
        } else {
            Vec::new()
        }
    }

    /// The deploys within the range, with their places.
    pub fn visible_deploys(&self) -> impl Iterator<Item = (f64, &Deploy)> + '_ {
        self.deploys
            .iter()
            .filter(|deploy| self.time.contains(deploy.at))
            .map(|deploy| (self.time.percent(deploy.at), deploy))
    }
}

/// A value at which something is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The value.
    pub value: f64,
    /// What is written at its line.
    pub label: String,
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
    /// The line not to be crossed, as it was over time.
    pub limit: Vec<Level>,
    /// Values at which something is said.
    pub marks: Vec<Mark>,
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

    /// The highest limit that was in force.
    pub fn highest_limit(&self) -> Option<f64> {
        self.limit.iter().map(|level| level.value).reduce(f64::max)
    }

    /// What is known at `t`, or of the latest sample if no time is asked for, with the bucket of what is stacked on top.
    pub fn read(&self, t: Option<i64>) -> (Option<Bucket>, Option<Bucket>) {
        let at = |series: &Series| t.map_or_else(|| series.latest(), |t| series.at(t));
        (at(&self.series), self.stacked.as_ref().and_then(at))
    }

    /// The content of the chart's `<svg>` element.
    pub fn render(&self, frame: &Frame) -> String {
        let upper = self.stacked.as_ref().map(|cache| self.series.plus(cache));
        let seen = [Some(&self.series), upper.as_ref()];
        let highest_seen = seen.into_iter().flatten().filter_map(Series::highest);
        let limit = self.highest_limit();
        let highest = highest_seen.chain(limit).reduce(f64::max).unwrap_or(1.0);
        let value = ValueScale::new(highest);

        let mut svg = Svg::default();
        for band in &frame.bands {
            if let Some((x, width)) = frame.time.clip(band.from, band.to) {
                svg.bar("band", (x, width.max(BAND_WIDTH)), 0.0, self.height);
            }
        }
        self.draw_grid(&mut svg, value, limit.unwrap_or(highest));
        for tie in frame.ties() {
            svg.vertical("tie", tie, 0.0, self.outer_height());
        }
        svg.paths(&px(self.height), |svg| {
            self.draw_paths(svg, frame, value, upper.as_ref());
        });
        self.draw_marks(&mut svg, value);
        self.draw_deploys(&mut svg, frame);
        draw_strip(&mut svg, &frame.strip, self.height + 10.0);
        svg.finish()
    }

    fn draw_grid(&self, svg: &mut Svg, value: ValueScale, top: f64) {
        for tick in ticks::values(self.unit, top) {
            let y = value.px(tick.value, self.height);
            svg.horizontal(if tick.value > 0.0 { "grid" } else { "axis" }, y);
            svg.text(
                &[("class", "e"), ("x", "-8"), ("y", &px(y + 4.0))],
                &tick.label,
            );
        }
    }

    fn draw_paths(&self, svg: &mut Svg, frame: &Frame, value: ValueScale, upper: Option<&Series>) {
        let time = frame.time;
        let thinned = |series: &Series| -> Vec<Segment> {
            segments::decimate(segments::cut(series, &frame.ends), time, COLUMNS)
        };
        let own = thinned(&self.series);
        let below = path::area(&own, time, value);
        if self.filled {
            svg.path("area", &below);
        }
        if let Some(upper) = upper {
            // Even-odd: what both areas cover is left out, what is between them remains.
            let both = path::area(&thinned(upper), time, value) + &below;
            svg.element(
                "path",
                &[("class", "cache"), ("fill-rule", "evenodd"), ("d", &both)],
            );
        }
        svg.path("lim", &path::steps(&self.limit, time, value));
        svg.path("ln", &path::line(&own, time, value));
    }

    /// Lines of what is within the plot: nothing is drawn smaller for a mark that is far above.
    fn draw_marks(&self, svg: &mut Svg, value: ValueScale) {
        for mark in self.marks.iter().filter(|mark| mark.value < value.max()) {
            let y = value.px(mark.value, self.height);
            svg.horizontal("mark", y);
            let place = [
                ("class", "lab halo e narrow-hide"),
                ("x", "100%"),
                ("y", &px(y - 4.0)),
            ];
            svg.text(&place, &mark.label);
        }
    }

    fn draw_deploys(&self, svg: &mut Svg, frame: &Frame) {
        for (at, deploy) in frame.visible_deploys() {
            svg.vertical("dep", at, -8.0, self.outer_height());
            if self.labelled {
                let (class, dx) = beside(at);
                let class = format!("lab halo narrow-hide{class}");
                svg.text(
                    &[
                        ("class", &class),
                        ("x", &percent(at)),
                        ("dx", dx),
                        ("y", "40"),
                    ],
                    &deploy.label,
                );
            }
        }
    }
}

/// On which side of a line at `at` per cent its label stands: a further class and the distance.
pub fn beside(at: f64) -> (&'static str, &'static str) {
    if at < LABEL_TURN {
        ("", "8")
    } else {
        (" e", "-8")
    }
}

/// Draws the coverage strip with its upper edge at `y`.
pub fn draw_strip(svg: &mut Svg, strip: &Strip, y: f64) {
    for piece in &strip.seen {
        svg.bar("cov", *piece, y, 4.0);
    }
    for piece in &strip.blind {
        svg.bar("blind", *piece, y + 0.5, 3.0);
    }
    svg.text(&[("class", "e"), ("x", "-8"), ("y", &px(y + 6.0))], "seen");
}
