//! Ticks of the time axis, at times people would name: full minutes, hours, midnights. UTC.

use super::scale::TimeScale;
use crate::format::{clock, clock_minute, day};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The steps a time axis may have. All of them divide a day or are whole days, so every tick is a round time of day.
const LADDER: [i64; 19] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
];

/// A time with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeTick {
    /// When.
    pub at: i64,
    /// What is written there.
    pub label: String,
}

/// At most `most` ticks within the scale. Midnights are labelled with their day.
pub fn ticks(time: TimeScale, most: u32) -> Vec<TimeTick> {
    let most = i64::from(most.max(1));
    let fits =
        |step: i64| (time.end().div_euclid(step) - (time.start() - 1).div_euclid(step)) <= most;
    let beyond = (time.span() / DAY / most + 1) * DAY;
    let step = LADDER
        .into_iter()
        .find(|&step| fits(step))
        .unwrap_or(beyond);
    let (first, last) = (
        (time.start() - 1).div_euclid(step) + 1,
        time.end().div_euclid(step),
    );
    (first..=last)
        .map(|i| i * step)
        .map(|at| TimeTick {
            at,
            label: label(at, step),
        })
        .collect()
}

fn label(at: i64, step: i64) -> String {
    if at.rem_euclid(DAY) == 0 {
        day(at)
    } else if step < MINUTE {
        clock(at)
    } else {
        clock_minute(at)
    }
}
