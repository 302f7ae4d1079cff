//! Go's goroutine profile in its text form (`/debug/pprof/goroutine?debug=1`): goroutines grouped by equal stacks.

use std::fmt::Write;

use crate::random;

/// A stack and its share of the goroutines that a healthy program has.
struct Stack {
    share: f64,
    frames: &'static [(&'static str, u32, &'static str, u32)],
}

/// What leaks: one pool per client, each with a goroutine that waits for a ticker for ever.
const REAPER: &[(&str, u32, &str, u32)] = &[(
    "github.com/go-redis/redis/internal/pool.(*ConnPool).reaper",
    0x7b,
    "/go/pkg/mod/github.com/go-redis/redis@v6.15.2+incompatible/internal/pool/pool.go",
    492,
)];

/// What any Go server is busy with.
const USUAL: &[Stack] = &[
    Stack {
        share: 0.46,
        frames: &[
            (
                "internal/poll.runtime_pollWait",
                0x84,
                "/usr/local/go/src/runtime/netpoll.go",
                351,
            ),
            (
                "internal/poll.(*pollDesc).wait",
                0x26,
                "/usr/local/go/src/internal/poll/fd_poll_runtime.go",
                84,
            ),
            (
                "internal/poll.(*FD).Read",
                0x27f,
                "/usr/local/go/src/internal/poll/fd_unix.go",
                165,
            ),
            (
                "net.(*netFD).Read",
                0x24,
                "/usr/local/go/src/net/fd_posix.go",
                55,
            ),
            (
                "net/http.(*connReader).backgroundRead",
                0x36,
                "/usr/local/go/src/net/http/server.go",
                690,
            ),
        ],
    },
    Stack {
        share: 0.31,
        frames: &[
            (
                "internal/sync.runtime_SemacquireMutex",
                0x24,
                "/usr/local/go/src/runtime/sema.go",
                95,
            ),
            (
                "database/sql.(*DB).connectionOpener",
                0x86,
                "/usr/local/go/src/database/sql/sql.go",
                1253,
            ),
        ],
    },
    Stack {
        share: 0.23,
        frames: &[
            (
                "time.Sleep",
                0x145,
                "/usr/local/go/src/runtime/time.go",
                338,
            ),
            ("main.refresh", 0x1c, "/src/main.go", 71),
        ],
    },
];

/// The profile of a program with `total` goroutines, of which `usual` are those it always has.
pub(crate) fn goroutines(total: u64, usual: u64) -> String {
    let mut text = format!("goroutine profile: total {total}\n");
    let leaked = total.saturating_sub(usual.max(2));
    let healthy = total - leaked;
    let mut groups: Vec<(u64, &[_])> = vec![(leaked, REAPER)];
    let mut left = healthy.saturating_sub(1);
    for stack in USUAL {
        let count = ((healthy as f64 * stack.share) as u64).min(left);
        left -= count;
        groups.push((count, stack.frames));
    }
    groups.push((
        left + 1,
        &[
            ("main.main", 0x1d3, "/src/main.go", 44),
            (
                "runtime.main",
                0x29d,
                "/usr/local/go/src/runtime/proc.go",
                283,
            ),
        ],
    ));
    groups.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    for (count, frames) in groups.into_iter().filter(|(count, _)| *count > 0) {
        group(&mut text, count, frames);
    }
    text
}

fn group(text: &mut String, count: u64, frames: &[(&str, u32, &str, u32)]) {
    let address = |name: &str| 0x40_0000 + (random::named(0, name) & 0x3f_ffff);
    let _ = write!(text, "{count} @");
    for (name, ..) in frames {
        let _ = write!(text, " {:#x}", address(name));
    }
    text.push('\n');
    for (name, offset, file, line) in frames {
        let _ = writeln!(
            text,
            "#\t{:#x}\t{name}+{offset:#x}\t{file}:{line}",
            address(name)
        );
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_add_up_to_the_total_and_the_leak_leads() {
        for (total, usual) in [(1, 12), (12, 12), (41_203, 12), (311, 300)] {
            let text = goroutines(total, usual);
            let counts = text
                .lines()
                .filter_map(|line| line.split_once(" @ ")?.0.parse::<u64>().ok());
            assert_eq!(counts.sum::<u64>(), total, "{text}");
        }
        let leaking = goroutines(41_203, 12);
        assert!(leaking.starts_with("goroutine profile: total 41203\n41191 @ 0x"));
        assert!(leaking.contains("redis/internal/pool.(*ConnPool).reaper+0x7b"));
    }
}
