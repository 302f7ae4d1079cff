//! Runs over their age, aligned at their begin: what memory and tasks did in each, on one axis.

use domain::{
    leak::Reading,
    metric::Unit,
    stats::{median, quantile},
    view::{ForecastView, RunRow},
};

use crate::{
    chart::{
        path::{self, PathWriter},
        scale::{TimeScale, ValueScale},
        segments::Segment,
        series::Bucket,
        svg::{Svg, percent, px},
        ticks,
    },
    components::{Glyph, tone},
    format::duration,
};

/// Height of the plot in pixels; below it are the ages.
const HEIGHT: f64 = 240.0;
/// Height of the whole drawing.
pub const OUTER: f64 = HEIGHT + 24.0;
/// Readings farther apart than so many usual steps have a gap between them.
const GAP: f64 = 3.5;
/// Where runs die young, one that does not is cut at so many times the age of the others, so that they can still be seen.
const LONGEST: f64 = 3.0;
/// The most ticks of the age axis.
const TICKS: i64 = 8;

/// One run to draw.
pub struct Line<'a> {
    /// What is drawn, by age.
    pub readings: &'a [Reading],
    /// Classes of its line beside `ln`.
    pub class: &'static str,
    /// The class of the cause that ended it, when it died.
    pub died: Option<&'static str>,
}

impl<'a> Line<'a> {
    /// A run's memory, or its tasks.
    pub fn of(run: &'a RunRow, readings: &'a [Reading], class: &'static str) -> Self {
        Self {
            readings,
            class,
            died: run.cause.filter(|_| run.counts).map(tone),
        }
    }
}

/// What lies ahead of the run that lasts.
pub struct Cone {
    /// How old it is, in milliseconds.
    age: i64,
    /// How old it will be at the limit, in milliseconds: not before, most likely, not after.
    at: [i64; 3],
    limit: f64,
}

impl Cone {
    /// Of a forecast; `None` without one.
    pub fn of(run: &RunRow, forecast: Option<&ForecastView>) -> Option<Self> {
        let forecast = forecast.filter(|_| run.ended_at.is_none())?;
        let age = |at: Option<domain::Timestamp>| Some((at? - run.started_at).num_milliseconds());
        Some(Self {
            age: run.age_ms,
            at: [
                age(forecast.earliest_at)?,
                age(forecast.likely_at)?,
                age(forecast.latest_at)?,
            ],
            limit: run.limit_bytes? as f64,
        })
    }
}

/// A chart of runs.
pub struct Ages<'a> {
    /// The runs, the one on top last.
    pub lines: Vec<Line<'a>>,
    /// The line not to be crossed.
    pub limit: Option<f64>,
    /// What the values mean.
    pub unit: Unit,
    /// What lies ahead of the last.
    pub cone: Option<Cone>,
}

impl Ages<'_> {
    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.readings.is_empty())
    }

    /// The content of the chart's `<svg>` element.
    pub fn render(&self) -> String {
        let time = TimeScale::new(0, self.longest());
        let readings = self.lines.iter().flat_map(|line| line.readings);
        let seen = readings.map(|reading| reading.max);
        let highest = seen.chain(self.limit).fold(0.0, f64::max);
        let value = ValueScale::new(highest);
        let mut svg = Svg::default();
        for tick in ticks::values(self.unit, self.limit.unwrap_or(highest)) {
            let y = value.px(tick.value, HEIGHT);
            svg.horizontal(if tick.value > 0.0 { "grid" } else { "axis" }, y);
            let place = [("class", "e"), ("x", "-8"), ("y", &*px(y + 4.0))];
            svg.text(&place, &tick.label);
        }
        svg.paths(&px(HEIGHT), |svg| self.draw_lines(svg, time, value));
        for line in &self.lines {
            mark_end(&mut svg, line, time, value);
        }
        draw_ages(&mut svg, time);
        svg.finish()
    }

    /// The end of the axis in milliseconds.
    fn longest(&self) -> i64 {
        let age = |line: &Line<'_>| line.readings.last().map(|reading| reading.age_s);
        let died: Vec<f64> = self
            .lines
            .iter()
            .filter(|line| line.died.is_some())
            .filter_map(age)
            .collect();
        let longest = self.lines.iter().filter_map(age).fold(0.0, f64::max);
        let usual = quantile(&died, 0.9).filter(|_| died.len() >= 3);
        let longest = usual.map_or(longest, |usual| longest.min(usual * LONGEST));
        let ahead = self.cone.as_ref().map_or(0, |cone| cone.at[2]);
        let longest = (longest * 1e3) as i64;
        // A forecast far beyond everything seen is only begun.
        longest.max(ahead.min(longest * 2)) * 102 / 100
    }

    fn draw_lines(&self, svg: &mut Svg, time: TimeScale, value: ValueScale) {
        if let Some(limit) = self.limit {
            let mut line = PathWriter::default();
            line.move_to(0.0, value.y(limit));
            line.line_to(crate::chart::scale::WIDTH, value.y(limit));
            svg.path("lim", &line.finish());
        }
        for line in &self.lines {
            let segments = segments(line.readings, time.end());
            let class = format!("ln {}", line.class);
            svg.path(&class, &path::line(&segments, time, value));
        }
        let last = self.lines.last().and_then(|line| line.readings.last());
        if let (Some(cone), Some(last)) = (&self.cone, last) {
            let corner = |age: i64, of: f64| (time.x(age), value.y(of));
            let from = corner(cone.age, last.max);
            let [earliest, likely, latest] = cone.at.map(|age| corner(age, cone.limit));
            let mut area = PathWriter::default();
            area.move_to(from.0, from.1);
            area.line_to(earliest.0, earliest.1);
            area.line_to(latest.0, latest.1);
            area.close();
            svg.path("cone", &area.finish());
            let mut line = PathWriter::default();
            line.move_to(from.0, from.1);
            line.line_to(likely.0, likely.1);
            svg.path("ln likely", &line.finish());
        }
    }
}

/// Peaks by age, cut where nothing was seen and at the end of the axis.
fn segments(readings: &[Reading], longest: i64) -> Vec<Segment> {
    let steps: Vec<f64> = readings
        .windows(2)
        .map(|pair| pair[1].age_s - pair[0].age_s)
        .collect();
    let gap = median(&steps).unwrap_or(f64::INFINITY) * GAP;
    readings
        .chunk_by(|a, b| b.age_s - a.age_s <= gap)
        .map(|part| {
            part.iter()
                .map(|reading| ((reading.age_s * 1e3) as i64, Bucket::one(reading.max)))
                .take_while(|(age, _)| *age <= longest)
                .collect::<Segment>()
        })
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// A cross where a run died.
fn mark_end(svg: &mut Svg, line: &Line<'_>, time: TimeScale, value: ValueScale) {
    let (Some(tone), Some(last)) = (line.died, line.readings.last()) else {
        return;
    };
    let age = (last.age_s * 1e3) as i64;
    if !time.contains(age) {
        return;
    }
    let (x, y) = (percent(time.percent(age)), px(value.px(last.max, HEIGHT)));
    let place = [
        ("class", tone),
        ("x", &*x),
        ("y", &*y),
        ("overflow", "visible"),
    ];
    svg.group("svg", &place, |svg| {
        svg.element(
            "path",
            &[
                ("class", "mk"),
                ("d", Glyph::Restart.path()),
                ("transform", "translate(-4 -5) scale(.7)"),
            ],
        );
    });
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Steps that people can count in.
const STEPS: [i64; 19] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
];

fn draw_ages(svg: &mut Svg, time: TimeScale) {
    let y = px(HEIGHT + 16.0);
    svg.text(&[("class", "e"), ("x", "-8"), ("y", &y)], "age");
    let step = STEPS.into_iter().find(|step| time.end() / step <= TICKS);
    let step = step.unwrap_or(20 * DAY);
    for count in 1..=time.end() / step {
        let at = time.percent(count * step);
        // What would reach beyond the plot is left out.
        if at > 97.0 {
            break;
        }
        let class = if count % 2 == 0 { "m" } else { "m narrow-hide" };
        let place = [("class", class), ("x", &*percent(at)), ("y", &y)];
        svg.text(&place, &duration(count * step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climb(seconds: u32) -> Vec<Reading> {
        (0..seconds / 10)
            .map(|index| f64::from(index) * 10.0)
            .map(|age_s| Reading::of(age_s, 1e6 * age_s))
            .collect()
    }

    fn line(readings: &[Reading], died: bool) -> Line<'_> {
        Line {
            readings,
            class: "past",
            died: died.then_some("c-memory"),
        }
    }

    fn chart(lines: Vec<Line<'_>>) -> Ages<'_> {
        Ages {
            lines,
            limit: Some(3e9),
            unit: Unit::Bytes,
            cone: None,
        }
    }

    #[test]
    fn one_long_run_does_not_hide_the_short_ones() {
        let (short, long) = (climb(3_000), climb(300_000));
        let lines = || (0..4).map(|_| line(&short, true));
        let longest = chart(lines().chain([line(&long, false)]).collect()).longest();
        assert!((8_000_000..10_000_000).contains(&longest), "{longest}");
        let svg = chart(lines().collect()).render();
        assert_eq!(svg.matches("class=\"ln past\"").count(), 4);
        assert_eq!(svg.matches("class=\"c-memory\"").count(), 4);
        assert!(svg.contains("40\u{a0}min"), "{svg}");
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let mut readings = climb(3_000);
        readings.retain(|reading| !(1_000.0..2_000.0).contains(&reading.age_s));
        assert_eq!(segments(&readings, i64::MAX).len(), 2);
        assert!(segments(&[], 0).is_empty());
    }

    #[test]
    fn nothing_seen_is_nothing_drawn() {
        assert!(chart(vec![line(&[], false)]).is_empty());
        let svg = chart(Vec::new()).render();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn the_cone_reaches_from_now_to_the_limit() {
        let readings = climb(1_000);
        let mut ages = chart(vec![line(&readings, false)]);
        ages.cone = Some(Cone {
            age: 1_000_000,
            at: [1_200_000, 1_500_000, 1_900_000],
            limit: 3e9,
        });
        let svg = ages.render();
        assert!(
            svg.contains("class=\"cone\"") && svg.contains("ln likely"),
            "{svg}"
        );
        assert!(ages.longest() > 1_900_000);
    }
}
