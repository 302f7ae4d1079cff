//! Runs with what was seen of them: what leaks, forecasts and proofs are told from.

use crate::{
    Timestamp,
    correlation::End,
    detect::memory::seconds,
    ids::{EngineId, RestartId, RunId},
    leak::{
        Course, Growth, Reading, Scale,
        backtest::PastRun,
        cost::{self, Cost},
    },
    metric::{Metric, TaskKind},
    proof,
    right_size::Need,
    stats::quantile,
    verdict::{Cause, CauseGroup, Confidence},
    view::{SeriesSet, SeriesView},
};

/// One process life of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Ours.
    pub id: RunId,
    /// Whose.
    pub container: EngineId,
    /// The image.
    pub image: String,
    /// The image's digest; empty when the engine did not tell.
    pub image_id: String,
    /// The limit that was in force, in bytes.
    pub limit_bytes: Option<u64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When and why it ended; `None` while it runs.
    pub end: Option<RunEnd>,
    /// Its memory and tasks by age.
    pub seen: Seen,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunEnd {
    /// When.
    pub at: Timestamp,
    /// What the ledger says; `None` when it has no entry (yet).
    pub entry: Option<Entry>,
    /// When the last reading was taken.
    pub sample_at: Option<Timestamp>,
    /// Memory in it, in bytes.
    pub memory_bytes: Option<u64>,
    /// Tasks in it.
    pub tasks: Option<u64>,
}

/// The ledger's entry for an end, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub id: RestartId,
    /// Why it ended.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// Whether it is in the restart counts.
    pub counts: bool,
    /// Whether the kernel reported that memory was at its limit.
    pub was_reported: bool,
    /// When the next run began; `None` while it stays down.
    pub next_at: Option<Timestamp>,
}

/// What was read of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Bytes of memory that count towards the limit.
    pub memory: Vec<Reading>,
    /// Bytes that the kernel cannot take back, where the engine tells.
    pub anon: Vec<Reading>,
    /// Tasks.
    pub tasks: Vec<Reading>,
    /// What is counted as tasks.
    pub task_kind: Option<TaskKind>,
}

impl Run {
    /// How old it is, or was when it ended, in seconds.
    pub fn age_s(&self, now: Timestamp) -> f64 {
        let end = self.end.map_or(now, |end| end.at);
        seconds(end - self.started_at).max(0.0)
    }

    /// Whether its end is a restart: what people did on purpose is not.
    pub fn died(&self) -> bool {
        self.entry().is_some_and(|entry| entry.counts)
    }

    /// The ledger's entry for its end.
    pub fn entry(&self) -> Option<Entry> {
        self.end.and_then(|end| end.entry)
    }

    /// Whether it is of the same version as another: image and limit.
    pub fn is_like(&self, other: &Self) -> bool {
        let same_image = if self.image_id.is_empty() || other.image_id.is_empty() {
            self.image == other.image
        } else {
            self.image_id == other.image_id
        };
        same_image && self.limit_bytes == other.limit_bytes
    }

    /// How its memory grows.
    pub fn memory_growth(&self, now: Timestamp) -> Growth {
        let course = |readings: &[Reading]| Course::of(readings, self.age_s(now));
        let anon = (!self.seen.anon.is_empty()).then(|| course(&self.seen.anon));
        let limit = self.limit_bytes.map(|bytes| bytes as f64);
        Growth::of_memory(&course(&self.seen.memory), anon.as_ref(), limit)
    }

    /// How its tasks grow.
    pub fn tasks_growth(&self, now: Timestamp) -> Growth {
        Growth::of(
            &Course::of(&self.seen.tasks, self.age_s(now)),
            Scale::of_tasks(),
        )
    }

    /// What a task costs in it.
    pub fn cost(&self, now: Timestamp) -> Option<Cost> {
        let course = |readings: &[Reading]| Course::of(readings, self.age_s(now));
        cost::of(&course(&self.seen.memory), &course(&self.seen.tasks))
    }

    /// What forecasts are tried on: a run that ended at its memory limit.
    pub fn past(&self) -> Option<PastRun> {
        let end = self.end?;
        let by_memory = end.entry?.cause == Cause::OutOfMemory;
        (by_memory && !self.seen.memory.is_empty()).then(|| PastRun {
            readings: self.seen.memory.clone(),
            lifetime_s: seconds(end.at - self.started_at),
        })
    }

    /// The memory it needs; `None` when too little was seen of it.
    pub fn need(&self, now: Timestamp) -> Option<Need> {
        /// Fewer readings do not tell a percentile.
        const READINGS: usize = 12;

        let highest: Vec<f64> = self.seen.memory.iter().map(|reading| reading.max).collect();
        let told = highest.len() >= READINGS;
        told.then_some(Need {
            p99_bytes: quantile(&highest, 0.99)?,
            max_bytes: highest.iter().copied().fold(0.0, f64::max),
            growth: self
                .memory_growth(now)
                .growing()
                .map(|growing| growing.line.slope),
        })
    }

    /// What a proof compares.
    pub fn compared(&self, now: Timestamp) -> proof::Run {
        proof::Run {
            age_s: self.age_s(now),
            memory: self.seen.memory.clone(),
            tasks: self.seen.tasks.clone(),
            growth: match self.memory_growth(now) {
                Growth::Growing(growing) => Some(growing.line.slope),
                Growth::Flat(_) => Some(0.0),
                Growth::Unknown(_) => None,
            },
        }
    }

    /// The moment before its end.
    pub fn last_moment(&self) -> Option<End> {
        let end = self.end?;
        let limit = self.limit_bytes.filter(|limit| *limit > 0);
        Some(End {
            at: end.at,
            counts: end.entry?.counts,
            was_reported: end.entry?.was_reported,
            sample_at: end.sample_at,
            memory_ratio: end
                .memory_bytes
                .zip(limit)
                .map(|(memory, limit)| memory as f64 / limit as f64),
            tasks: end.tasks,
        })
    }

    /// Whether it ended for memory.
    pub fn died_of_memory(&self) -> bool {
        self.entry()
            .is_some_and(|entry| entry.counts && entry.cause.group() == CauseGroup::Memory)
    }
}

/// The metrics that [`cut`] takes.
pub const METRICS: [Metric; 3] = [
    Metric::MemoryWorkingSetBytes,
    Metric::MemoryAnonBytes,
    Metric::Tasks,
];

/// Gives every run its part of a workload's series. Steps in which a run began or ended hold two runs and belong to neither; the last
/// reading before an end is kept with the ledger and closes its run.
pub fn cut(runs: &mut [Run], set: &SeriesSet, now: Timestamp) {
    for run in runs {
        let part = |metric| {
            set.get(metric)
                .map_or_else(Vec::new, |view| of_run(view, run, now))
        };
        let mut seen = Seen {
            memory: part(Metric::MemoryWorkingSetBytes),
            anon: part(Metric::MemoryAnonBytes),
            tasks: part(Metric::Tasks),
            task_kind: set.get(Metric::Tasks).and_then(|view| view.kind),
        };
        if let Some(end) = run.end
            && let Some(at) = end.sample_at
        {
            let age_s = seconds(at - run.started_at);
            let close = |readings: &mut Vec<Reading>, value: Option<u64>| {
                let later = readings.last().is_none_or(|last| last.age_s < age_s);
                if let Some(value) = value.filter(|_| later && age_s >= 0.0) {
                    readings.push(Reading::of(age_s, value as f64));
                }
            };
            close(&mut seen.memory, end.memory_bytes);
            if !seen.tasks.is_empty() {
                close(&mut seen.tasks, end.tasks);
            }
        }
        run.seen = seen;
    }
}

fn of_run(view: &SeriesView, run: &Run, now: Timestamp) -> Vec<Reading> {
    let step = chrono::TimeDelta::milliseconds(view.step_ms);
    let end = run.end.map_or(now, |end| end.at);
    let from_start = (run.started_at - view.from).num_milliseconds().max(0);
    let first = (from_start + view.step_ms - 1) / view.step_ms.max(1);
    let columns = view.min.iter().zip(&view.max).enumerate();
    columns
        .skip(first as usize)
        .map(|(index, (min, max))| {
            let begin = view.from + chrono::TimeDelta::milliseconds(view.step_ms * index as i64);
            (begin, min, max)
        })
        .take_while(|(begin, ..)| *begin < end)
        // The step that lasts while the run does is its own.
        .filter(|(begin, ..)| run.end.is_none() || *begin + step <= end)
        .filter_map(|(begin, min, max)| {
            Some(Reading {
                age_s: seconds(begin + (step.min(end - begin)) / 2 - run.started_at),
                min: (*min)?,
                max: (*max)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::metric::Unit;

    fn moment(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn run(from: i64, to: Option<i64>) -> Run {
        Run {
            id: RunId(from),
            container: EngineId::from("c"),
            image: "web:1".to_owned(),
            image_id: String::new(),
            limit_bytes: Some(100),
            started_at: moment(from),
            end: to.map(|to| RunEnd {
                at: moment(to),
                entry: None,
                sample_at: Some(moment(to - 1)),
                memory_bytes: Some(99),
                tasks: None,
            }),
            seen: Seen::default(),
        }
    }

    /// Steps of ten seconds from 0 on whose value is their number.
    fn series(steps: usize) -> SeriesSet {
        let values: Vec<Option<f64>> = (0..steps).map(|step| Some(step as f64)).collect();
        SeriesSet {
            series: vec![SeriesView {
                metric: Metric::MemoryWorkingSetBytes,
                unit: Unit::Bytes,
                kind: None,
                from: moment(0),
                step_ms: 10_000,
                min: values.clone(),
                max: values.clone(),
                last: values,
            }],
        }
    }

    #[test]
    fn a_step_with_two_runs_in_it_belongs_to_neither() {
        let mut runs = [run(5, Some(48)), run(51, None)];
        cut(&mut runs, &series(8), moment(75));
        let values = |run: &Run| -> Vec<u32> {
            run.seen
                .memory
                .iter()
                .map(|reading| reading.max as u32)
                .collect()
        };
        assert_eq!(
            values(&runs[0]),
            [1, 2, 3, 99],
            "the last reading closes it"
        );
        assert_eq!(values(&runs[1]), [6, 7], "the step that lasts is its own");
        assert!((runs[0].seen.memory[0].age_s - 10.0).abs() < 1e-9);
        assert!((runs[1].seen.memory[1].age_s - 21.5).abs() < 1e-9);
    }

    #[test]
    fn versions_are_told_by_digest_and_limit() {
        let one = run(0, None);
        let with = |image: &str, image_id: &str, limit_bytes| Run {
            image: image.to_owned(),
            image_id: image_id.to_owned(),
            limit_bytes,
            ..run(0, None)
        };
        assert!(one.is_like(&with("web:1", "sha256:1", Some(100))));
        assert!(!one.is_like(&with("web:1", "", Some(200))));
        assert!(!one.is_like(&with("web:2", "", Some(100))));
        let digest = with("web:1", "sha256:1", Some(100));
        assert!(!digest.is_like(&with("web:1", "sha256:2", Some(100))));
    }
}
