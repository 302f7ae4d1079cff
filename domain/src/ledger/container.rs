//! What the ledger knows of one container: its recent runs, and the facts they are judged by.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, VecDeque},
};

use chrono::TimeDelta;

use super::{
    change::{DownRun, OpenRun},
    death::EndSeen,
    run::{End, Run, Start},
};
use crate::{
    Timestamp,
    fact::{Action, EngineEvent, Gap, Observation},
    workload::{ContainerSpec, ContainerState},
};

/// Runs kept after their ends were reported: neighbours matter for a late `oom`, and the newest for being told again.
const RUNS: usize = 32;
/// Events kept; of health checks only the changes.
const EVENTS: usize = 256;
/// How long events are kept: longer than any usual stop timeout.
const EVENTS_FOR: TimeDelta = TimeDelta::minutes(15);
/// Observations kept of those that differ from the one before.
const OBSERVATIONS: usize = 16;

/// One container.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) spec: ContainerSpec,
    /// Whether `spec` is complete; events tell only name and image.
    pub(super) inspected: bool,
    /// Recent runs, oldest first. Only the last one can be open.
    pub(super) runs: Vec<Run>,
    /// Recent events in the engine's order.
    pub(super) events: VecDeque<EngineEvent>,
    pub(super) observations: VecDeque<Observation>,
    /// OOM kills of which it is settled whose they were.
    pub(super) told_ooms: BTreeSet<Timestamp>,
    /// The container whose place it took.
    pub(super) follows: Option<crate::ids::EngineId>,
    /// When the last fact about it came to be.
    pub(super) heard_at: Timestamp,
    /// When its newest run was last seen to last.
    pub(super) lived_at: Timestamp,
    /// Whether the engine has removed it.
    pub(super) gone: bool,
    /// Whatever happened until then is history: it had ended before we looked.
    history: Option<Timestamp>,
    /// The engine's own counter, and when it was read.
    counter: Option<(Timestamp, u64)>,
}

impl Container {
    pub(super) fn new(spec: ContainerSpec) -> Self {
        Self {
            inspected: false,
            runs: Vec::new(),
            events: VecDeque::new(),
            observations: VecDeque::new(),
            told_ooms: BTreeSet::new(),
            follows: None,
            heard_at: Timestamp::MIN_UTC,
            lived_at: Timestamp::MIN_UTC,
            gone: false,
            history: None,
            counter: None,
            spec,
        }
    }

    pub(super) fn restore_open(&mut self, key: Timestamp, restart_count: Option<u64>) {
        self.inspected = !self.spec.image_id.is_empty();
        if self.runs.last().is_some_and(|last| last.key >= key) {
            return;
        }
        self.close_unseen(key, key);
        self.follow_own(key);
        self.runs.push(Run::kept(key));
        self.counter = restart_count.map(|count| (key, count));
    }

    /// Runs to report as begun. An event does not tell what its container is made from, so the run waits for inspect, but not for long.
    pub(super) fn announce(&mut self, now: Timestamp) -> impl Iterator<Item = OpenRun> {
        let Self {
            spec,
            inspected,
            runs,
            counter,
            ..
        } = self;
        runs.iter_mut()
            .filter(move |run| !run.announced && (*inspected || run.key + super::SETTLE <= now))
            .map(move |run| {
                run.announced = true;
                OpenRun {
                    spec: spec.clone(),
                    started_at: run.key,
                    restart_count: counter.map(|(_, count)| count),
                }
            })
    }

    pub(super) fn restore_down(&mut self, down: &DownRun) {
        self.inspected = !self.spec.image_id.is_empty();
        let mut run = Run::kept(super::micros(down.run_started_at));
        run.ended(End {
            at: super::micros(down.ended_at),
            exit_code: down.exit_code,
            seen: EndSeen::Event,
            noticed: super::micros(down.ended_at),
        });
        run.reported = true;
        run.restored = true;
        self.runs.push(run);
    }

    /// Takes an event; returns whether the container's first run began with it.
    pub(super) fn event(&mut self, event: EngineEvent) -> bool {
        if self.knows(&event) || self.says_no_news(&event) {
            return false;
        }
        let untried = self.runs.is_empty();
        let at = event.at;
        self.heard_at = self.heard_at.max(at);
        let action = event.action;
        self.remember(event);
        if matches!(
            action,
            Action::Oom | Action::Kill { .. } | Action::Stop | Action::Restart
        ) {
            self.reconsider(at);
        }
        match action {
            Action::Start => self.start(Start::Event(at), at),
            Action::Die { exit_code, .. } => self.die(at, exit_code),
            Action::Destroy => {
                self.gone = true;
                self.end_unseen(at, EndSeen::Removed);
            }
            _ => {}
        }
        untried && !self.runs.is_empty()
    }

    /// Whether it repeats what the health check had said before of the same run: only changes are kept. A start sets health back to
    /// "starting", so that of a run that never was healthy, unhealthy is news again.
    fn says_no_news(&self, event: &EngineEvent) -> bool {
        let Action::Health { .. } = event.action else {
            return false;
        };
        let before = self
            .events
            .iter()
            .rev()
            .filter(|known| known.at <= event.at)
            .take_while(|known| !matches!(known.action, Action::Start | Action::Die { .. }));
        let mut health = before.filter(|known| matches!(known.action, Action::Health { .. }));
        health
            .next()
            .is_some_and(|known| known.action == event.action)
    }

    /// Takes an observation; returns whether it shows the container's first run.
    pub(super) fn observe(&mut self, seen: Observation, gap: Option<&Gap>) -> bool {
        let untried = self.runs.is_empty();
        let first_sight = !self.inspected && untried;
        if self.spec != seen.spec {
            self.spec.clone_from(&seen.spec);
        }
        self.inspected = true;
        self.gone = seen.state == ContainerState::Removed;
        self.heard_at = self.heard_at.max(seen.at);
        match (seen.started_at, dead(seen.state)) {
            (None, _) => {}
            (Some(_), true) if first_sight => {
                self.history = Some(seen.finished_at.unwrap_or(seen.at));
            }
            (Some(started_at), dead) => self.observe_run(&seen, started_at, dead, gap),
        }
        if let Some(count) = seen.restart_count {
            self.counter = Some((seen.at, count));
        }
        // Polls repeat themselves: when something was seen first is what tells.
        if self
            .observations
            .back()
            .is_none_or(|last| !last.says_the_same(&seen))
        {
            self.remember_seen(seen);
        }
        untried && !self.runs.is_empty()
    }

    /// Keeps an observation, and lets go of those of runs whose ends will not be reported again.
    fn remember_seen(&mut self, seen: Observation) {
        let over = |end: &End| end.at + EVENTS_FOR < seen.at;
        let needed = self
            .runs
            .iter()
            .filter(|run| {
                !run.reported || run.next.is_none() || !run.end.as_ref().is_some_and(over)
            })
            .map(|run| run.key)
            .min();
        while self.observations.len() >= OBSERVATIONS
            || self.observations.front().map(|first| first.at) < needed
        {
            if self.observations.pop_front().is_none() {
                break;
            }
        }
        self.observations.push_back(seen);
    }

    fn observe_run(
        &mut self,
        seen: &Observation,
        started_at: Timestamp,
        dead: bool,
        gap: Option<&Gap>,
    ) {
        let start = Start::Inspected(started_at);
        match self.runs.last().map(|last| last.place(start)) {
            Some(Ordering::Less) => return,
            Some(Ordering::Greater) => {
                let hidden = self.hidden(seen, gap);
                let ended_at = seen.finished_at.filter(|at| *at <= started_at);
                self.close_unseen(ended_at.unwrap_or(started_at), seen.at);
                if let Some(last) = self.runs.last_mut() {
                    last.hidden = hidden;
                }
                self.start(start, seen.at);
            }
            Some(Ordering::Equal) | None => self.start(start, seen.at),
        }
        if !dead && self.runs.last().is_some_and(|last| last.end.is_none()) {
            self.lived_at = self.lived_at.max(seen.at);
        }
        if dead && let Some(last) = self.runs.last_mut().filter(|last| last.end.is_none()) {
            let ended_at = seen.finished_at.filter(|at| *at >= started_at);
            last.ended(End {
                at: ended_at.unwrap_or(seen.at),
                exit_code: seen.exit_code,
                seen: EndSeen::Inspect,
                noticed: seen.at,
            });
        }
    }

    /// Evidence came late: ends close to it are reported again.
    fn reconsider(&mut self, at: Timestamp) {
        for run in &mut self.runs {
            let near = |end: &End| (end.at - at).abs() <= super::OOM_REACH;
            run.reported &= !run.end.as_ref().is_some_and(near);
        }
    }

    /// A complete poll did not list it.
    pub(super) fn vanish(&mut self, tick: Timestamp) {
        self.gone = true;
        self.end_unseen(tick, EndSeen::Removed);
    }

    /// Lives that began and ended unseen before the run that `seen` shows: the engine's counter minus the restarts we know of. Without
    /// lost events there are none.
    fn hidden(&self, seen: &Observation, gap: Option<&Gap>) -> u64 {
        let (Some((then, before)), Some(now)) = (self.counter, seen.restart_count) else {
            return 0;
        };
        let known = self
            .runs
            .iter()
            .filter_map(|run| run.end.as_ref())
            .filter(|end| end.at > then)
            .count() as u64;
        let rose = now.saturating_sub(before).saturating_sub(known);
        match self.runs.last().and_then(|last| last.end.as_ref()) {
            // The open run's own end is one of them.
            None => rose.saturating_sub(1),
            Some(end) if gap.is_some_and(|gap| gap.to.is_none_or(|to| to > end.at)) => rose,
            Some(_) => 0,
        }
    }

    /// A start was told: of the last run, or of a new one.
    fn start(&mut self, start: Start, noticed: Timestamp) {
        let at = start.at();
        let after = match self.runs.last_mut() {
            None if self.history.is_some_and(|until| at <= until) => return,
            None => self.history,
            Some(last) => match last.place(start) {
                Ordering::Less => return,
                Ordering::Equal => return last.learn(start),
                Ordering::Greater => {
                    self.close_unseen(at, noticed);
                    self.follow_own(at);
                    self.runs
                        .last()
                        .and_then(|last| last.end.as_ref())
                        .filter(|end| end.seen == EndSeen::Event)
                        .map(|end| end.at)
                }
            },
        };
        self.gone = false;
        self.runs.push(Run::new(start, after));
        if self.runs.len() > RUNS && self.runs[0].reported {
            self.runs.remove(0);
        }
    }

    fn follow_own(&mut self, started_at: Timestamp) {
        let id = self.spec.id.clone();
        if let Some(last) = self.runs.last_mut() {
            last.followed(id, started_at);
        }
    }

    /// The last run is over, because another one was seen.
    fn close_unseen(&mut self, at: Timestamp, noticed: Timestamp) {
        if let Some(last) = self.runs.last_mut().filter(|last| last.end.is_none()) {
            last.ended(End {
                at: at.max(last.key),
                exit_code: None,
                seen: EndSeen::Moved,
                noticed,
            });
        }
    }

    fn end_unseen(&mut self, at: Timestamp, seen: EndSeen) {
        if let Some(last) = self.runs.last_mut().filter(|last| last.end.is_none()) {
            last.ended(End {
                at: at.max(last.key),
                exit_code: None,
                seen,
                noticed: at,
            });
        }
    }

    fn die(&mut self, at: Timestamp, exit_code: i32) {
        let Some(run) = self.runs.iter_mut().rev().find(|run| run.key <= at) else {
            self.history = self.history.max(Some(at));
            return;
        };
        let known = run
            .end
            .as_ref()
            .is_some_and(|end| end.seen == EndSeen::Event);
        if !known {
            run.ended(End {
                at,
                exit_code: Some(exit_code),
                seen: EndSeen::Event,
                noticed: at,
            });
        }
    }

    fn knows(&self, event: &EngineEvent) -> bool {
        self.events
            .iter()
            .any(|known| known.at == event.at && known.action == event.action)
    }

    fn remember(&mut self, event: EngineEvent) {
        let place = self.events.partition_point(|known| known.at <= event.at);
        self.events.insert(place, event);
        // An end that will be reported again, when its container is back, keeps its evidence.
        let unfinished = self
            .runs
            .iter()
            .filter(|run| !run.reported || run.next.is_none())
            .filter_map(|run| Some(run.end.as_ref()?.at));
        let newest = self.events.back().map(|event| event.at);
        let needed = unfinished.chain(newest).min();
        while self.events.len() > EVENTS
            || self.events.front().map(|event| event.at + EVENTS_FOR) < needed
        {
            self.events.pop_front();
        }
    }
}

/// Whether no process runs. A container that waits for its restart is dead, whatever the engine's `Running` says.
fn dead(state: ContainerState) -> bool {
    match state {
        ContainerState::Running | ContainerState::Paused => false,
        ContainerState::Created
        | ContainerState::Restarting
        | ContainerState::Exited
        | ContainerState::Removed => true,
    }
}
