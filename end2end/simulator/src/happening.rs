//! What can happen to a container, as the world sees it: the cause, before any engine has named it.

use serde::{Deserialize, Serialize};

use crate::quantity::Nanos;

/// Something that happens to a container. Durations are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// The kernel kills the process at the container's own limit.
    OutOfMemory {
        /// The engine hears of it 0.7 s after the death (2 of 59 deaths on a real engine).
        #[serde(default)]
        late: bool,
        /// The engine reports the one kill this many times too often (moby #27247).
        #[serde(default)]
        duplicates: u8,
    },
    /// The kernel kills another process of the container; the first one lives on.
    ChildOutOfMemory,
    /// The kernel kills another process of the container, and the first one gives up upon it.
    ChildOutOfMemoryEnds {
        /// Its exit code.
        code: i32,
    },
    /// The kernel kills the process because the host has no memory left.
    HostOutOfMemory,
    /// The program ends by itself.
    Exit {
        /// Its exit code.
        code: i32,
        /// What it says at its end.
        log: Farewell,
        /// Whether somebody starts it again, and when; a restart policy is asked first.
        #[serde(default)]
        again_after_ms: Option<u64>,
    },
    /// SIGKILL by someone who does not tell the engine.
    Sigkill,
    /// An operator stops the container and starts it again later.
    Stop {
        /// How long it stays down.
        down_ms: u64,
    },
    /// An operator restarts the container.
    Restart,
    /// An operator kills the container through the engine, and starts it again later.
    Kill {
        /// How long it stays down.
        down_ms: u64,
    },
    /// The container is recreated under a new id with another image tag.
    Deploy {
        /// The new tag.
        tag: String,
        /// Removed by force (`rm -f`) instead of stopped first.
        #[serde(default)]
        forced: bool,
    },
    /// The host goes down with everything on it; at its return the engine starts what has a restart policy.
    HostRestart {
        /// How long it stays down.
        down_ms: u64,
    },
    /// The engine is restarted: it stops the container, and starts it when it is back.
    EngineRestart {
        /// How long the engine is away.
        down_ms: u64,
    },
    /// The health check fails until a watcher restarts the container through the engine.
    FailedProbe,
}

/// The last lines of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Farewell {
    /// It says goodbye.
    #[default]
    Clean,
    /// It is killed in mid-sentence.
    Silent,
    /// A Go panic with its goroutine trace.
    GoPanic,
    /// A Rust panic.
    RustPanic,
    /// A Java heap that is exhausted.
    JavaHeap,
    /// A V8 heap that is exhausted.
    NodeHeap,
    /// An uncaught Node exception.
    NodeException,
    /// A configuration that cannot be read.
    BadConfig,
}

/// Milliseconds of a duration.
pub(crate) fn millis(duration: Nanos) -> u64 {
    u64::try_from(duration / crate::quantity::MILLISECOND).unwrap_or_default()
}
