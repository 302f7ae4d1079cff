//! Numbers: from the answer of `stats`.

use chrono::Datelike;
use domain::{
    Timestamp,
    metric::TaskKind,
    sample::{Sample, TaskCount},
};

use super::super::wire::{MemoryDetails, Stats};

/// A reading. `None` when the engine has no numbers: a container that does not run is answered with empty fields, which are not zeros.
///
/// `limit_bytes` is the configured one: where none is set, engines report the host's memory as the limit. `asked` stands in
/// where the engine does not say when it read.
pub(in super::super) fn sample(
    stats: &Stats,
    limit_bytes: Option<u64>,
    asked: Timestamp,
) -> Option<Sample> {
    let memory = stats.memory_stats.as_ref();
    // Some engines answer for a dead container with zeros in place of nothing; a living process has at least a page.
    let usage = memory
        .and_then(|memory| memory.usage)
        .filter(|usage| *usage > 0);
    let kernel_tasks = stats
        .pids_stats
        .as_ref()
        .and_then(|pids| pids.current)
        .filter(|tasks| *tasks > 0);
    if usage.is_none() && kernel_tasks.is_none() {
        return None;
    }
    let none = MemoryDetails::default();
    let details = memory
        .and_then(|memory| memory.stats.as_ref())
        .unwrap_or(&none);
    // cgroup v1 has both names; there only the total counts the cgroups below.
    let reclaimable = details.total_inactive_file.or(details.inactive_file);
    Some(Sample {
        at: stats.read.filter(|read| read.year() > 1).unwrap_or(asked),
        // Podman gives usage alone; then it is the best we know.
        working_set_bytes: usage.map(|usage| usage.saturating_sub(reclaimable.unwrap_or(0))),
        usage_bytes: usage,
        anon_bytes: details.anon.or(details.total_rss).or(details.rss),
        limit_bytes,
        tasks: kernel_tasks.map(|count| TaskCount {
            kind: TaskKind::KernelTasks,
            count,
        }),
        kernel_tasks,
        peak_bytes: memory
            .and_then(|memory| memory.max_usage)
            .filter(|peak| *peak > 0),
        limit_hits: memory.and_then(|memory| memory.failcnt),
    })
}
