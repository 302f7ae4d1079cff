//! Which limit would be right.

use serde::{Deserialize, Serialize};

use crate::stats::quantile;

/// Room above the highest value seen, so that the limit is not met by what is only a little more of the same.
const HEADROOM: f64 = 1.25;
/// Limits are offered in steps of 16 MiB.
const STEP_BYTES: f64 = 16.0 * 1_048_576.0;
/// Fewer runs than this tell too little about what memory a run needs.
const RUNS: usize = 3;

/// The need of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// The 99th percentile of its working set, in bytes.
    pub p99_bytes: f64,
    /// The highest value, in bytes.
    pub max_bytes: f64,
    /// Whether it grew without end: then no limit is right.
    pub grows: bool,
}

/// What is said of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "says")]
pub enum RightSize {
    /// This limit would do.
    Offer {
        /// Bytes: the highest value of nine runs in ten, with a quarter of room.
        limit_bytes: u64,
        /// The 99th percentile of the working set, the median over runs.
        p99_bytes: u64,
        /// The highest value of any run.
        max_bytes: u64,
    },
    /// It leaks: a larger limit only delays the end.
    Leaks,
    /// Too few runs to tell.
    Unknown,
}

impl RightSize {
    /// Of the newest runs of a workload.
    pub fn of(runs: &[Need]) -> Self {
        if runs.iter().any(|run| run.grows) {
            return Self::Leaks;
        }
        let highest: Vec<f64> = runs.iter().map(|run| run.max_bytes).collect();
        let usual: Vec<f64> = runs.iter().map(|run| run.p99_bytes).collect();
        let (Some(high), Some(p99)) = (quantile(&highest, 0.9), quantile(&usual, 0.5)) else {
            return Self::Unknown;
        };
        if runs.len() < RUNS {
            return Self::Unknown;
        }
        Self::Offer {
            limit_bytes: ((high * HEADROOM / STEP_BYTES).ceil() * STEP_BYTES) as u64,
            p99_bytes: p99 as u64,
            max_bytes: highest.iter().copied().fold(0.0, f64::max) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(mib: f64) -> Need {
        Need {
            p99_bytes: mib * 1_048_576.0 * 0.9,
            max_bytes: mib * 1_048_576.0,
            grows: false,
        }
    }

    #[test]
    fn the_limit_leaves_a_quarter_of_room() {
        let RightSize::Offer { limit_bytes, .. } =
            RightSize::of(&[need(100.0), need(100.0), need(102.0)])
        else {
            panic!("an offer");
        };
        assert_eq!(limit_bytes >> 20, 128);
    }

    #[test]
    fn what_leaks_needs_no_larger_limit() {
        let leaking = Need {
            grows: true,
            ..need(100.0)
        };
        assert_eq!(
            RightSize::of(&[need(90.0), need(90.0), leaking]),
            RightSize::Leaks
        );
        assert_eq!(RightSize::of(&[need(90.0), need(90.0)]), RightSize::Unknown);
        assert_eq!(RightSize::of(&[]), RightSize::Unknown);
    }
}
