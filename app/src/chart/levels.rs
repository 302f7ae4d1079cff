//! A value that holds until it is changed, as a limit does: drawn as steps.

use super::series::Series;

/// A stretch of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Start, milliseconds since the epoch.
    pub from: i64,
    /// End.
    pub to: i64,
    /// The value.
    pub value: f64,
}

/// The levels of a setting that was sampled. A setting does not change while nobody looks, so a gap between equal samples is part
/// of the level; between different ones the level ends where it was last seen.
pub fn of(series: &Series) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for (i, bucket) in series.buckets.iter().enumerate() {
        let Some(value) = bucket.map(|b| b.last) else {
            continue;
        };
        let (from, to) = (series.start(i), series.start(i + 1));
        match levels.last_mut() {
            Some(level) if (level.value - value).abs() < f64::EPSILON => level.to = to,
            _ => levels.push(Level { from, to, value }),
        }
    }
    levels
}
