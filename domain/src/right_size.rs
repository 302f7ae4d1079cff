//! Which limit would be right.

use serde::{Deserialize, Serialize};

use crate::{
    detect::words,
    stats::{median, quantile},
};

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
    /// Bytes a second by which it grew without end: then no limit is right. `None` where it did not.
    pub growth: Option<f64>,
}

/// What is said of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    Leaks {
        /// Bytes a second: the median of the runs that grew.
        bytes_per_s: f64,
    },
    /// Too few runs to tell.
    Unknown,
}

impl RightSize {
    /// Of the newest runs of a workload.
    pub fn of(runs: &[Need]) -> Self {
        let growth: Vec<f64> = runs.iter().filter_map(|run| run.growth).collect();
        if let Some(bytes_per_s) = median(&growth) {
            return Self::Leaks { bytes_per_s };
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

    /// What it means for the limit that is set, in a sentence.
    pub fn text(&self, limit_bytes: Option<u64>) -> String {
        match self {
            Self::Unknown => {
                format!(
                    "fewer than {RUNS} runs were seen for long enough to tell which limit is right"
                )
            }
            Self::Leaks { bytes_per_s } => {
                let grows = format!("it grows by {} without end", words::byte_rate(*bytes_per_s));
                match limit_bytes.filter(|_| *bytes_per_s > 0.0) {
                    Some(limit) => format!(
                        "{grows}: twice the limit only delays by {}",
                        words::seconds(limit as f64 / bytes_per_s)
                    ),
                    None => grows,
                }
            }
            Self::Offer {
                limit_bytes: offered,
                p99_bytes,
                max_bytes,
            } => {
                let need = format!(
                    "99 % of the time below {}, {} at most",
                    words::bytes(*p99_bytes),
                    words::bytes(*max_bytes)
                );
                let fits = words::bytes(*offered);
                match limit_bytes {
                    None => format!("{need}; a limit of {fits} would do, none is set"),
                    Some(set) if set < *offered => format!(
                        "{need}; a limit of {fits} would leave a quarter of room, {} is set",
                        words::bytes(set)
                    ),
                    Some(set) if set < offered.saturating_mul(2) => {
                        format!("{need}; the limit of {} fits", words::bytes(set))
                    }
                    Some(set) => {
                        format!(
                            "{need}; a limit of {fits} would do instead of {}",
                            words::bytes(set)
                        )
                    }
                }
            }
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
            growth: None,
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
    fn the_limit_that_is_set_is_judged() {
        let offer = RightSize::of(&[need(100.0); 3]);
        let said = |limit: Option<u64>| {
            let text = offer
                .text(limit.map(|mib| mib << 20))
                .replace('\u{a0}', " ");
            text.split_once("; ")
                .map(|(_, verdict)| verdict.to_owned())
                .unwrap()
        };
        assert_eq!(
            said(Some(110)),
            "a limit of 128 MiB would leave a quarter of room, 110 MiB is set"
        );
        assert_eq!(said(Some(192)), "the limit of 192 MiB fits");
        assert_eq!(
            said(Some(1024)),
            "a limit of 128 MiB would do instead of 1 GiB"
        );
        assert_eq!(said(None), "a limit of 128 MiB would do, none is set");
    }

    #[test]
    fn what_leaks_needs_no_larger_limit() {
        let leaking = Need {
            growth: Some(171_000.0),
            ..need(100.0)
        };
        assert_eq!(
            RightSize::of(&[need(90.0), need(90.0), leaking]),
            RightSize::Leaks {
                bytes_per_s: 171_000.0
            }
        );
        assert_eq!(
            RightSize::of(&[leaking])
                .text(Some(512 << 20))
                .replace('\u{a0}', " "),
            "it grows by 9.8 MiB a minute without end: twice the limit only delays by 52 min"
        );
        assert_eq!(RightSize::of(&[need(90.0), need(90.0)]), RightSize::Unknown);
        assert_eq!(RightSize::of(&[]), RightSize::Unknown);
    }
}
