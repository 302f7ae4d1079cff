//! One run's series, cut into cells of equal age.

use serde::{Deserialize, Serialize};

/// What one stretch of time of a run says: the lowest and the highest value in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reading {
    /// Seconds after the run began.
    pub age_s: f64,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
}

impl Reading {
    /// A reading of a single value.
    pub const fn of(age_s: f64, value: f64) -> Self {
        Self {
            age_s,
            min: value,
            max: value,
        }
    }
}

/// Pairs of cells are compared with each other, so this many is enough work and enough detail.
const CELLS: usize = 60;
/// The first tenth of a run is warm-up: caches fill, pools open, code is loaded …
const WARM_UP_SHARE: f64 = 0.10;
/// … which lasts this long at least and at most, in seconds.
const WARM_UP_S: (f64, f64) = (20.0, 1_800.0);

/// One run's series without its warm-up, in at most 60 cells. Cells without a reading are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    cells: Vec<Reading>,
    /// Share of the cells that have a reading.
    coverage: f64,
    age_s: f64,
}

impl Course {
    /// The course of a run up to `age_s`, from readings in order of age. Later readings are ignored.
    pub fn of(readings: &[Reading], age_s: f64) -> Self {
        let begin = (age_s * WARM_UP_SHARE).clamp(WARM_UP_S.0, WARM_UP_S.1);
        let within = |reading: &&Reading| reading.age_s >= begin && reading.age_s <= age_s;
        let readings: Vec<Reading> = readings.iter().filter(within).copied().collect();
        let spacing = spacing(&readings).unwrap_or(f64::INFINITY);
        // No cell may be narrower than the readings are apart, or it would be empty for that reason alone.
        let count = ((age_s - begin) / spacing).floor().clamp(1.0, CELLS as f64);
        let width = (age_s - begin) / count;
        let cells: Vec<Reading> = readings
            .chunk_by(|a, b| place(a, begin, width) == place(b, begin, width))
            .filter_map(|cell| {
                Some(Reading {
                    age_s: cell.iter().map(|reading| reading.age_s).sum::<f64>()
                        / cell.len() as f64,
                    min: cell.iter().map(|reading| reading.min).reduce(f64::min)?,
                    max: cell.iter().map(|reading| reading.max).reduce(f64::max)?,
                })
            })
            .collect();
        Self {
            coverage: cells.len() as f64 / count,
            cells,
            age_s,
        }
    }

    /// The cells, in order of age.
    pub fn cells(&self) -> &[Reading] {
        &self.cells
    }

    /// Share of the time after warm-up in which something was read.
    pub const fn coverage(&self) -> f64 {
        self.coverage
    }

    /// How old the run is, in seconds.
    pub const fn age_s(&self) -> f64 {
        self.age_s
    }

    /// The level that the run never fell below again, cell by cell: the valleys between which a garbage collector works, without its
    /// teeth. It never falls.
    pub fn floor(&self) -> Vec<(f64, f64)> {
        let mut floor: Vec<(f64, f64)> = self
            .cells
            .iter()
            .rev()
            .scan(f64::INFINITY, |lowest, cell| {
                *lowest = lowest.min(cell.min);
                Some((cell.age_s, *lowest))
            })
            .collect();
        floor.reverse();
        floor
    }
}

fn place(reading: &Reading, begin: f64, width: f64) -> u64 {
    ((reading.age_s - begin) / width) as u64
}

/// The usual distance between readings.
fn spacing(readings: &[Reading]) -> Option<f64> {
    let steps: Vec<f64> = readings
        .windows(2)
        .map(|pair| pair[1].age_s - pair[0].age_s)
        .collect();
    crate::stats::median(&steps).filter(|step| *step > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(seconds: u32) -> Vec<Reading> {
        (0..seconds / 10)
            .map(|index| Reading::of(f64::from(index) * 10.0, f64::from(index)))
            .collect()
    }

    #[test]
    fn a_long_run_has_sixty_cells_after_its_warm_up() {
        let course = Course::of(&steady(36_000), 36_000.0);
        assert_eq!(course.cells().len(), 60);
        assert!(course.cells()[0].age_s > 1_800.0);
        assert!((course.coverage() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_short_run_has_a_cell_for_each_reading() {
        let course = Course::of(&steady(300), 300.0);
        assert!((25..=27).contains(&course.cells().len()), "{course:?}");
        assert!(course.coverage() > 0.9);
    }

    #[test]
    fn what_was_not_seen_is_not_covered() {
        let mut readings = steady(36_000);
        readings.retain(|reading| !(9_000.0..18_000.0).contains(&reading.age_s));
        assert!((0.70..0.76).contains(&Course::of(&readings, 36_000.0).coverage()));
        assert!(Course::of(&[], 100.0).cells().is_empty());
    }

    #[test]
    fn the_floor_never_falls() {
        let teeth: Vec<Reading> = (0..100)
            .map(|index| Reading::of(f64::from(index) * 60.0, f64::from(index % 10)))
            .collect();
        let floor = Course::of(&teeth, 6_000.0).floor();
        assert!(floor.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        assert!(floor[0].1.abs() < 1e-9);
    }
}
