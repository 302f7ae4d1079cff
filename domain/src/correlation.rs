//! Do restarts follow memory at its limit, or does it only look so?

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    detect::words,
    metric::TaskKind,
    restart::Restart,
    stats::binomial,
    verdict::{EvidenceKind, Stance},
};

/// From this share on memory counts as at its limit. Polls of every 10 s saw 85.6 to 100 % before a slow leak was killed, armed ones 95 %.
pub const AT_LIMIT: f64 = 0.95;
/// From this share of the highest count on tasks count as at their maximum: they have no limit, and the highest is that of one run.
pub const AT_MAXIMUM: f64 = 0.90;
/// A restart follows memory at its limit when that was so at most this long before, in seconds.
pub const WITHIN_S: i64 = 15;
/// Below this chance it is no accident.
const SIGNIFICANT: f64 = 0.05;

/// How many restarts followed memory at its limit, against how many would by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correlation {
    /// Restarts that did: it was at its limit within 15 s, or the kernel reported that it had been.
    pub followed: u32,
    /// Restarts of which that could be told.
    pub of: u32,
    /// The share of all moments at which a restart would have followed by chance.
    pub chance: f64,
    /// How likely that many would follow if restarts came at any moment.
    pub p_value: f64,
}

/// What is known of the moment before an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// When the run ended.
    pub at: Timestamp,
    /// Whether it is a restart: what people did on purpose is not.
    pub counts: bool,
    /// Whether the kernel reported that memory was at its limit.
    pub was_reported: bool,
    /// When the last reading was taken.
    pub sample_at: Option<Timestamp>,
    /// Share of the limit in it.
    pub memory_ratio: Option<f64>,
    /// Tasks in it.
    pub tasks: Option<u64>,
}

impl From<&Restart> for End {
    fn from(restart: &Restart) -> Self {
        let sample = restart.last_sample;
        let reported = |evidence: &crate::verdict::Evidence| {
            evidence.kind == EvidenceKind::OomEvent && evidence.stance == Stance::For
        };
        Self {
            at: restart.ended_at,
            counts: restart.counts(),
            was_reported: restart.verdict.evidence.iter().any(reported),
            sample_at: sample.map(|sample| sample.at),
            memory_ratio: sample.and_then(|sample| sample.memory_ratio()),
            tasks: sample
                .and_then(|sample| sample.tasks)
                .map(|tasks| tasks.count),
        }
    }
}

impl End {
    /// Whether the last reading was taken so shortly before that it tells.
    fn is_fresh(&self) -> bool {
        self.sample_at
            .is_some_and(|at| self.at - at <= chrono::TimeDelta::seconds(WITHIN_S))
    }
}

/// How long a series was seen, and for how long of that a restart would have followed it at its limit. In seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeAtLimit {
    /// Time with readings.
    pub seen_s: f64,
    /// Of this, time at the limit and the 15 s after.
    pub reached_s: f64,
}

impl TimeAtLimit {
    /// Adds up the lowest and highest value of every step of a series, in order of time; where nothing was read there is `None`. Of a step
    /// in which `limit` is passed, the share above it counts, as if the values were spread evenly: steps may be longer than 15 s.
    pub fn of(
        steps: impl IntoIterator<Item = Option<(f64, f64)>>,
        step_s: f64,
        limit: f64,
    ) -> Self {
        let mut time = Self::default();
        let mut after_s = 0.0_f64;
        for (low, high) in steps
            .into_iter()
            .map(|step| step.unwrap_or((f64::NAN, 0.0)))
        {
            let mut reached_s = after_s.min(step_s);
            after_s -= reached_s;
            if low.is_nan() {
                continue;
            }
            time.seen_s += step_s;
            if high >= limit {
                let above = if low >= limit {
                    1.0
                } else {
                    (high - limit) / (high - low)
                };
                reached_s = (reached_s + above * step_s).min(step_s);
                after_s = WITHIN_S as f64;
            }
            time.reached_s += reached_s;
        }
        time
    }
}

impl Correlation {
    /// Of the ends of a workload with its memory. `None` when none of them can be told, or nothing was seen of the time around them.
    pub fn with_memory(ends: &[End], time: TimeAtLimit) -> Option<Self> {
        Self::of(ends, time, |end| {
            if end.was_reported {
                return Some(true);
            }
            let ratio = end.memory_ratio?;
            end.is_fresh().then_some(ratio >= AT_LIMIT)
        })
    }

    /// The same with its task count, of which `highest` is the highest that was seen.
    pub fn with_tasks(ends: &[End], time: TimeAtLimit, highest: f64) -> Option<Self> {
        Self::of(ends, time, |end| {
            let tasks = end.tasks? as f64;
            end.is_fresh().then_some(tasks >= AT_MAXIMUM * highest)
        })
    }

    fn of(
        ends: &[End],
        time: TimeAtLimit,
        followed: impl Fn(&End) -> Option<bool>,
    ) -> Option<Self> {
        let told: Vec<bool> = ends
            .iter()
            .filter(|end| end.counts)
            .filter_map(followed)
            .collect();
        if told.is_empty() || time.seen_s <= 0.0 {
            return None;
        }
        let (followed, of) = (
            told.iter().filter(|told| **told).count() as u32,
            told.len() as u32,
        );
        // Peaks between two readings are not seen. Each restart that followed one was preceded by at least that moment.
        let unseen_s = f64::from(followed) * WITHIN_S as f64;
        let chance = (time.reached_s.max(unseen_s) / time.seen_s).min(1.0);
        Some(Self {
            followed,
            of,
            chance,
            p_value: binomial::at_least(followed, of, chance),
        })
    }

    /// Whether so many would hardly have followed by chance.
    pub fn is_significant(&self) -> bool {
        self.followed >= 2 && self.p_value <= SIGNIFICANT
    }

    /// `19 of 19 restarts came within 15 s of memory reaching its limit`.
    pub fn text_of_memory(&self) -> String {
        self.text("memory reaching its limit")
    }

    /// `18 of 19 restarts came within 15 s of goroutines near their highest count, 41,203`.
    pub fn text_of_tasks(&self, kind: TaskKind, highest: f64) -> String {
        self.text(&format!(
            "{} near their highest count, {}",
            kind.label(),
            words::count(highest)
        ))
    }

    fn text(&self, of_what: &str) -> String {
        let restarts = if self.of == 1 { "restart" } else { "restarts" };
        format!(
            "{} of {} {restarts} came within {WITHIN_S}\u{a0}s of {of_what}",
            words::count(f64::from(self.followed)),
            words::count(f64::from(self.of)),
        )
    }

    /// `by chance 0.4 %`: the share of them that would have.
    pub fn chance_text(&self) -> String {
        format!("by chance {}", words::chance(self.chance))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{
        restart::ended,
        sample::Sample,
        verdict::{Cause, Evidence},
    };

    fn moment(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// An end with the share of the limit in the last reading and how long before that was.
    fn end(percent: u64, before_s: i64, cause: Cause, evidence: &[Evidence]) -> End {
        let ended_at = moment(1_000);
        let mut entry = ended(moment(0), ended_at, cause);
        entry.verdict.evidence = evidence.to_vec();
        entry.last_sample = Some(Sample {
            working_set_bytes: Some(percent),
            limit_bytes: Some(100),
            ..Sample::empty(ended_at - TimeDelta::seconds(before_s))
        });
        End::from(&entry)
    }

    const DAY: TimeAtLimit = TimeAtLimit {
        seen_s: 86_400.0,
        reached_s: 345.6,
    };

    #[test]
    fn restarts_at_the_limit_are_no_chance() {
        let ends = vec![end(99, 8, Cause::OutOfMemory, &[]); 19];
        let said = Correlation::with_memory(&ends, DAY).unwrap();
        assert_eq!((said.followed, said.of), (19, 19));
        assert!((said.chance - 0.004).abs() < 1e-9);
        assert!(said.p_value < 1e-40 && said.is_significant());
        assert_eq!(
            format!("{}; {}", said.text_of_memory(), said.chance_text()).replace('\u{a0}', " "),
            "19 of 19 restarts came within 15 s of memory reaching its limit; by chance 0.4 %"
        );
    }

    #[test]
    fn a_program_that_lives_at_its_limit_dies_there_by_chance() {
        let always = TimeAtLimit {
            seen_s: 86_400.0,
            reached_s: 82_000.0,
        };
        let ends = vec![end(98, 8, Cause::Crash, &[]); 5];
        let said = Correlation::with_memory(&ends, always).unwrap();
        assert!(said.p_value > 0.5 && !said.is_significant());
    }

    #[test]
    fn what_was_not_seen_is_not_counted() {
        let report = Evidence {
            stance: Stance::For,
            kind: EvidenceKind::OomEvent,
            text: String::new(),
            at: None,
        };
        let ends = [
            end(20, 5, Cause::Crash, &[]),
            end(20, 300, Cause::Crash, &[]),
            end(8, 5, Cause::OutOfMemory, &[report]),
            end(99, 5, Cause::Stopped, &[]),
        ];
        let said = Correlation::with_memory(&ends, DAY).unwrap();
        assert_eq!((said.followed, said.of), (1, 2));
        assert_eq!(Correlation::with_memory(&ends[1..2], DAY), None);
        assert_eq!(
            Correlation::with_memory(&ends, TimeAtLimit::default()),
            None
        );
    }

    #[test]
    fn restarts_follow_the_highest_task_count() {
        let with = |tasks| End {
            tasks: Some(tasks),
            ..end(50, 5, Cause::Crash, &[])
        };
        let ends = [with(41_203), with(40_100), with(37_090), with(120)];
        let said = Correlation::with_tasks(&ends, DAY, 41_203.0).unwrap();
        assert_eq!((said.followed, said.of), (3, 4));
        assert_eq!(
            said.text_of_tasks(TaskKind::Goroutines, 41_203.0)
                .replace('\u{a0}', " "),
            "3 of 4 restarts came within 15 s of goroutines near their highest count, 41,203"
        );
        assert_eq!(
            Correlation::with_tasks(&[end(50, 5, Cause::Crash, &[])], DAY, 9.0),
            None,
            "no count was seen"
        );
    }

    #[test]
    fn time_at_the_limit_reaches_a_little_further() {
        let readings = [Some(0.5), Some(0.99), Some(0.2), Some(0.3), None];
        let steps = readings.map(|value| value.map(|value| (value, value)));
        let time = TimeAtLimit::of(steps, 10.0, AT_LIMIT);
        assert!((time.seen_s - 40.0).abs() < 1e-9);
        // The ten seconds at the limit, and the fifteen after.
        assert!((time.reached_s - 25.0).abs() < 1e-9);
    }

    #[test]
    fn of_a_long_step_only_the_part_at_the_limit_counts() {
        let climb = TimeAtLimit::of([Some((0.90, 1.0)), Some((0.1, 0.2))], 300.0, AT_LIMIT);
        assert!((climb.reached_s - 165.0).abs() < 1e-6, "{climb:?}");
        let there = TimeAtLimit::of([Some((0.96, 1.0))], 300.0, AT_LIMIT);
        assert!((there.reached_s - 300.0).abs() < 1e-9);
    }
}
