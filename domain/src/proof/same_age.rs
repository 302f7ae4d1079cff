//! Runs of before and after at the same age: a young run is small whatever it will become.

use super::{Era, Run};
use crate::{
    leak::Reading,
    stats::{median, rank},
};

/// One figure before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The median of the runs before.
    pub before: f64,
    /// The median of the runs after.
    pub after: f64,
    /// How likely it would lie this far below by chance.
    pub chance_lower: f64,
}

/// Memory and tasks at one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SameAge {
    /// The age, in seconds.
    pub age_s: f64,
    /// Bytes of memory.
    pub memory: Option<Pair>,
    /// Tasks.
    pub tasks: Option<Pair>,
}

/// Ages at which people think of a run, in seconds.
const AGES_S: [f64; 12] = [
    60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0,
    345_600.0, 604_800.0,
];

impl SameAge {
    /// At the greatest age that a run after has reached and half of the runs before reached. `None` when there is none.
    pub(super) fn of(before: &Era, after: &Era) -> Option<Self> {
        let usual = median(&before.runs.iter().map(|run| run.age_s).collect::<Vec<_>>())?;
        let oldest = after.runs.iter().map(|run| run.age_s).fold(0.0, f64::max);
        let age_s = AGES_S
            .into_iter()
            .rev()
            .find(|age| *age <= usual && *age <= oldest)?;
        Some(Self {
            age_s,
            memory: pair(before, after, age_s, |run| &run.memory),
            tasks: pair(before, after, age_s, |run| &run.tasks),
        })
    }
}

fn pair(before: &Era, after: &Era, age_s: f64, series: fn(&Run) -> &Vec<Reading>) -> Option<Pair> {
    let at_age = |era: &Era| -> Vec<f64> {
        let old_enough = era.runs.iter().filter(|run| run.age_s >= age_s);
        old_enough
            .filter_map(|run| value_at(series(run), age_s))
            .collect()
    };
    let (first, second) = (at_age(before), at_age(after));
    Some(Pair {
        before: median(&first)?,
        after: median(&second)?,
        chance_lower: rank::compare(&first, &second)?.chance_lower,
    })
}

/// The reading nearest to an age, at most a tenth of it away.
fn value_at(readings: &[Reading], age_s: f64) -> Option<f64> {
    let away = |reading: &Reading| (reading.age_s - age_s).abs();
    readings
        .iter()
        .min_by(|a, b| away(a).total_cmp(&away(b)))
        .filter(|nearest| away(nearest) <= age_s / 10.0)
        .map(|nearest| nearest.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(age_s: f64, tasks_per_s: f64) -> Run {
        let tasks = (0..=(age_s / 60.0) as u32)
            .map(|minute| f64::from(minute) * 60.0)
            .map(|at| Reading::of(at, 9.0 + at * tasks_per_s))
            .collect();
        Run {
            age_s,
            tasks,
            ..Run::default()
        }
    }

    fn era(runs: Vec<Run>) -> Era {
        Era {
            runs,
            ..Era::default()
        }
    }

    #[test]
    fn runs_are_compared_at_an_age_that_both_reached() {
        let before = era(vec![
            run(18_000.0, 0.6),
            run(19_000.0, 0.61),
            run(20_000.0, 0.62),
        ]);
        let said = SameAge::of(&before, &era(vec![run(5_000.0, 0.0)])).unwrap();
        let tasks = said.tasks.unwrap();
        assert_eq!(
            (
                said.age_s as u32,
                tasks.before.round() as u32,
                tasks.after.round() as u32
            ),
            (3_600, 2_205, 9)
        );
        // One below three: a quarter of all orders.
        assert!((tasks.chance_lower - 0.25).abs() < 1e-9);
        assert_eq!(said.memory, None);
    }

    #[test]
    fn too_young_a_run_is_not_compared() {
        let before = era(vec![run(18_000.0, 0.6)]);
        assert_eq!(SameAge::of(&before, &era(vec![run(30.0, 0.0)])), None);
        assert_eq!(SameAge::of(&before, &era(Vec::new())), None);
    }
}
