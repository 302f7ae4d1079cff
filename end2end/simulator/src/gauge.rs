//! What the engine's stats say of a running container: a pure function of the container and of time.

use crate::behaviour::Load;
use crate::container::{Container, Status};
use crate::fleet::{EngineSpec, ProbeHealth, Runtime};
use crate::quantity::{Nanos, SECOND};
use crate::random;

/// Share of the working set that is anonymous memory; the rest is the kernel's and active cache.
const ANON_SHARE: f64 = 0.93;
/// Share of the page cache that can be reclaimed at once.
const INACTIVE_SHARE: f64 = 0.8;
/// The kernel counts a container's memory in pages.
const PAGE: u64 = 4_096;
/// How long a process takes from its start to its usual level.
const START_UP: f64 = 3.0 * SECOND as f64;
/// At how many points of a life its peak is looked for.
const PEAK_PROBES: i64 = 16;

/// Memory and tasks of a running container, in bytes and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// All memory charged to the container.
    pub usage: u64,
    /// The limit in force; the host's memory where the container has none, as engines report it.
    pub limit: u64,
    /// File cache that can be reclaimed first. `usage` less this is the working set.
    pub inactive_file: u64,
    /// Anonymous memory.
    pub anon: u64,
    /// File cache.
    pub file: u64,
    /// Kernel tasks (threads) in the container.
    pub pids: u64,
    /// Times the limit was hit in this life (`failcnt`), on cgroup v2 only.
    pub failures: u64,
    /// Processor time used since the start, in nanoseconds.
    pub cpu_nanos: u64,
}

/// Tasks of a language's runtime, as a probe would tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// What the tasks are.
    pub kind: TaskKind,
    /// How many there are.
    pub count: u64,
}

/// What a runtime calls its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// Go.
    Goroutines,
    /// Rust with tokio.
    TokioTasks,
    /// Java.
    JvmThreads,
    /// Node.
    NodeHandles,
}

impl Stats {
    /// Usage without the cache that can be reclaimed first.
    pub fn working_set(&self) -> u64 {
        self.usage - self.inactive_file
    }
}

/// What a container's process uses at `at`; `None` unless it runs.
fn load(container: &Container, at: Nanos) -> Option<Load> {
    let (spec, life, seed) = (&container.spec, &container.life, container.seed);
    let start_up = (0.35 + 0.65 * (at - life.started_at) as f64 / START_UP).min(1.0);
    let usual = Load {
        level: spec.level * (1.0 + 0.02 * random::wave(seed, at, 47 * SECOND)) * start_up,
        tasks: spec.tasks * (1.0 + 0.06 * random::wave(seed ^ 1, at, 31 * SECOND)),
    };
    (container.status == Status::Running).then(|| {
        let behaviours = container.behaviours.iter();
        let load = behaviours.fold(usual, |load, behaviour| behaviour.load(life, at, load));
        Load {
            level: load.level.clamp(0.002, 1.0),
            tasks: load.tasks.max(1.0),
        }
    })
}

/// The stats of a container at `at`; `None` unless its process runs.
pub(crate) fn stats(container: &Container, engine: &EngineSpec, at: Nanos) -> Option<Stats> {
    let used = load(container, at)?;
    let spec = &*container.spec;
    let base = spec.limit.unwrap_or(spec.typical).0;
    let pages = |bytes: f64| bytes as u64 / PAGE * PAGE;
    let working_set = pages(used.level * base as f64);
    let cache =
        spec.cache * base as f64 * (1.0 + 0.1 * random::wave(container.seed ^ 2, at, 600 * SECOND));
    let room = spec
        .limit
        .map_or(u64::MAX, |limit| limit.0.saturating_sub(working_set));
    // Near the limit the kernel takes the cache back first.
    let inactive_file = pages(cache * INACTIVE_SHARE).min(room);
    let age = at - container.life.started_at;
    Some(Stats {
        usage: working_set + inactive_file,
        limit: spec.limit.unwrap_or(engine.memory).0,
        inactive_file,
        anon: pages(working_set as f64 * ANON_SHARE),
        file: inactive_file + pages(cache * (1.0 - INACTIVE_SHARE)),
        pids: kernel_tasks(container, used.tasks),
        failures: container.oom_kills,
        cpu_nanos: (age as f64 * 0.07) as u64,
    })
}

/// The peak of this life so far, which cgroup v1 keeps as `max_usage`.
pub(crate) fn peak(container: &Container, engine: &EngineSpec, at: Nanos) -> u64 {
    let age = at - container.life.started_at;
    let times = (0..=PEAK_PROBES).map(|n| container.life.started_at + age / PEAK_PROBES * n);
    times
        .chain([at])
        .filter_map(|time| stats(container, engine, time))
        .map(|stats| stats.usage)
        .max()
        .unwrap_or(0)
}

/// The tasks of the container's runtime, where a probe would answer.
pub(crate) fn tasks(container: &Container, at: Nanos) -> Option<Tasks> {
    if container.spec.probe != ProbeHealth::Answers {
        return None;
    }
    let kind = match container.spec.runtime {
        Runtime::Go => TaskKind::Goroutines,
        Runtime::Tokio => TaskKind::TokioTasks,
        Runtime::Jvm => TaskKind::JvmThreads,
        Runtime::Node => TaskKind::NodeHandles,
        Runtime::Native => return None,
    };
    load(container, at).map(|load| Tasks {
        kind,
        count: load.tasks as u64,
    })
}

/// Threads, which only some runtimes have as many of as tasks.
fn kernel_tasks(container: &Container, tasks: f64) -> u64 {
    match container.spec.runtime {
        Runtime::Go => 9 + container.seed % 6,
        Runtime::Tokio => 5 + container.seed % 4,
        Runtime::Jvm => tasks as u64 + 14,
        Runtime::Node => 11,
        Runtime::Native => tasks as u64,
    }
}
