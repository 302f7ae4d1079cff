//! When growth meets the limit.

use super::Growing;

/// Time to the limit, in seconds from now: a range and the likeliest within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Not before this.
    pub earliest_s: f64,
    /// Most likely then.
    pub likely_s: f64,
    /// Not after this.
    pub latest_s: f64,
}

/// What the interval of a slope does not know of: load changes, and cells of one run are not independent. A share of the remaining time.
const LEAST_MARGIN: f64 = 0.08;

impl Forecast {
    /// When growth reaches `limit`, told at the age at which the growth was judged. Peaks count, not the floor: the kernel kills at the
    /// highest moment. `None` when the slope may well be none at all.
    pub fn of(growing: &Growing, limit: f64) -> Option<Self> {
        let line = &growing.line;
        if line.slope <= 0.0 || line.slope_low <= 0.0 {
            return None;
        }
        let room = limit - growing.amplitude - line.at(growing.age_s);
        let likely = (room / line.slope).max(0.0);
        let earliest = ((room - growing.scatter) / line.slope_high).max(0.0);
        let latest = ((room + growing.scatter) / line.slope_low).max(0.0);
        Some(Self {
            earliest_s: earliest.min(likely * (1.0 - LEAST_MARGIN)),
            likely_s: likely,
            latest_s: latest.max(likely * (1.0 + LEAST_MARGIN)),
        })
    }

    /// The same with its margins set by how the likeliest time did for past runs: the true time was `low` to `high` times what was said.
    #[must_use]
    pub fn scaled(self, low: f64, high: f64) -> Self {
        Self {
            earliest_s: self.likely_s * low.min(1.0),
            likely_s: self.likely_s,
            latest_s: self.likely_s * high.max(1.0),
        }
    }

    /// Whether a time lies in the range.
    pub fn holds(&self, time_s: f64) -> bool {
        (self.earliest_s..=self.latest_s).contains(&time_s)
    }

    /// Width of the range as a share of the likeliest time.
    pub fn relative_width(&self) -> f64 {
        (self.latest_s - self.earliest_s) / self.likely_s.max(f64::MIN_POSITIVE)
    }
}
