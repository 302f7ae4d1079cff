//! Processor time, from `/proc`.

use std::{fs, time::Duration};

/// What `/proc` counts in: `USER_HZ`, which is 100 on every architecture that Linux has today.
const TICKS_PER_SECOND: u64 = 100;

/// Time used so far by this process, the kernel's part included.
pub(crate) fn own() -> Duration {
    stat("self").map_or(Duration::ZERO, |stat| ticks(stat.own))
}

/// Time used so far by a process, its children that ended, and those that run.
pub(crate) fn of_family(parent: u32) -> Duration {
    let Some(root) = stat(&parent.to_string()) else {
        return Duration::ZERO;
    };
    let running: u64 = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| stat(entry.file_name().to_str()?))
        .filter(|stat| stat.parent == parent)
        .map(|stat| stat.own)
        .sum();
    ticks(root.own + root.ended_children + running)
}

struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

fn stat(process: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in brackets and may have spaces and brackets itself. `ppid` is the second field after it, `utime` the twelfth.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
    })
}

const fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1_000 / TICKS_PER_SECOND)
}
