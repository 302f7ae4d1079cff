//! Did the fix work? What came after a deploy against what came before it, at the same age of the runs.

pub mod eras;
mod same_age;
mod words;

use crate::{
    leak::Reading,
    stats::{binomial, median, rank},
};

pub use same_age::{Pair, SameAge};

/// Below this chance a difference is no accident.
const SIGNIFICANT: f64 = 0.05;
/// So many mean intervals without a restart leave a chance of 5 % that the fault is still there: -ln 0.05.
const INTERVALS: f64 = 2.996;
/// One restart makes no interval.
const DEATHS: u32 = 2;

/// What is known of the time between two deploys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Era {
    /// Seconds in which it was watched and meant to run.
    pub watched_s: f64,
    /// Restarts of the cause that is to be mended.
    pub deaths: u32,
    /// The memory limit, if one was set.
    pub limit_bytes: Option<u64>,
    /// Its runs.
    pub runs: Vec<Run>,
}

/// One run of an era.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// How old it is, or was when it ended, in seconds.
    pub age_s: f64,
    /// Bytes of memory over its age.
    pub memory: Vec<Reading>,
    /// Tasks over its age.
    pub tasks: Vec<Reading>,
    /// Bytes a second by which memory grew, where that could be told; 0 where it stayed flat.
    pub growth: Option<f64>,
}

/// What a deploy did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// There was no fault before that could be gone.
    NothingBefore,
    /// No restart for so long that it is gone.
    Fixed,
    /// Fewer restarts than before, and no accident.
    Better {
        /// Restarts for each one before, over the same time.
        rate_ratio: f64,
    },
    /// As many as before.
    Unchanged,
    /// More than before, and no accident.
    MadeWorse {
        /// Restarts for each one before, over the same time; `None` when there was none before.
        rate_ratio: Option<f64>,
    },
    /// It grows as before towards a larger limit.
    OnlyDelayed {
        /// By how much longer a run lives, in seconds.
        by_s: f64,
    },
    /// Not enough time has passed.
    TooEarly {
        /// When it can be told if nothing happens until then, in seconds.
        ready_in_s: f64,
    },
}

impl Outcome {
    /// Whether what was the matter before still is, or is worse.
    pub const fn has_failed(&self) -> bool {
        matches!(
            self,
            Self::Unchanged | Self::MadeWorse { .. } | Self::OnlyDelayed { .. }
        )
    }
}

/// What a deploy did, with what that rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// What it did.
    pub outcome: Outcome,
    /// Mean intervals of before that have passed since, without or with restarts.
    pub intervals: f64,
    /// The chance that the fault is still there and only did not strike: exp(-T / M).
    pub residual: f64,
    /// Growth of memory before and after, in bytes a second.
    pub growth: Option<Pair>,
    /// Memory and tasks of before and after at the same age.
    pub same_age: Option<SameAge>,
}

impl Proof {
    /// Compares two eras. What happens at random has exponential intervals, so no restart in a time T against a mean interval M has
    /// the chance exp(-T / M); counts are compared by the exact binomial test.
    pub fn of(before: &Era, after: &Era) -> Self {
        let mean_s = before.watched_s / f64::from(before.deaths.max(1));
        let intervals = after.watched_s / mean_s.max(f64::MIN_POSITIVE);
        let growth = growth(before, after);
        Self {
            outcome: outcome(before, after, growth, mean_s, intervals),
            intervals,
            residual: (-intervals).exp(),
            growth,
            same_age: SameAge::of(before, after),
        }
    }
}

fn outcome(
    before: &Era,
    after: &Era,
    growth: Option<Pair>,
    mean_s: f64,
    intervals: f64,
) -> Outcome {
    if before.watched_s <= 0.0 {
        return Outcome::NothingBefore;
    }
    let all = before.deaths + after.deaths;
    let share = after.watched_s / (before.watched_s + after.watched_s);
    // In no time there is no rate; what restarts at once has lived for a second at least.
    let rate_ratio = f64::from(after.deaths) / (after.watched_s.max(1.0) / mean_s);
    if after.deaths >= DEATHS && binomial::at_least(after.deaths, all, share) <= SIGNIFICANT {
        return Outcome::MadeWorse {
            rate_ratio: (before.deaths > 0).then_some(rate_ratio),
        };
    }
    if before.deaths < DEATHS {
        return Outcome::NothingBefore;
    }
    if let Some(by_s) = only_delayed(before, after, growth) {
        return Outcome::OnlyDelayed { by_s };
    }
    if after.deaths == 0 && intervals >= INTERVALS {
        return Outcome::Fixed;
    }
    if after.deaths > 0 && binomial::at_most(after.deaths, all, share) <= SIGNIFICANT {
        return Outcome::Better { rate_ratio };
    }
    if intervals >= INTERVALS {
        return Outcome::Unchanged;
    }
    Outcome::TooEarly {
        ready_in_s: (INTERVALS - intervals) * mean_s,
    }
}

/// A larger limit with the same growth under it: how much longer that takes.
fn only_delayed(before: &Era, after: &Era, growth: Option<Pair>) -> Option<f64> {
    /// Growth counts as the same above this share of what it was.
    const SAME: f64 = 0.7;

    let more = after
        .limit_bytes?
        .checked_sub(before.limit_bytes?)
        .filter(|more| *more > 0)?;
    let growth = growth?;
    (growth.before > 0.0 && growth.after >= SAME * growth.before)
        .then(|| more as f64 / growth.after)
}

/// Growth of the runs of both eras, where it could be told.
fn growth(before: &Era, after: &Era) -> Option<Pair> {
    let told = |era: &Era| {
        era.runs
            .iter()
            .filter_map(|run| run.growth)
            .collect::<Vec<f64>>()
    };
    let (first, second) = (told(before), told(after));
    Some(Pair {
        before: median(&first)?,
        after: median(&second)?,
        chance_lower: rank::compare(&first, &second)?.chance_lower,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: f64 = 3_600.0;

    fn era(hours: f64, deaths: u32) -> Era {
        Era {
            watched_s: hours * HOUR,
            deaths,
            ..Era::default()
        }
    }

    #[rstest]
    #[case::no_fault(era(100.0, 1), era(100.0, 0), Outcome::NothingBefore)]
    #[case::gone(era(100.0, 20), era(15.5, 0), Outcome::Fixed)]
    #[case::as_before(era(100.0, 20), era(100.0, 19), Outcome::Unchanged)]
    #[case::one_more_by_accident(era(10.0, 2), era(10.0, 3), Outcome::TooEarly { ready_in_s: 0.996 * 5.0 * HOUR })]
    #[case::soon(era(100.0, 20), era(1.0, 0), Outcome::TooEarly { ready_in_s: 2.796 * 5.0 * HOUR })]
    #[case::fewer(era(100.0, 40), era(100.0, 10), Outcome::Better { rate_ratio: 0.25 })]
    #[case::more(era(100.0, 10), era(100.0, 40), Outcome::MadeWorse { rate_ratio: Some(4.0) })]
    #[case::none_before(era(100.0, 0), era(1.0, 5), Outcome::MadeWorse { rate_ratio: None })]
    #[case::one_is_no_rate(era(100.0, 0), era(1.0, 1), Outcome::NothingBefore)]
    fn outcomes(#[case] before: Era, #[case] after: Era, #[case] expected: Outcome) {
        let outcome = Proof::of(&before, &after).outcome;
        match (outcome, expected) {
            (Outcome::TooEarly { ready_in_s: a }, Outcome::TooEarly { ready_in_s: b }) => {
                assert!((a - b).abs() < 1.0, "{a} for {b}");
            }
            _ => assert_eq!(outcome, expected),
        }
    }

    fn growing(limit_mib: u64, by: f64) -> Era {
        let run = Run {
            growth: Some(by),
            ..Run::default()
        };
        Era {
            limit_bytes: Some(limit_mib << 20),
            runs: vec![run; 4],
            ..era(100.0, 20)
        }
    }

    #[test]
    fn a_larger_limit_only_delays() {
        let mib = f64::from(1 << 20);
        let after = Era {
            deaths: 0,
            watched_s: 20.0 * HOUR,
            ..growing(768, mib / 60.0)
        };
        let proof = Proof::of(&growing(512, mib / 60.0), &after);
        assert_eq!(proof.outcome, Outcome::OnlyDelayed { by_s: 256.0 * 60.0 });
        let mended = Era {
            runs: vec![
                Run {
                    growth: Some(0.0),
                    ..Run::default()
                };
                4
            ],
            ..after
        };
        let proof = Proof::of(&growing(512, mib / 60.0), &mended);
        assert_eq!(proof.outcome, Outcome::Fixed);
        assert!(proof.growth.unwrap().chance_lower < 0.05);
    }

    #[test]
    fn what_is_left_of_the_fault_shrinks_with_time() {
        let proof = Proof::of(&era(100.0, 20), &era(15.5, 0));
        assert!((proof.intervals - 3.1).abs() < 1e-9);
        assert!((proof.residual - 0.045).abs() < 0.001);
    }
}
