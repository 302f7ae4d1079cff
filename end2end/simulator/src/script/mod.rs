//! What an engine makes of a happening: its steps, in the order and with the delays seen on real engines.

mod docker;
mod podman;

use crate::event::Action;
use crate::fleet::EngineKind;
use crate::happening::{Farewell, Happening};
use crate::quantity::{MILLISECOND, Nanos};
use crate::random;
use crate::truth::{Cause, Starter};

/// One change of a container, which the engine may report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// An event that changes nothing.
    Report(Action),
    /// The kernel killed a process.
    Oom(Victim),
    /// The process has ended.
    Die {
        exit_code: i32,
        cause: Cause,
        log: Farewell,
        then: Then,
    },
    /// The next process starts.
    Start(Starter),
    /// The container object goes.
    Destroy,
    /// Another container object takes its place.
    Create { tag: String },
}

/// Whom the kernel killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The container's first process, which is about to be reported dead.
    First,
    /// The first process of the life before: the report is late.
    FirstBefore,
    /// Another process; the first one lives on.
    Child,
    /// Another process; the first one is about to give up upon it.
    OfTheEnd,
    /// Another process; the first one lives on, and the engine tells nobody.
    UntoldChild,
}

/// What follows a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The restart policy decides.
    Policy,
    /// The container stays down until someone starts it.
    Rest,
    /// The engine is gone too: there is no event, and it starts the container when it comes up.
    Unheard,
}

/// Delays of one happening: random, but the same every time it is looked at.
pub(crate) struct Delays {
    seed: u64,
    drawn: i64,
}

impl Delays {
    pub(crate) fn new(seed: u64, at: Nanos) -> Self {
        Self {
            seed: random::mix(seed ^ at as u64),
            drawn: 0,
        }
    }

    /// A delay between two numbers of milliseconds, short ones more often.
    pub(crate) fn between(&mut self, least: Nanos, most: Nanos) -> Nanos {
        self.drawn += 1;
        let share = random::unit(self.seed, self.drawn).powi(2);
        ((most - least) as f64 * share * MILLISECOND as f64) as Nanos + least * MILLISECOND
    }
}

/// The steps of a happening that begins at `at`. `stop_exit_code` is what the program answers to SIGTERM.
pub(crate) fn steps(
    engine: EngineKind,
    happening: &Happening,
    at: Nanos,
    stop_exit_code: i32,
    delays: &mut Delays,
) -> Vec<(Nanos, Step)> {
    match engine {
        EngineKind::Docker => docker::steps(happening, at, stop_exit_code, delays),
        EngineKind::Podman => podman::steps(happening, at, stop_exit_code, delays),
    }
}

/// The steps from a policy restart's decision to the new process.
pub(crate) fn policy_start(engine: EngineKind, at: Nanos) -> Vec<(Nanos, Step)> {
    match engine {
        EngineKind::Docker => vec![(at, Step::Start(Starter::Policy))],
        EngineKind::Podman => podman::policy_start(at),
    }
}

/// The end of a program by itself.
fn exit(code: i32, log: Farewell) -> Step {
    let cause = match (code, log) {
        (0, _) => Cause::Completed,
        (_, Farewell::JavaHeap | Farewell::NodeHeap) => Cause::RuntimeOutOfMemory,
        _ => Cause::Crash,
    };
    Step::Die {
        exit_code: code,
        cause,
        log,
        then: Then::Policy,
    }
}

/// The end of a program that gives up because the kernel killed a child of it.
fn gave_up(code: i32) -> Step {
    Step::Die {
        exit_code: code,
        cause: Cause::ChildOutOfMemory,
        log: Farewell::Clean,
        then: Then::Policy,
    }
}

/// The end of a program that was sent SIGKILL.
fn killed(cause: Cause, then: Then) -> Step {
    Step::Die {
        exit_code: 137,
        cause,
        log: Farewell::Silent,
        then,
    }
}

/// The end of a program and its host, and the start after. Engines then show exit code 255.
fn host_restart(at: Nanos, down_ms: u64, delays: &mut Delays) -> Vec<(Nanos, Step)> {
    let die = Step::Die {
        exit_code: 255,
        cause: Cause::Platform,
        log: Farewell::Silent,
        then: Then::Unheard,
    };
    let up = at + ms(down_ms) + delays.between(300, 4_000);
    vec![(at, die), (up, Step::Start(Starter::Engine))]
}

/// The end of a program that was sent SIGTERM.
fn terminated(cause: Cause, exit_code: i32) -> Step {
    Step::Die {
        exit_code,
        cause,
        log: Farewell::Clean,
        then: Then::Rest,
    }
}

/// Nanoseconds of a number of milliseconds.
fn ms(count: u64) -> Nanos {
    i64::try_from(count).unwrap_or(i64::MAX / MILLISECOND / 2) * MILLISECOND
}
