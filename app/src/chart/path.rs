//! Path data: relative, to one decimal, as short as SVG allows.

use super::levels::Level;
use super::scale::{HEIGHT, TimeScale, ValueScale, WIDTH};
use super::segments::Segment;

/// Writes path data in tenths of a unit. Positions are rounded before they are subtracted, so rounding never adds up.
#[derive(Debug, Default)]
pub struct PathWriter {
    data: String,
    at: (i64, i64),
    command: char,
}

impl PathWriter {
    /// Starts a new piece at an absolute place.
    pub fn move_to(&mut self, x: f64, y: f64) {
        self.at = (tenths(x), tenths(y));
        self.data.push('M');
        self.command = 'M';
        self.number(self.at.0, true);
        self.number(self.at.1, false);
    }

    /// Draws on to a place; nothing is written if it rounds to where the pen is.
    pub fn line_to(&mut self, x: f64, y: f64) {
        let to = (tenths(x), tenths(y));
        let (dx, dy) = (to.0 - self.at.0, to.1 - self.at.1);
        self.at = to;
        match (dx, dy) {
            (0, 0) => {}
            (dx, 0) => self.step('h', &[dx]),
            (0, dy) => self.step('v', &[dy]),
            (dx, dy) => self.step('l', &[dx, dy]),
        }
    }

    /// Closes the piece.
    pub fn close(&mut self) {
        self.data.push('Z');
        self.command = 'Z';
    }

    /// The path data.
    pub fn finish(self) -> String {
        self.data
    }

    fn step(&mut self, command: char, numbers: &[i64]) {
        let mut first = self.command != command;
        if first {
            self.data.push(command);
            self.command = command;
        }
        for &number in numbers {
            self.number(number, first);
            first = false;
        }
    }

    fn number(&mut self, tenths: i64, after_command: bool) {
        if tenths < 0 {
            self.data.push('-');
        } else if !after_command {
            self.data.push(' ');
        }
        let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
        if whole != 0 || rest == 0 {
            self.data.push_str(&whole.to_string());
        }
        if rest != 0 {
            self.data.push('.');
            self.data.push_str(&rest.to_string());
        }
    }
}

fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

/// The line through `segments`. A segment of a single value is a dash one unit long, so that a lone sample can be seen.
pub fn line(segments: &[Segment], time: TimeScale, value: ValueScale) -> String {
    let mut path = PathWriter::default();
    for segment in segments {
        let points = vertices(segment, time, value);
        trace(&mut path, &points);
        if let [(x, y)] = points[..] {
            path.line_to(x + 1.0, y);
        }
    }
    path.finish()
}

/// The steps of a setting.
pub fn steps(levels: &[Level], time: TimeScale, value: ValueScale) -> String {
    let mut path = PathWriter::default();
    for level in levels {
        let y = value.y(level.value);
        path.move_to(time.x(level.from).max(0.0), y);
        path.line_to(time.x(level.to).min(WIDTH), y);
    }
    path.finish()
}

/// The area between `segments` and zero, each segment closed on its own.
pub fn area(segments: &[Segment], time: TimeScale, value: ValueScale) -> String {
    let mut path = PathWriter::default();
    for segment in segments {
        let points = vertices(segment, time, value);
        let (Some(&(first, _)), Some(&(last, _))) = (points.first(), points.last()) else {
            continue;
        };
        path.move_to(first, HEIGHT);
        for (x, y) in points {
            path.line_to(x, y);
        }
        path.line_to(last, HEIGHT);
        path.close();
    }
    path.finish()
}

fn trace(path: &mut PathWriter, points: &[(f64, f64)]) {
    let Some((&(x, y), rest)) = points.split_first() else {
        return;
    };
    path.move_to(x, y);
    for &(x, y) in rest {
        path.line_to(x, y);
    }
}

/// The places a segment passes through: in every bucket the extreme nearer to where the line comes from, then the other one, then
/// the latest value.
fn vertices(segment: &Segment, time: TimeScale, value: ValueScale) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(segment.len() * 2);
    let mut from = segment.first().map_or(0.0, |(_, bucket)| bucket.min);
    for (t, bucket) in segment {
        let x = time.x(*t);
        let near_first = if (from - bucket.min).abs() <= (from - bucket.max).abs() {
            [bucket.min, bucket.max, bucket.last]
        } else {
            [bucket.max, bucket.min, bucket.last]
        };
        for v in near_first {
            let place = (x, value.y(v));
            if points.last() != Some(&place) {
                points.push(place);
            }
        }
        from = bucket.last;
    }
    points
}
