//! What is in memory of a container's day.

use domain::metric::TaskKind;

use crate::store::series::{
    grid::Grid,
    point::{Column, Point},
    time::{DAY, MINUTE},
};

/// Length of a quarter.
pub(super) const QUARTER_MS: i64 = 15 * MINUTE;
/// Quarters that a day touches, and one more: the present one begins before the day that ends in it is over.
pub(super) const QUARTERS: usize = (DAY / QUARTER_MS) as usize + 2;

/// A line of a sparkline.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    Ratio,
    Bytes,
    Tasks,
}

/// Minimum, maximum and last value of a line. Not a number where there is no value: that is left out of every minimum and maximum, and
/// never leaves this module.
pub(super) type Extremes = [f32; 3];

const NOTHING: Extremes = [f32::NAN; 3];

#[derive(Clone, Copy, Debug)]
pub(super) struct Quarter {
    /// How many quarters it began after 1970.
    pub(super) number: u32,
    /// When the last value of each line was taken, in [`MOMENT_MS`] after the begin.
    newest: [u16; 3],
    /// What its tasks are.
    pub(super) kind: Option<TaskKind>,
    lines: [Extremes; 3],
}

/// So that any moment of a quarter is a number of two bytes; samples are further apart.
const MOMENT_MS: i64 = 20;

/// Quarters of a container in order of time.
#[derive(Debug, Default)]
pub(super) struct Quarters(pub(super) Vec<Quarter>);

/// When in its quarter something was.
pub(super) const fn moment(at_ms: i64) -> u16 {
    (at_ms.rem_euclid(QUARTER_MS) / MOMENT_MS) as u16
}

impl Quarters {
    /// A quarter, new or not; `None` when it is older than the oldest there can be.
    pub(super) fn at(&mut self, number: i64) -> Option<&mut Quarter> {
        /// Room is made for so many at once: most containers live for long.
        const STEP: usize = 8;

        let number = u32::try_from(number).ok()?;
        let place = match self.0.last() {
            Some(last) if last.number == number => self.0.len() - 1,
            Some(last) if last.number > number => {
                match self
                    .0
                    .binary_search_by_key(&number, |quarter| quarter.number)
                {
                    Ok(place) => place,
                    Err(0) if self.0.len() == QUARTERS => return None,
                    Err(place) => {
                        self.0.insert(place, Quarter::new(number));
                        if self.0.len() > QUARTERS {
                            self.0.remove(0);
                            place - 1
                        } else {
                            place
                        }
                    }
                }
            }
            _ => {
                if self.0.len() == QUARTERS {
                    self.0.remove(0);
                } else if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(STEP.min(QUARTERS - self.0.len()));
                }
                self.0.push(Quarter::new(number));
                self.0.len() - 1
            }
        };
        self.0.get_mut(place)
    }

    pub(super) fn within(&self, grid: Grid) -> &[Quarter] {
        let place = |at_ms: i64| {
            let number = at_ms.div_euclid(QUARTER_MS);
            self.0
                .partition_point(|quarter| i64::from(quarter.number) < number)
        };
        &self.0[place(grid.from_ms)..place(grid.to_ms())]
    }
}

impl Quarter {
    const fn new(number: u32) -> Self {
        Self {
            number,
            newest: [0; 3],
            kind: None,
            lines: [NOTHING; 3],
        }
    }

    pub(super) fn add(&mut self, point: &Point) {
        let newest = moment(point.at_ms);
        let bytes = point.get(Column::WorkingSet).map(|bytes| bytes as f64);
        let limit = point.get(Column::Limit).filter(|limit| *limit > 0);
        let ratio = bytes.zip(limit).map(|(bytes, limit)| bytes / limit as f64);
        let tasks = point.get(Column::Tasks).map(|tasks| tasks as f64);
        for (line, value) in [(Line::Ratio, ratio), (Line::Bytes, bytes)] {
            if let Some(value) = value {
                self.add_line(line, None, [value as f32; 3], newest);
            }
        }
        if let (Some(tasks), Some(kind)) = (tasks, point.task_kind()) {
            self.add_line(Line::Tasks, Some(kind), [tasks as f32; 3], newest);
        }
    }

    /// Adds values of which the last was taken at `newest`. Of task counts, those of the most telling kind stay.
    pub(super) fn add_line(
        &mut self,
        line: Line,
        kind: Option<TaskKind>,
        values: Extremes,
        newest: u16,
    ) {
        let (known, known_at) = (
            &mut self.lines[line as usize],
            &mut self.newest[line as usize],
        );
        if let Some(kind) = kind {
            match self.kind {
                // A probe that failed for a moment must not mix threads into goroutines.
                Some(other) if other < kind => return,
                Some(other) if other == kind => {}
                _ => {
                    self.kind = Some(kind);
                    (*known, *known_at) = (NOTHING, 0);
                }
            }
        }
        let [min, max, last] = known;
        (*min, *max) = (min.min(values[0]), max.max(values[1]));
        if newest >= *known_at {
            (*last, *known_at) = (values[2], newest);
        }
    }

    pub(super) fn get(&self, line: Line) -> Option<[f64; 3]> {
        let values = self.lines[line as usize];
        (!values[0].is_nan()).then(|| values.map(f64::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_takes_no_more_than_it_is_said_to() {
        let mut quarters = Quarters::default();
        for number in 0..1_000 {
            quarters.at(number);
        }
        assert!(quarters.0.capacity() * size_of::<Quarter>() <= 98 * 48);
        assert!(
            quarters.at(1_000 - QUARTERS as i64 - 1).is_none(),
            "too old"
        );
    }
}
