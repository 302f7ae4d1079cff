//! The text format of Prometheus and OpenMetrics, as far as task counts need it.
//!
//! An own reader, since no kept permissive crate serves: openmetrics-parser is LGPL, prometheus-parse refuses documents that
//! real programs serve and copies every series. This one reads line by line, keeps nothing, and steps over what it cannot read.

mod line;

use std::collections::HashMap;

use domain::{metric::TaskKind, sample::TaskCount};

pub use self::line::{Line, parse_line};

/// The largest document that is read, in bytes.
pub(super) const LARGEST: usize = 8 << 20;

/// Why a document brought no count.
pub(super) const NO_TASKS: &str = "none of the known task counts is among its metrics: go_goroutines, tokio_live_tasks_count, jvm_threads_live_threads, process_num_threads, …";

/// Gauges of tasks, the most telling first. All are gauges of one process; where labels divide them, the sum is the process's.
const GAUGES: [(&str, TaskKind); 8] = [
    ("go_goroutines", TaskKind::Goroutines),
    ("go_sched_goroutines_goroutines", TaskKind::Goroutines),
    ("tokio_live_tasks_count", TaskKind::TokioTasks),
    // Micrometer's name, then the Java client's.
    ("jvm_threads_live_threads", TaskKind::JvmThreads),
    ("jvm_threads_current", TaskKind::JvmThreads),
    ("process_num_threads", TaskKind::Threads),
    ("process_threads", TaskKind::Threads),
    ("go_threads", TaskKind::Threads),
];

/// The best task count in a document.
pub(super) fn tasks(document: &str) -> Option<TaskCount> {
    let mut sums: HashMap<&str, f64> = HashMap::new();
    for line in document.lines() {
        // Most lines are other metrics; telling by the name alone is ten times faster than reading them.
        let Some((name, _kind)) = GAUGES
            .iter()
            .find(|(name, _kind)| line.trim_start().starts_with(name))
        else {
            continue;
        };
        if let Some(line) = parse_line(line)
            .filter(|line| line.name == *name && line.value.is_finite() && line.value >= 0.0)
        {
            *sums.entry(name).or_default() += line.value;
        }
    }
    GAUGES.iter().find_map(|(name, kind)| {
        let sum = sums.get(name)?;
        Some(TaskCount {
            kind: *kind,
            count: sum.round() as u64,
        })
    })
}

#[cfg(test)]
mod tests;
