//! The outcome in a sentence.

use chrono::TimeDelta;

use super::{Outcome, Pair, Proof};
use crate::detect::words::{bytes, chance, count, duration, percent};

impl Proof {
    /// `fixed: 3.1 mean intervals without a restart, residual 4.5 %; goroutines at age 60 min: 9 instead of 2,140`. `tasks` says what is
    /// counted.
    pub fn text(&self, tasks: &str) -> String {
        let mut parts = vec![self.headline()];
        if let Some(same_age) = &self.same_age {
            let at = format!("at age {}", duration(seconds(same_age.age_s)));
            parts.extend(
                same_age
                    .memory
                    .map(|pair| instead("memory", &at, pair, |value| bytes(value as u64))),
            );
            parts.extend(same_age.tasks.map(|pair| instead(tasks, &at, pair, count)));
        }
        parts.join("; ")
    }

    fn headline(&self) -> String {
        match self.outcome {
            Outcome::NothingBefore => {
                "nothing to compare with: fewer than two restarts before".to_owned()
            }
            Outcome::Fixed => format!(
                "fixed: {} mean intervals without a restart, residual {}",
                intervals(self.intervals),
                chance(self.residual)
            ),
            Outcome::Better { rate_ratio } => {
                format!("better: {} of the restarts of before", percent(rate_ratio))
            }
            Outcome::Unchanged => "unchanged: restarts as often as before".to_owned(),
            Outcome::MadeWorse {
                rate_ratio: Some(rate_ratio),
            } => format!("made worse: {rate_ratio:.1} times the restarts of before"),
            Outcome::MadeWorse { rate_ratio: None } => {
                "made worse: it restarts, which it did not before".to_owned()
            }
            Outcome::OnlyDelayed { by_s } => {
                format!("a larger limit only delays by {}", duration(seconds(by_s)))
            }
            Outcome::TooEarly { ready_in_s } => {
                format!("too early to say: in {}", duration(seconds(ready_in_s)))
            }
        }
    }
}

fn instead(what: &str, at: &str, pair: Pair, say: impl Fn(f64) -> String) -> String {
    format!(
        "{what} {at}: {} instead of {}",
        say(pair.after),
        say(pair.before)
    )
}

fn seconds(count: f64) -> TimeDelta {
    TimeDelta::milliseconds((count * 1e3) as i64)
}

/// `3.1`, `58,552`: a tenth is worth telling of few.
fn intervals(passed: f64) -> String {
    if passed < 20.0 {
        format!("{passed:.1}")
    } else {
        count(passed)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::proof::SameAge;

    fn said(outcome: Outcome, same_age: Option<SameAge>) -> String {
        let proof = Proof {
            outcome,
            intervals: 3.1,
            residual: 0.045,
            growth: None,
            same_age,
        };
        proof.text("goroutines").replace('\u{a0}', " ")
    }

    #[rstest]
    #[case(Outcome::Better { rate_ratio: 0.25 }, "better: 25 % of the restarts of before")]
    #[case(Outcome::MadeWorse { rate_ratio: Some(4.0) }, "made worse: 4.0 times the restarts of before")]
    #[case(Outcome::MadeWorse { rate_ratio: None }, "made worse: it restarts, which it did not before")]
    #[case(Outcome::OnlyDelayed { by_s: 10_800.0 }, "a larger limit only delays by 3.0 h")]
    #[case(Outcome::TooEarly { ready_in_s: 7_800.0 }, "too early to say: in 2.2 h")]
    fn sentences(#[case] outcome: Outcome, #[case] expected: &str) {
        assert_eq!(said(outcome, None), expected);
    }

    #[test]
    fn many_intervals_are_not_told_to_a_tenth() {
        let proof = Proof {
            outcome: Outcome::Fixed,
            intervals: 58_552.1,
            residual: 0.0,
            growth: None,
            same_age: None,
        };
        assert_eq!(
            proof.text("tasks").replace('\u{a0}', " "),
            "fixed: 58,552 mean intervals without a restart, residual below 0.1 %"
        );
    }

    #[test]
    fn figures_at_the_same_age_follow() {
        let pair = |before, after| Pair {
            before,
            after,
            chance_lower: 0.01,
        };
        let same_age = SameAge {
            age_s: 3_600.0,
            memory: Some(pair(402_653_184.0, 67_108_864.0)),
            tasks: Some(pair(2_140.0, 9.0)),
        };
        assert_eq!(
            said(Outcome::Fixed, Some(same_age)),
            "fixed: 3.1 mean intervals without a restart, residual 4.5 %; memory at age 60 min: 64 MiB instead of 384 MiB; \
             goroutines at age 60 min: 9 instead of 2,140"
        );
    }
}
