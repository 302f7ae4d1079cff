//! Memory on the way to an end.

use chrono::TimeDelta;

use crate::{Timestamp, sample::Sample, stats::trend::Trend};

/// Up to here before the end the slope is taken.
const SLOPE_OVER: TimeDelta = TimeDelta::seconds(60);
/// Readings older than this say nothing about the end.
const STALE: TimeDelta = TimeDelta::seconds(60);

/// What the readings before an end say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// Share of the limit in the last reading.
    pub ratio: f64,
    /// The limit then, in bytes.
    pub limit: u64,
    /// When that reading was taken.
    pub at: Timestamp,
    /// How long before the end that was.
    pub before: TimeDelta,
    /// Growth in shares of the limit per second, when there were readings enough.
    pub slope: Option<f64>,
}

impl Approach {
    /// The approach to `end`, or `None` when no reading with a limit came close before it.
    pub fn of(samples: &[Sample], end: Timestamp) -> Option<Self> {
        let near: Vec<(&Sample, f64)> = samples
            .iter()
            .filter(|sample| sample.at <= end && end - sample.at <= STALE + SLOPE_OVER)
            .filter_map(|sample| Some((sample, sample.memory_ratio()?)))
            .collect();
        let (last, ratio) = *near.last()?;
        if end - last.at > STALE {
            return None;
        }
        let recent: Vec<(f64, f64)> = near
            .iter()
            .filter(|(sample, _)| last.at - sample.at <= SLOPE_OVER)
            .map(|(sample, ratio)| (seconds(sample.at - last.at), *ratio))
            .collect();
        Some(Self {
            ratio,
            limit: last.limit_bytes?,
            at: last.at,
            before: end - last.at,
            slope: slope(&recent),
        })
    }

    /// Share of the limit at the end, if it went on growing as before.
    pub fn projected(&self) -> f64 {
        self.ratio + self.slope.unwrap_or(0.0).max(0.0) * seconds(self.before)
    }

    /// Whether growth would have reached the limit before the end.
    pub fn would_reach_limit(&self) -> bool {
        self.projected() >= 0.995
    }
}

/// Growth per second over the newest readings: pairs of them grow with their square, and a minute of armed readings tells enough.
fn slope(recent: &[(f64, f64)]) -> Option<f64> {
    const NEWEST: usize = 60;

    let newest = &recent[recent.len().saturating_sub(NEWEST)..];
    Trend::of(newest).map(|trend| trend.slope)
}

/// A length of time in seconds, to the millisecond.
pub(crate) fn seconds(length: TimeDelta) -> f64 {
    length.num_milliseconds() as f64 / 1e3
}
