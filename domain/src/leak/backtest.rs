//! Would the forecast have held for past runs of the same workload?

use super::{Course, Forecast, Growing, Growth, Reading, Scale};
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
    /// The smallest true time by told time, of all but the outermost of many.
    pub low: f64,
    /// The middle one.
    pub mid: f64,
    /// The largest.
    pub high: f64,
}

/// Past runs are asked at the share of their life that this one has behind it, and a little before and after: how far growth is from
/// its limit decides what can go wrong.
const AROUND: [f64; 3] = [-0.08, 0.0, 0.08];
/// The shares of a life at which asking tells something.
const SHARES: (f64, f64) = (0.2, 0.92);
/// Fewer answers than this set no margins.
const ENOUGH: usize = 5;
/// Margins leave out this share of the answers at either end. Few answers leave out none: the next run is as likely beyond the
/// outermost of `n` as within one of the `n` steps between them.
const OUTERMOST: f64 = 0.08;

/// When growth meets `limit`, as what past runs did corrects it, and how forecasts did for them.
pub fn forecast(
    growing: &Growing,
    limit: f64,
    past: &[PastRun],
) -> (Option<Forecast>, Option<Record>) {
    let told = Forecast::of(growing, limit);
    let lived = told.map_or(0.5, |told| told.share_lived(growing.age_s));
    let record = record(past, limit, lived);
    let corrected = told.map(|told| {
        record.map_or(told, |record| {
            told.corrected(record.low, record.mid, record.high)
        })
    });
    (corrected, record)
}

/// Asks each past run when it would end, around the moment at which it had `lived` this share of its life. `None` when too few had an
/// answer.
pub fn record(past: &[PastRun], limit: f64, lived: f64) -> Option<Record> {
    let mut hits = 0;
    let mut shares = Vec::new();
    for run in past {
        for around in AROUND {
            let age_s = run.lifetime_s * (lived.clamp(SHARES.0, SHARES.1) + around);
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
        low: quantile(&shares, OUTERMOST)?,
        mid: quantile(&shares, 0.5)?,
        high: quantile(&shares, 1.0 - OUTERMOST)?,
    })
}

fn told(run: &PastRun, age_s: f64, limit: f64) -> Option<Forecast> {
    let course = Course::of(&run.readings, age_s);
    let growth = Growth::of(&course, Scale::of_memory(Some(limit)));
    Forecast::of(growth.growing()?, limit)
}
