//! What was asked of the engine about the end of a run, read from the order of its events.
//!
//! Docker: `docker stop` is `kill`, `die`, `stop`; `docker restart` is `kill`, `die`, `stop`, `start`, `restart`; `docker kill` is `kill`, `die`;
//! `rm -f` is `kill`, `die`, `destroy`. A policy restart is `die`, `start` only. Podman: a person's restart is `restart`, `die`, …, `start`; the
//! policy's is `die`, `restart`, …, `start`; stops leave no trace.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::{
    Timestamp,
    fact::{Action, EngineEvent},
};

/// Docker's default stop timeout: a signal that has not ended the container by then was not the end's cause, unless `stop` says so.
const SIGNAL_REACH: TimeDelta = TimeDelta::seconds(10);
/// `stop` follows `die` at once, `restart` follows `start`; this much is left for a busy host.
const FINISHED_AFTER: TimeDelta = TimeDelta::seconds(10);
/// `kill` is noted just after the signal was sent, so `die` may be first by a hair.
const NOTED_AFTER: TimeDelta = TimeDelta::milliseconds(500);

/// What a person or a tool asked of the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Signals that could have ended it, with their times.
    pub kills: Vec<(Timestamp, i32)>,
    /// When a stop finished.
    pub stop: Option<Timestamp>,
    /// When a restart was asked for (Podman) or finished (Docker).
    pub restart: Option<Timestamp>,
}

impl Asked {
    /// Whether nothing was asked.
    pub fn nothing(&self) -> bool {
        self.kills.is_empty() && self.stop.is_none() && self.restart.is_none()
    }

    /// When something was first asked.
    pub fn first(&self) -> Option<Timestamp> {
        let kills = self.kills.iter().map(|(at, _)| *at);
        kills.chain(self.stop).chain(self.restart).min()
    }

    /// Reads the events around an end: of a run that began at `started`, ended at `ended` with `exit_code` and was followed by a start of
    /// the same container at `next`. With `is_timed` false the end is only known to have come before that start.
    pub(super) fn of(
        events: &VecDeque<EngineEvent>,
        started: Timestamp,
        ended: Timestamp,
        exit_code: Option<i32>,
        next: Option<Timestamp>,
        is_timed: bool,
    ) -> Self {
        let until = next
            .unwrap_or(Timestamp::MAX_UTC)
            .min(ended + FINISHED_AFTER);
        let find = |from: Timestamp, to: Timestamp, action: Action| {
            events
                .iter()
                .find(|event| event.action == action && event.at >= from && event.at <= to)
                .map(|event| event.at)
        };
        let stop = find(ended - NOTED_AFTER, until, Action::Stop);
        let restart_after = stop
            .zip(next)
            .and_then(|(_, next)| find(next, next + FINISHED_AFTER, Action::Restart));
        let restart_before = events
            .iter()
            .rev()
            // Podman's policy says `restart` after the end, a person's comes before: without the order it tells nothing.
            .filter(|event| event.action == Action::Restart && is_timed)
            .filter(|event| event.at >= started && event.at <= ended)
            .map(|event| event.at)
            .find(|at| !finishes_docker_restart(events, started, *at));
        let reach = if stop.is_some() {
            started
        } else {
            started.max(ended - SIGNAL_REACH)
        };
        let kills = events
            .iter()
            .filter(|event| event.at >= reach && event.at <= ended + NOTED_AFTER)
            .filter_map(|event| match event.action {
                Action::Kill { signal } => Some((event.at, signal)),
                _ => None,
            })
            .filter(|(_, signal)| {
                stop.is_some() || ends_processes(*signal) || exit_code == Some(128 + signal)
            })
            .collect();
        Self {
            kills,
            stop,
            restart: restart_before.or(restart_after),
        }
    }
}

/// Docker's `restart` comes just after the start it caused, which a `stop` preceded: it is about the run before.
fn finishes_docker_restart(
    events: &VecDeque<EngineEvent>,
    started: Timestamp,
    restart: Timestamp,
) -> bool {
    restart <= started + FINISHED_AFTER
        && events
            .iter()
            .rev()
            .skip_while(|event| event.at >= restart)
            .take_while(|event| event.action != Action::Restart)
            .take_while(|event| !matches!(event.action, Action::Die { .. }))
            .any(|event| event.action == Action::Stop)
}

/// Signals that programs use to be told something (reload, reopen logs, resize) do not end them.
const fn ends_processes(signal: i32) -> bool {
    const SIGHUP: i32 = 1;
    const SIGUSR1: i32 = 10;
    const SIGUSR2: i32 = 12;
    const SIGCHLD: i32 = 17;
    const SIGCONT: i32 = 18;
    const SIGSTOP: i32 = 19;
    const SIGWINCH: i32 = 28;
    !matches!(
        signal,
        SIGHUP | SIGUSR1 | SIGUSR2 | SIGCHLD | SIGCONT | SIGSTOP | SIGWINCH
    )
}
