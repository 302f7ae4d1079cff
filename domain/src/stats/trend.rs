//! The trend of a series: how fast it rises, and whether it does at all.

use super::{equal, median};

/// A straight line through readings that a third of them, gone wild, could not bend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Units of y per unit of x: the median of the slopes between all pairs of readings (Theil 1950, Sen 1968).
    pub slope: f64,
    /// The lower end of its confidence interval of 90 %.
    pub slope_low: f64,
    /// The upper end.
    pub slope_high: f64,
    /// y at x = 0: the median of what the readings say (Conover 1980).
    pub intercept: f64,
    /// Kendall's tau-b between x and y: 1 when every later reading is higher, 0 when there is no order, -1 when every one is lower.
    pub tau: f64,
    /// Mann's (1945) and Kendall's (1975) test: standard deviations that the order is away from chance, positive when rising.
    pub z: f64,
}

impl Trend {
    /// The trend of readings `(x, y)`, or `None` when there are fewer than three moments. Work grows with the square of the number of
    /// readings: give it a hundred, not a thousand.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
        let mut order = 0.0;
        let mut level_pairs = 0.0;
        for (index, (x0, y0)) in points.iter().enumerate() {
            for (x1, y1) in &points[index + 1..] {
                if equal(x1, x0) {
                    continue;
                }
                let slope = (y1 - y0) / (x1 - x0);
                if slope == 0.0 {
                    level_pairs += 1.0;
                } else {
                    order += slope.signum();
                }
                slopes.push(slope);
            }
        }
        if slopes.len() < 3 {
            return None;
        }
        slopes.sort_by(f64::total_cmp);
        let pairs = slopes.len() as f64;
        let slope = median(&slopes)?;
        let rests: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
        let deviation = order_variance(points).sqrt();
        // Gilbert, "Statistical Methods for Environmental Pollution Monitoring" (1987), 16.5.1.
        let reach = 1.645 * deviation;
        let nth = |place: f64| slopes[place.clamp(0.0, pairs - 1.0) as usize];
        Some(Self {
            slope,
            slope_low: nth((pairs / 2.0 - reach / 2.0).floor() - 1.0),
            slope_high: nth((pairs / 2.0 + reach / 2.0).ceil()),
            intercept: median(&rests)?,
            tau: if level_pairs < pairs {
                order / (pairs * (pairs - level_pairs)).sqrt()
            } else {
                0.0
            },
            z: if deviation > 0.0 {
                (order - order.signum()) / deviation
            } else {
                0.0
            },
        })
    }

    /// y on the line.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// The variance of the number of ordered pairs if there were no trend, with Kendall's correction for equal readings.
fn order_variance(points: &[(f64, f64)]) -> f64 {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    values.sort_by(f64::total_cmp);
    let ties: f64 = values
        .chunk_by(equal)
        .map(|tie| term(tie.len() as f64))
        .sum();
    ((term(points.len() as f64) - ties) / 18.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn line(slope: f64, noise: &[f64]) -> Vec<(f64, f64)> {
        noise
            .iter()
            .enumerate()
            .map(|(x, noise)| (x as f64, 5.0 + slope * x as f64 + noise))
            .collect()
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_slope(slope in -3.0..3.0_f64, noise in vec(-1.0..1.0_f64, 30..60)) {
            let trend = Trend::of(&line(slope, &noise)).unwrap();
            prop_assert!(trend.slope_low <= trend.slope && trend.slope <= trend.slope_high);
            prop_assert!((trend.slope - slope).abs() < 0.06);
        }

        #[test]
        fn a_quarter_of_wild_readings_does_not_bend_it(wild in vec(0.0..1e9_f64, 10)) {
            let mut points = line(2.0, &[0.0; 40]);
            for (point, wild) in points.iter_mut().step_by(4).zip(wild) {
                point.1 = wild;
            }
            let trend = Trend::of(&points).unwrap();
            prop_assert!((trend.slope - 2.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_level_series_has_no_trend() {
        let trend = Trend::of(&line(0.0, &[0.0; 20])).unwrap();
        assert_eq!((trend.slope, trend.tau, trend.z), (0.0, 0.0, 0.0));
        assert_eq!(Trend::of(&[(0.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn every_reading_higher_than_the_last_is_certain_order() {
        let trend = Trend::of(&line(1.0, &[0.0; 20])).unwrap();
        assert!((trend.tau - 1.0).abs() < 1e-12);
        assert!(trend.z > 6.0);
        assert!((trend.at(10.0) - 15.0).abs() < 1e-9);
    }
}
