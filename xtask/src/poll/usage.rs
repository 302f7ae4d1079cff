//! What processes have used, from /proc.

use std::fs;

use anyhow::{Context, Result};

/// The unit of processor time in /proc: `USER_HZ`, 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// One process as `/proc/PID/stat` has it.
struct Stat {
    id: u32,
    parent: u32,
    name: String,
    /// Processor time of its own, in ticks.
    own: f64,
    /// Processor time of children that have ended, in ticks.
    of_the_dead: f64,
}

impl Stat {
    fn read(id: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name is in parentheses and may contain anything.
        let (head, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
        Some(Self {
            id,
            parent: fields.get(1)?.parse().ok()?,
            name: head.split_once('(')?.1.to_owned(),
            own: ticks(11)? + ticks(12)?,
            of_the_dead: ticks(13)? + ticks(14)?,
        })
    }

    fn all() -> Vec<Self> {
        fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(Self::read)
            .collect()
    }
}

/// Processor time of a process alone, in seconds.
pub(super) fn cpu_seconds(id: u32) -> Result<f64> {
    let stat = Stat::read(id).with_context(|| format!("process {id} is gone"))?;
    Ok(stat.own / TICKS_PER_SECOND)
}

/// Processor time of the Postgres that a server has started, in seconds: postmaster, backends, and backends that have ended.
pub(super) fn postgres_cpu_seconds(server: u32) -> Result<f64> {
    let all = Stat::all();
    let postmaster = all
        .iter()
        .find(|stat| stat.parent == server && stat.name.starts_with("postgres"))
        .context("the server has no Postgres")?;
    let backends = all.iter().filter(|stat| stat.parent == postmaster.id);
    let ticks =
        postmaster.own + postmaster.of_the_dead + backends.map(|stat| stat.own).sum::<f64>();
    Ok(ticks / TICKS_PER_SECOND)
}

/// Resident memory of a process, in MiB.
pub(super) fn rss_mib(id: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<f64>().ok())
        .context("no VmRSS")?;
    Ok(kib / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let id = std::process::id();
        let stat = Stat::read(id).expect("it runs");
        assert_ne!(stat.parent, 0);
        assert!(cpu_seconds(id).expect("it runs") >= 0.0);
        assert!(rss_mib(id).expect("it runs") > 0.5);
        assert!(postgres_cpu_seconds(id).is_err());
    }
}
