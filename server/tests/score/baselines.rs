//! What others would say of the same ends. Each is given more than it has: no end is lost to it.

use simulator::Death;

use crate::looks::{Change, Looks};

/// A way to name causes, and its name.
pub(crate) struct Baseline {
    pub(crate) name: &'static str,
    /// In words.
    pub(crate) about: &'static str,
    pub(crate) says: fn(&Death, &Looks) -> &'static str,
}

/// Said when it cannot tell: what it reads was overwritten, or went with its container.
pub(crate) const UNKNOWN: &str = "unknown";

/// All of them.
pub(crate) const BASELINES: [Baseline; 3] = [
    Baseline {
        name: "exit_137",
        about: "137 means OOM: reads the exit code of every end and nothing else",
        says: |death, _looks| by_exit_code(death.exit_code),
    },
    Baseline {
        name: "oom_killed_flag",
        about: "State.OOMKilled: inspects every ten seconds",
        says: |death, looks| looks.after(death).map_or(UNKNOWN, by_flag),
    },
    Baseline {
        name: "restart_counter",
        about: "exit code and restart counter: inspects every ten seconds",
        says: |death, looks| looks.after(death).map_or(UNKNOWN, by_counter),
    },
];

fn by_exit_code(code: i32) -> &'static str {
    match code {
        137 => "out_of_memory",
        0 => "completed",
        130 | 143 => "stopped",
        _ => "crash",
    }
}

fn by_flag(change: Change) -> &'static str {
    if change.after.oom_killed && (change.is_down() || !change.before.oom_killed) {
        "out_of_memory"
    } else if change.is_down() {
        match change.after.exit_code {
            137 => "killed",
            code => by_exit_code(code),
        }
    } else {
        UNKNOWN
    }
}

fn by_counter(change: Change) -> &'static str {
    let by_policy = change.after.restart_count > change.before.restart_count;
    match (by_policy, change.is_down()) {
        (true, true) => by_exit_code(change.after.exit_code),
        // The start has put the exit code back to zero.
        (true, false) => UNKNOWN,
        // The policy did not start it, so a person did.
        (false, _) => "stopped",
    }
}
