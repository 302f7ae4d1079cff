//! How much memory a task costs, and how much of the growth of memory the growth of tasks explains.

use super::{Course, Scale};
use crate::{detect::words, metric::TaskKind, stats::trend::Trend};

/// Memory by task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Bytes of memory for each further task.
    pub bytes_per_task: f64,
    /// Share of the growth of memory that the growth of tasks explains, at most 1.
    pub explained: f64,
}

impl Cost {
    /// `each goroutine costs 6.3 KiB; they explain 86 % of the growth of memory`.
    pub fn text(&self, kind: TaskKind) -> String {
        let plural = kind.label();
        format!(
            "each {} costs {}; they explain {} of the growth of memory",
            plural.strip_suffix('s').unwrap_or(plural),
            words::bytes(self.bytes_per_task as u64),
            words::percent(self.explained),
        )
    }
}

/// Memory has to follow the tasks this closely (Kendall's tau) before anything is said.
const TAU: f64 = 0.7;
/// Fewer moments than this tell nothing.
const MOMENTS: usize = 12;

/// What a task costs in a run, or `None` where there are hardly more tasks than before or memory does not follow them.
pub fn of(memory: &Course, tasks: &Course) -> Option<Cost> {
    let pairs = pairs(memory, tasks);
    if pairs.len() < MOMENTS {
        return None;
    }
    let trend = Trend::of(&pairs)?;
    let (first, last) = (pairs.first()?, pairs.last()?);
    let (more_tasks, grown) = (last.0 - first.0, last.1 - first.1);
    if trend.tau < TAU || trend.slope <= 0.0 || grown <= 0.0 || more_tasks < Scale::of_tasks().least
    {
        return None;
    }
    Some(Cost {
        bytes_per_task: trend.slope,
        explained: (trend.slope * more_tasks / grown).clamp(0.0, 1.0),
    })
}

/// Floors of both at the same moments: (tasks, memory).
fn pairs(memory: &Course, tasks: &Course) -> Vec<(f64, f64)> {
    let tasks = tasks.floor();
    memory
        .floor()
        .into_iter()
        .filter_map(|(age_s, bytes)| {
            let next = tasks.partition_point(|(at, _)| *at < age_s);
            let before = tasks.get(next.checked_sub(1).unwrap_or(next))?;
            let after = tasks.get(next).unwrap_or(before);
            let span = after.0 - before.0;
            let share = if span > 0.0 {
                ((age_s - before.0) / span).clamp(0.0, 1.0)
            } else {
                0.0
            };
            Some((before.1 + (after.1 - before.1) * share, bytes))
        })
        .collect()
}
