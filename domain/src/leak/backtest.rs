//! Would the forecast have held for past runs of the same workload?

use super::{Course, Forecast, Growth, Reading, Scale};
use crate::stats::quantile;

/// A run that ended at its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    /// Its memory, in order of age.
    pub readings: Vec<Reading>,
    /// How long it lived, in seconds.
    pub lifetime_s: f64,
}

/// How forecasts did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Forecasts whose range held the true end.
    pub hits: u32,
    /// Forecasts made.
    pub of: u32,
    /// The tenth percentile of true time by told time.
    pub low: f64,
    /// The ninetieth percentile.
    pub high: f64,
}

/// The shares of its life at which a past run is asked.
const AT: [f64; 3] = [0.34, 0.5, 0.7];
/// Fewer answers than this set no margins.
const ENOUGH: usize = 5;

/// Asks at a third, a half and two thirds of the life of each past run when it would end. `None` when too few had an answer.
pub fn record(past: &[PastRun], limit: f64) -> Option<Record> {
    let mut hits = 0;
    let mut shares = Vec::new();
    for run in past {
        for age_s in AT.map(|share| run.lifetime_s * share) {
            let Some(told) = told(run, age_s, limit) else {
                continue;
            };
            let truth = run.lifetime_s - age_s;
            hits += u32::from(told.holds(truth));
            shares.push(truth / told.likely_s.max(1.0));
        }
    }
    (shares.len() >= ENOUGH).then_some(())?;
    Some(Record {
        hits,
        of: shares.len() as u32,
        low: quantile(&shares, 0.1)?,
        high: quantile(&shares, 0.9)?,
    })
}

fn told(run: &PastRun, age_s: f64, limit: f64) -> Option<Forecast> {
    let course = Course::of(&run.readings, age_s);
    let growth = Growth::of(&course, Scale::of_memory(Some(limit)));
    Forecast::of(growth.growing()?, limit)
}
