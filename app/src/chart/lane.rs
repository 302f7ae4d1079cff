//! The lane of events below the charts: rows, ties and the time axis. The markers themselves are elements of the page, so that
//! they can be focused; this is what lies behind them.

use super::calendar::ticks;
use super::markers::{Event, Marker, Row, place};
use super::plot::{Frame, beside, draw_strip};
use super::svg::{Svg, percent, px};

/// Height of a row in pixels.
pub const ROW: f64 = 24.0;
/// The most time labels: one for every 80 pixels of a plot of 960.
const MOST_LABELS: u32 = 12;
/// Markers are 12 pixels wide: that share, in per cent, of a plot as wide as a laptop's, and of a phone's.
const APART: f64 = 1.2;
const APART_NARROW: f64 = 4.0;
/// A marker with a count needs so much more room.
const WITH_COUNT: f64 = 2.4;

/// Where everything of the lane stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    rows: Vec<Row>,
    events: Vec<Event>,
}

impl Lane {
    /// A lane with a row for kills and for restarts, and further ones for what there is.
    pub fn new(events: Vec<Event>) -> Self {
        let wanted = |row: &Row| {
            matches!(row, Row::OomKill | Row::Restart) || events.iter().any(|e| e.row == *row)
        };
        Self {
            rows: Row::ALL.into_iter().filter(wanted).collect(),
            events,
        }
    }

    /// The rows from top to bottom, each with its middle in pixels.
    pub fn rows(&self) -> impl Iterator<Item = (Row, f64)> + '_ {
        self.rows
            .iter()
            .enumerate()
            .map(|(i, row)| (*row, ROW * (i as f64 + 0.5)))
    }

    /// The markers of all rows, each with its middle in pixels. On a `narrow` screen more of them are taken together.
    pub fn markers(&self, frame: &Frame, narrow: bool) -> Vec<(Marker, f64)> {
        let apart = if narrow { APART_NARROW } else { APART };
        let of_row = |(row, y)| {
            let mut markers = place(&self.events, row, frame.time, apart);
            if markers.iter().any(|marker| marker.count > 1) {
                markers = place(&self.events, row, frame.time, apart * WITH_COUNT);
            }
            markers.into_iter().map(move |marker| (marker, y))
        };
        self.rows().flat_map(of_row).collect()
    }

    /// How many events of a row are within the range.
    pub fn count(&self, row: Row, frame: &Frame) -> usize {
        self.events
            .iter()
            .filter(|e| e.row == row && frame.time.contains(e.at))
            .count()
    }

    /// Height of the whole lane in pixels.
    pub fn height(&self) -> f64 {
        self.strip_y() + 32.0
    }

    fn strip_y(&self) -> f64 {
        self.rows.len() as f64 * ROW + 4.0
    }

    /// What lies behind the markers.
    pub fn render(&self, frame: &Frame) -> String {
        let mut svg = Svg::default();
        for (row, y) in self.rows() {
            svg.horizontal("grid", y);
            svg.text(
                &[("class", "e"), ("x", "-8"), ("y", &px(y + 4.0))],
                row.name(),
            );
        }
        let restarts = self
            .rows()
            .find(|(row, _)| *row == Row::Restart)
            .map_or(0.0, |(_, y)| y);
        for tie in frame.ties() {
            svg.vertical("tie", tie, 0.0, restarts);
        }
        if let Some((_, y)) = self.rows().find(|(row, _)| *row == Row::Deploy) {
            for (at, _) in frame.visible_deploys() {
                svg.vertical("dep", at, -8.0, y);
            }
            draw_last_deploy(&mut svg, frame, y);
        }
        draw_strip(&mut svg, &frame.strip, self.strip_y());
        draw_times(&mut svg, frame, self.strip_y() + 26.0);
        svg.finish()
    }
}

/// Names the newest deploy alone: names of several would lie on each other.
fn draw_last_deploy(svg: &mut Svg, frame: &Frame, y: f64) {
    let Some((at, deploy)) = frame.visible_deploys().max_by_key(|(_, deploy)| deploy.at) else {
        return;
    };
    let (side, _) = beside(at);
    let (class, dx) = (
        format!("lab halo{side}"),
        if side.is_empty() { "12" } else { "-12" },
    );
    let place = [
        ("class", class.as_str()),
        ("x", &percent(at)),
        ("dx", dx),
        ("y", &px(y + 4.0)),
    ];
    svg.text(&place, &deploy.label);
}

/// Draws the labels of the time axis with their base line at `y`. On a phone every second one is left out, and those whose
/// middle is too near to an edge always are.
pub fn draw_times(svg: &mut Svg, frame: &Frame, y: f64) {
    let y = px(y);
    let inside = |at: &f64| (2.0..=98.0).contains(at);
    let labels = ticks(frame.time, MOST_LABELS);
    let places = labels
        .iter()
        .map(|tick| (frame.time.percent(tick.at), &tick.label));
    for (i, (at, label)) in places.filter(|(at, _)| inside(at)).enumerate() {
        let class = if i % 2 == 0 { "m" } else { "m narrow-hide" };
        svg.text(&[("class", class), ("x", &percent(at)), ("y", &y)], label);
    }
}
