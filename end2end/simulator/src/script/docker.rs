//! Docker's order of events, as observed on 20.10 and written down event by event.

use super::{Delays, Step, Then, Victim, exit, gave_up, host_restart, killed, ms, terminated};
use crate::event::Action;
use crate::happening::Happening;
use crate::quantity::{MILLISECOND, Nanos, SECOND};
use crate::truth::{Cause, Starter};

/// How long after a death a late `oom` event comes.
const LATE_OOM: Nanos = 700 * MILLISECOND;
/// How long a stop waits before it kills.
const STOP_TIMEOUT: Nanos = 10 * SECOND;
/// The exit code of what was killed.
const SIGKILLED: i32 = 137;

pub(super) fn steps(
    happening: &Happening,
    at: Nanos,
    stop_exit_code: i32,
    delays: &mut Delays,
) -> Vec<(Nanos, Step)> {
    match happening {
        Happening::OutOfMemory { late, duplicates } => {
            out_of_memory(at, *late, *duplicates, delays)
        }
        Happening::ChildOutOfMemory => {
            vec![(at + delays.between(10, 200), Step::Oom(Victim::Child))]
        }
        Happening::ChildOutOfMemoryEnds { code } => {
            let heard = at + delays.between(10, 200);
            vec![
                (heard, Step::Oom(Victim::OfTheEnd)),
                (heard + delays.between(50, 400), gave_up(*code)),
            ]
        }
        Happening::HostOutOfMemory => {
            let heard = at + delays.between(10, 150);
            vec![
                (heard, Step::Oom(Victim::First)),
                (
                    heard + delays.between(110, 510),
                    killed(Cause::NodeOutOfMemory, Then::Policy),
                ),
            ]
        }
        Happening::Exit {
            code,
            log,
            again_after_ms,
        } => {
            let again = again_after_ms.map(|after| (at + ms(after), Step::Start(Starter::Manual)));
            std::iter::once((at, exit(*code, *log)))
                .chain(again)
                .collect()
        }
        Happening::Sigkill => vec![(at, killed(Cause::Killed, Then::Policy))],
        Happening::Stop { down_ms } => {
            let mut steps = stop(at, Cause::Stopped, stop_exit_code, delays);
            // `docker start` of what still runs does nothing: whoever is early comes again.
            let stopped = steps.last().map_or(at, |(at, _)| *at);
            let started = stopped.max(at + ms(*down_ms)) + delays.between(250, 900);
            steps.push((started, Step::Start(Starter::Manual)));
            steps
        }
        Happening::Restart => restart(at, Cause::Stopped, stop_exit_code, delays),
        Happening::Kill { down_ms } => {
            let died = at + delays.between(20, 120);
            vec![
                (at, Step::Report(Action::Kill { signal: 9 })),
                (died, killed(Cause::Stopped, Then::Rest)),
                (at + ms(*down_ms), Step::Start(Starter::Manual)),
            ]
        }
        Happening::Deploy { tag, forced } => deploy(at, tag, *forced, stop_exit_code, delays),
        Happening::HostRestart { down_ms } => host_restart(at, *down_ms, delays),
        Happening::EngineRestart { down_ms } => {
            let mut steps = stop(at, Cause::Platform, stop_exit_code, delays);
            let up = at + ms(*down_ms) + delays.between(300, 4_000);
            steps.push((up, Step::Start(Starter::Engine)));
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

/// `oom`, `die` 137; in some deaths the other way round. Kill to `oom`: median 0.03 s; `oom` to `die`: median 0.2, at most 0.51 s.
fn out_of_memory(at: Nanos, late: bool, duplicates: u8, delays: &mut Delays) -> Vec<(Nanos, Step)> {
    let die = killed(Cause::OutOfMemory, Then::Policy);
    if late {
        let died = at + delays.between(60, 200);
        return vec![
            (died, die),
            (died + LATE_OOM, Step::Oom(Victim::FirstBefore)),
        ];
    }
    let heard = at + delays.between(10, 150);
    let mut steps: Vec<_> = (0..=Nanos::from(duplicates))
        .map(|n| (heard + n * MILLISECOND, Step::Oom(Victim::First)))
        .collect();
    steps.push((heard + delays.between(110, 510), die));
    steps
}

/// `kill` 15, `die`, `stop`; of one that does not listen, `kill` 9 after ten seconds.
fn stop(at: Nanos, cause: Cause, exit_code: i32, delays: &mut Delays) -> Vec<(Nanos, Step)> {
    if exit_code == SIGKILLED {
        let given_up = at + STOP_TIMEOUT;
        let died = given_up + delays.between(20, 120);
        return vec![
            (at, Step::Report(Action::Kill { signal: 15 })),
            (given_up, Step::Report(Action::Kill { signal: 9 })),
            (died, killed(cause, Then::Rest)),
            (died + delays.between(5, 40), Step::Report(Action::Stop)),
        ];
    }
    let died = at + delays.between(30, 400);
    vec![
        (at, Step::Report(Action::Kill { signal: 15 })),
        (died, terminated(cause, exit_code)),
        (died + delays.between(5, 40), Step::Report(Action::Stop)),
    ]
}

/// `kill` 15, `die`, `stop`, `start`, `restart`.
fn restart(at: Nanos, cause: Cause, exit_code: i32, delays: &mut Delays) -> Vec<(Nanos, Step)> {
    let mut steps = stop(at, cause, exit_code, delays);
    let stopped = steps.last().map_or(at, |(at, _)| *at);
    let started = stopped.max(at + 450 * MILLISECOND) + delays.between(250, 900);
    steps.push((started, Step::Start(Starter::Manual)));
    steps.push((
        started + delays.between(2, 20),
        Step::Report(Action::Restart),
    ));
    steps
}

/// `kill`, `die`, `stop`, `destroy`, `create`, `start` with a new id; forced: `kill` 9, `die` 137, `destroy`, `create`, `start`.
fn deploy(
    at: Nanos,
    tag: &str,
    forced: bool,
    exit_code: i32,
    delays: &mut Delays,
) -> Vec<(Nanos, Step)> {
    let mut steps = if forced {
        vec![
            (at, Step::Report(Action::Kill { signal: 9 })),
            (
                at + delays.between(20, 120),
                killed(Cause::Deployed, Then::Rest),
            ),
        ]
    } else {
        stop(at, Cause::Deployed, exit_code, delays)
    };
    let stopped = steps.last().map_or(at, |(at, _)| *at);
    let destroyed = stopped.max(at + 500 * MILLISECOND) + delays.between(20, 200);
    let created = destroyed + delays.between(100, 900);
    steps.push((destroyed, Step::Destroy));
    steps.push((
        created,
        Step::Create {
            tag: tag.to_owned(),
        },
    ));
    steps.push((
        created + delays.between(200, 800),
        Step::Start(Starter::Deploy),
    ));
    steps
}
