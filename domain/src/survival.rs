//! How long runs live: "runs die at 5.2–6.1 h".

use serde::{Deserialize, Serialize};

use crate::{
    detect::{memory::seconds, words},
    restart::Restart,
    stats::quantile,
};

/// Fewer ends than this make no range.
const ENDS: usize = 5;
/// A range counts as narrow, and the ends as regular, when it is at most this share of its middle.
const REGULAR: f64 = 0.5;

/// The ages at which runs ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Survival {
    /// A tenth of them ended before this age, in seconds.
    pub early_s: f64,
    /// Half of them ended before this age.
    pub median_s: f64,
    /// A tenth of them ended after this age.
    pub late_s: f64,
    /// How many ends that is.
    pub ends: u32,
    /// Whether they die at about the same age: what fills up at a steady pace does, what strikes at random does not.
    pub regular: bool,
}

impl Survival {
    /// Of the runs that ended by themselves. `None` when there are fewer than five.
    pub fn of(restarts: &[Restart]) -> Option<Self> {
        let ages: Vec<f64> = restarts
            .iter()
            .filter(|restart| restart.counts())
            .map(|restart| seconds(restart.ended_at - restart.run_started_at))
            .collect();
        Self::of_ages(&ages)
    }

    /// The same of the ages themselves, in seconds.
    pub fn of_ages(ages: &[f64]) -> Option<Self> {
        if ages.len() < ENDS {
            return None;
        }
        let at = |q| quantile(ages, q);
        let (early_s, median_s, late_s) = (at(0.1)?, at(0.5)?, at(0.9)?);
        Some(Self {
            early_s,
            median_s,
            late_s,
            ends: ages.len() as u32,
            regular: late_s - early_s <= REGULAR * median_s,
        })
    }

    /// `runs die at 5.2–6.1 h`, or that they end at any age.
    pub fn text(&self) -> String {
        let ends = words::count(f64::from(self.ends));
        if self.regular {
            format!(
                "runs die at {} (of {ends} ends, eight in ten)",
                words::between(self.early_s, self.late_s)
            )
        } else {
            format!(
                "runs end at any age: half of {ends} before {}, eight in ten between {} and {}",
                words::seconds(self.median_s),
                words::seconds(self.early_s),
                words::seconds(self.late_s)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{restart::ended, verdict::Cause};

    fn runs(hours: &[f64], cause: Cause) -> Vec<Restart> {
        let began = DateTime::UNIX_EPOCH;
        hours
            .iter()
            .map(|age| {
                ended(
                    began,
                    began + TimeDelta::seconds((age * 3_600.0) as i64),
                    cause,
                )
            })
            .collect()
    }

    #[test]
    fn a_leak_ends_its_runs_at_about_the_same_age() {
        let ages = [5.2, 5.4, 5.5, 5.9, 6.1];
        let said = Survival::of(&runs(&ages, Cause::OutOfMemory)).unwrap();
        assert!(said.regular && said.ends == 5);
        assert!(said.early_s > 5.2 * 3_600.0 && said.late_s < 6.1 * 3_600.0);
        assert_eq!(
            said.text().replace('\u{a0}', " "),
            "runs die at 5.3–6.0 h (of 5 ends, eight in ten)"
        );
    }

    #[test]
    fn what_strikes_at_random_is_not_regular() {
        let ages = [0.2, 1.0, 3.0, 9.0, 30.0];
        assert!(!Survival::of(&runs(&ages, Cause::Crash)).unwrap().regular);
    }

    #[test]
    fn ends_on_purpose_say_nothing() {
        assert_eq!(Survival::of(&runs(&[5.0; 9], Cause::Stopped)), None);
        assert_eq!(Survival::of(&runs(&[5.0; 4], Cause::Crash)), None);
    }
}
