//! Podman's order of events behind its Docker-compatible API, as observed on 4.3.1: no `oom`, `restart` also by policy.
//!
//! Kills are steps here too, though no event tells them: newer versions say with the end that there was one.

use super::{Delays, Step, Then, Victim, exit, gave_up, host_restart, killed, ms, terminated};
use crate::event::Action;
use crate::happening::Happening;
use crate::quantity::{MILLISECOND, Nanos};
use crate::truth::{Cause, Starter};

pub(super) fn steps(
    happening: &Happening,
    at: Nanos,
    stop_exit_code: i32,
    delays: &mut Delays,
) -> Vec<(Nanos, Step)> {
    match happening {
        Happening::OutOfMemory { .. } => vec![
            (at, Step::Oom(Victim::First)),
            (
                at + delays.between(60, 400),
                killed(Cause::OutOfMemory, Then::Policy),
            ),
        ],
        Happening::ChildOutOfMemory => vec![(at, Step::Oom(Victim::UntoldChild))],
        Happening::ChildOutOfMemoryEnds { code } => vec![
            (at, Step::Oom(Victim::OfTheEnd)),
            (at + delays.between(60, 400), gave_up(*code)),
        ],
        Happening::HostOutOfMemory => vec![
            (at, Step::Oom(Victim::First)),
            (
                at + delays.between(60, 400),
                killed(Cause::NodeOutOfMemory, Then::Policy),
            ),
        ],
        Happening::Exit {
            code,
            log,
            again_after_ms,
        } => {
            let mut steps = vec![(at, exit(*code, *log))];
            if let Some(after) = again_after_ms {
                steps.extend(start(at + ms(*after), Starter::Manual));
            }
            steps
        }
        Happening::Sigkill => vec![(at, killed(Cause::Killed, Then::Policy))],
        Happening::Stop { down_ms } => {
            let mut steps = end(
                at + delays.between(30, 400),
                terminated(Cause::Stopped, stop_exit_code),
            );
            steps.extend(start(at + ms(*down_ms), Starter::Manual));
            steps
        }
        Happening::Restart => restart(at, Cause::Stopped, stop_exit_code, delays),
        Happening::Kill { down_ms } => {
            let mut steps = vec![(at, Step::Report(Action::Kill { signal: 9 }))];
            steps.extend(end(
                at + delays.between(20, 120),
                killed(Cause::Stopped, Then::Rest),
            ));
            steps.extend(start(at + ms(*down_ms), Starter::Manual));
            steps
        }
        Happening::Deploy { tag, forced } => {
            let last = if *forced {
                killed(Cause::Deployed, Then::Rest)
            } else {
                terminated(Cause::Deployed, stop_exit_code)
            };
            let mut steps = end(at + delays.between(30, 300), last);
            let destroyed = at + 500 * MILLISECOND;
            let created = destroyed + delays.between(100, 900);
            steps.push((destroyed, Step::Destroy));
            steps.push((created, Step::Create { tag: tag.clone() }));
            steps.extend(start(created + delays.between(200, 800), Starter::Deploy));
            steps
        }
        Happening::HostRestart { down_ms } => host_restart(at, *down_ms, delays),
        // Podman has no daemon: what restarts it are its units, which stop and start the containers.
        Happening::EngineRestart { down_ms } => {
            let mut steps = end(
                at + delays.between(30, 400),
                terminated(Cause::Platform, stop_exit_code),
            );
            steps.extend(start(at + ms(*down_ms), Starter::Engine));
            steps
        }
        Happening::FailedProbe => {
            let mut steps = vec![(at, Step::Report(Action::Unhealthy))];
            steps.extend(restart(
                at + delays.between(1_000, 4_000),
                Cause::FailedProbe,
                stop_exit_code,
                delays,
            ));
            steps
        }
    }
}

/// `restart`, `init`, `start`: what follows a `die` by policy, without back-off.
pub(super) fn policy_start(at: Nanos) -> Vec<(Nanos, Step)> {
    let mut steps = vec![(at, Step::Report(Action::Restart))];
    steps.extend(start(at + 60 * MILLISECOND, Starter::Policy));
    steps
}

/// `die`, `cleanup`.
fn end(at: Nanos, die: Step) -> Vec<(Nanos, Step)> {
    vec![
        (at, die),
        (at + 90 * MILLISECOND, Step::Report(Action::Cleanup)),
    ]
}

/// `init`, `start`.
fn start(at: Nanos, by: Starter) -> Vec<(Nanos, Step)> {
    vec![
        (at, Step::Report(Action::Init)),
        (at + 40 * MILLISECOND, Step::Start(by)),
    ]
}

/// A person's restart: `restart`, `die`, `cleanup`, `init`, `start`.
fn restart(at: Nanos, cause: Cause, exit_code: i32, delays: &mut Delays) -> Vec<(Nanos, Step)> {
    let mut steps = vec![(at, Step::Report(Action::Restart))];
    steps.extend(end(
        at + delays.between(30, 400),
        terminated(cause, exit_code),
    ));
    steps.extend(start(at + 600 * MILLISECOND, Starter::Manual));
    steps
}
