//! Ends that have settled become [`Death`]s.

use std::ops::RangeInclusive;

use chrono::TimeDelta;

use super::{
    CameBack, Death, EndSeen, Hidden, Ledger, Next, OOM_REACH, SETTLE, SpecChange, Step,
    asked::Asked,
    container::Container,
    run::{End, Run},
};
use crate::{Timestamp, fact::Gap, ids::EngineId, restart::RestartKind};

/// While the event stream is down, an end that only a poll has seen waits this long for the events to be recovered.
const RECOVERY: TimeDelta = TimeDelta::seconds(30);
/// A policy restarts after a back-off of a minute at most, and set-up took up to 3 s on a busy host. Later, somebody did it.
const POLICY_WITHIN: TimeDelta = TimeDelta::seconds(90);
/// An engine that goes down stops its containers before its stream ends; one that was killed stops, when it is back, those that lived on:
/// a signal, and ten seconds later another. Then it starts them.
const ENGINE_STOPS: TimeDelta = TimeDelta::seconds(15);
/// The exit code that Docker gives a process that was gone when the engine came up.
const LOST: i32 = 255;
/// See [`ENGINE_STOPS`].
const ENGINE_STARTS: TimeDelta = TimeDelta::seconds(60);
/// A successor that is started first is given this long before its predecessor is stopped.
const START_FIRST: TimeDelta = TimeDelta::minutes(10);
/// How long a removed container is remembered, in case its workload comes back.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

impl Ledger {
    pub(super) fn settle(&mut self, now: Timestamp) {
        for container in self.containers.values_mut() {
            self.steps.extend(container.announce(now).map(Step::Began));
        }
        let due: Vec<(EngineId, usize)> = self
            .containers
            .iter()
            .flat_map(|(id, container)| {
                (0..container.runs.len())
                    .filter(|index| self.is_due(container, *index, now))
                    .map(|index| (id.clone(), index))
            })
            .collect();
        for (id, index) in due {
            self.tie_to_earlier_successor(&id, index);
            let steps = self.report(&id, index);
            self.steps.extend(steps);
            if let Some(run) = self.run_mut(&id, index) {
                run.reported = true;
            }
        }
        for (id, container) in &mut self.containers {
            for at in container.new_child_ooms(now) {
                self.steps.push(Step::ChildOutOfMemory {
                    container: id.clone(),
                    at,
                });
            }
        }
        self.forget(now);
    }

    fn run_mut(&mut self, id: &EngineId, index: usize) -> Option<&mut Run> {
        self.containers.get_mut(id)?.runs.get_mut(index)
    }

    fn is_due(&self, container: &Container, index: usize, now: Timestamp) -> bool {
        let Some(run) = container.runs.get(index).filter(|run| !run.reported) else {
            return false;
        };
        let Some(end) = &run.end else {
            return false;
        };
        let noticed = end.noticed.max(end.at);
        let mut due = noticed + SETTLE;
        // A kill told after the next start may be that run's own: its end would follow within the second.
        let ambiguous = container
            .ooms()
            .filter(|at| *at > end.at && *at <= end.at + OOM_REACH)
            .max();
        if let Some(at) = ambiguous {
            due = due.max(at + TimeDelta::seconds(1));
        }
        // Not before the last of them has ended, and was looked at, can it be said that the engine stopped them all.
        due = self
            .absences()
            .filter_map(|(down, up)| Some((down, up?)))
            .filter(|(down, up)| may_have_stopped(run, end, *down, *up))
            .map(|(_, up)| up + ENGINE_STOPS + SETTLE)
            .fold(due, Timestamp::max);
        if end.seen != EndSeen::Event {
            due = self
                .gaps
                .iter()
                .filter(|gap| touches(gap, end.at, noticed))
                .map(|gap| {
                    let recovered = gap.to.map_or(noticed + RECOVERY, |to| to + SETTLE);
                    recovered.min(noticed + RECOVERY)
                })
                .fold(due, Timestamp::max);
        }
        due <= now
    }

    /// Ties an end that was asked for to a successor that was started before it.
    fn tie_to_earlier_successor(&mut self, id: &EngineId, index: usize) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let Some(run) = container.runs.get(index) else {
            return;
        };
        let (Some(end), None) = (&run.end, &run.next) else {
            return;
        };
        if index + 1 != container.runs.len() {
            return;
        }
        let unexplained = end.seen != EndSeen::Event || !asked(container, run, end).nothing();
        let successor = self
            .siblings(id)
            .filter(|(_, sibling)| sibling.follows.is_none())
            .filter_map(|(sibling, other)| {
                let first = other.runs.first()?.key;
                let later = first > end.at;
                let first_started = unexplained && first > run.key && first + START_FIRST > end.at;
                (later || first_started).then(|| (first, sibling.clone()))
            })
            .min();
        if let Some((started_at, successor)) = successor {
            self.tie(&id.clone(), &successor, started_at);
        }
    }

    fn report(&self, id: &EngineId, index: usize) -> Vec<Step> {
        let Some(container) = self.containers.get(id) else {
            return Vec::new();
        };
        let Some(death) = self.death(container, index) else {
            return Vec::new();
        };
        let run = &container.runs[index];
        let die_kept = death
            .events
            .iter()
            .any(|event| event.at == death.ended_at && event.action.name() == "die");
        if run.restored && !die_kept {
            let came_back = death.next.as_ref().map(|next| CameBack {
                container: id.clone(),
                run_started_at: death.run_started_at,
                started_at: next.started_at,
                kind: death.kind,
                next_image: death.next_image().map(ToOwned::to_owned),
            });
            return came_back.map(Step::CameBack).into_iter().collect();
        }
        with_hidden(death, run.hidden)
            .into_iter()
            .map(|death| Step::Died(Box::new(death)))
            .collect()
    }

    fn death(&self, container: &Container, index: usize) -> Option<Death> {
        let run = container.runs.get(index)?;
        let end = run.end.as_ref()?;
        let asked = asked(container, run, end);
        let next = self.next(container, run);
        let mut ended_at = end.at;
        if let (EndSeen::Removed, Some(next)) = (end.seen, &next) {
            ended_at = ended_at.min(next.started_at.max(run.key));
        }
        let kind = self.kind(container, run, end, &asked, next.as_ref());
        let stretch = run.key.max(ended_at - OOM_REACH - SETTLE);
        let until = ended_at + SETTLE;
        let next_own = own_next(container, run);
        Some(Death {
            spec: container.spec.clone(),
            run_started_at: run.key,
            ended_at,
            seen: end.seen,
            exit_code: end.exit_code,
            ooms: container.fatal_ooms(index),
            child_ooms: container.survived_ooms(index),
            asked,
            events: container
                .events
                .iter()
                .filter(|event| event.at >= run.key && event.at <= until)
                .cloned()
                .collect(),
            observations: container
                .observations
                .iter()
                .filter(|seen| seen.at >= run.key)
                .filter(|seen| next_own.is_none_or(|next| seen.started_at < Some(next)))
                .cloned()
                .collect(),
            next,
            kind,
            lost_with_host: self.lost_with_host(end),
            gaps: self
                .gaps
                .iter()
                .filter(|gap| touches(gap, stretch, until))
                .cloned()
                .collect(),
            hidden: None,
        })
    }

    fn next(&self, container: &Container, run: &Run) -> Option<Next> {
        let (id, started_at) = run.next.as_ref()?;
        let successor = self.containers.get(id)?;
        let changes = if *id == container.spec.id {
            Vec::new()
        } else {
            let inspected = container.inspected && successor.inspected;
            SpecChange::between(&container.spec, &successor.spec, inspected)
        };
        Some(Next {
            container: id.clone(),
            started_at: *started_at,
            spec: successor.spec.clone(),
            changes,
        })
    }

    fn kind(
        &self,
        container: &Container,
        run: &Run,
        end: &End,
        asked: &Asked,
        next: Option<&Next>,
    ) -> RestartKind {
        let Some(next) = next else {
            return RestartKind::StayedDown;
        };
        if next.container != container.spec.id {
            return RestartKind::Recreated;
        }
        if self.engine_restarted(run, end, next.started_at) {
            return RestartKind::EngineRestart;
        }
        if end.seen == EndSeen::Moved {
            return RestartKind::Unobserved;
        }
        let policy = container.spec.restart_policy.as_str();
        let by_policy = policy != "no"
            && !(policy.starts_with("on-failure") && end.exit_code == Some(0))
            && asked.nothing()
            && next.started_at - end.at <= POLICY_WITHIN;
        if by_policy || run.hidden > 0 {
            RestartKind::Policy
        } else {
            RestartKind::Manual
        }
    }

    /// The engine was restarted when its stream was lost, or its host went down with it, and not one of several containers lived through it.
    fn engine_restarted(&self, run: &Run, end: &End, next: Timestamp) -> bool {
        let lost = is_lost(end).then_some((end.at, next));
        self.absences()
            .map(|(down, up)| (down, up.unwrap_or(next)))
            .chain(lost)
            .any(|(down, up)| {
                may_have_stopped(run, end, down, up)
                    && next >= down
                    && next <= up + ENGINE_STARTS
                    && self.nobody_lived_through(down, &stopped_with(down, up))
            })
    }

    /// When the engine may have been away, and until when if that is over. One that remembers every event has not been away itself.
    fn absences(&self) -> impl Iterator<Item = (Timestamp, Option<Timestamp>)> {
        self.gaps
            .iter()
            .filter(|gap| gap.to != Some(gap.from))
            .map(|gap| (gap.from, gap.to))
    }

    /// The engine no longer had it when it came up, and not one of several containers lived through it.
    fn lost_with_host(&self, end: &End) -> bool {
        is_lost(end) && self.nobody_lived_through(end.at, &stopped_with(end.at, end.at))
    }

    fn nobody_lived_through(&self, down: Timestamp, stopped: &RangeInclusive<Timestamp>) -> bool {
        let ends: Vec<Option<Timestamp>> = self
            .containers
            .values()
            .filter_map(|container| container.runs.iter().rev().find(|run| run.key < down))
            .map(|run| run.end.as_ref().map(|end| end.at))
            .filter(|end| end.is_none_or(|at| at >= *stopped.start()))
            .collect();
        ends.len() >= 2
            && ends
                .iter()
                .all(|end| end.is_some_and(|at| stopped.contains(&at)))
    }

    /// Lets go of containers that were removed and have nothing left to tell.
    fn forget(&mut self, now: Timestamp) {
        let workloads = &mut self.workloads;
        self.containers.retain(|id, container| {
            let told = container
                .runs
                .iter()
                .all(|run| run.end.is_some() && run.reported);
            let followed = container.runs.last().is_none_or(|run| run.next.is_some());
            // Events of the last quarter of an hour may still be told again.
            let quiet = if followed {
                TimeDelta::minutes(15)
            } else {
                REMEMBERED
            };
            let keep = !(container.gone && told && container.heard_at + quiet < now);
            if !keep && let Some(members) = workloads.get_mut(&container.spec.workload) {
                members.remove(id);
                if members.is_empty() {
                    workloads.remove(&container.spec.workload);
                }
            }
            keep
        });
    }
}

fn asked(container: &Container, run: &Run, end: &End) -> Asked {
    Asked::of(
        &container.events,
        run.key,
        end.at,
        end.exit_code,
        own_next(container, run),
        end.seen != EndSeen::Moved || own_next(container, run).is_none_or(|next| end.at < next),
    )
}

/// The start of the next run, when it was in the same container.
fn own_next(container: &Container, run: &Run) -> Option<Timestamp> {
    let (id, started_at) = run.next.as_ref()?;
    (*id == container.spec.id).then_some(*started_at)
}

/// Whether the engine said of it what it says of what it no longer had when it came up.
fn is_lost(end: &End) -> bool {
    end.exit_code == Some(LOST) && end.seen != EndSeen::Event
}

/// When containers end with an engine that was away.
fn stopped_with(down: Timestamp, up: Timestamp) -> RangeInclusive<Timestamp> {
    down - ENGINE_STOPS..=up + ENGINE_STOPS
}

/// Whether a run may have ended with an engine that was away: what began after that is over for another reason.
fn may_have_stopped(run: &Run, end: &End, down: Timestamp, up: Timestamp) -> bool {
    run.key <= down && stopped_with(down, up).contains(&end.at)
}

fn touches(gap: &Gap, from: Timestamp, to: Timestamp) -> bool {
    gap.from <= to && gap.to.is_none_or(|end| end >= from)
}

/// The end itself and the lives that only the counter knows, one entry each. Their times are not known: they are put a microsecond apart
/// at the last moment they could have ended, and say so in their evidence.
fn with_hidden(death: Death, hidden: u64) -> Vec<Death> {
    if hidden == 0 {
        return vec![death];
    }
    let of = hidden + 1;
    let seen = death.seen == EndSeen::Event;
    let last_end = match &death.next {
        Some(next) if seen => next.started_at,
        _ => death.ended_at,
    };
    let end_of = |number: u64| last_end - TimeDelta::microseconds((of - number) as i64);
    (1..=of)
        .map(|number| {
            let mut one = death.clone();
            one.hidden = Some(Hidden { number, of });
            if number < of
                && let Some(next) = &mut one.next
            {
                next.started_at = end_of(number);
            }
            if !(number == 1 && seen) {
                one.ended_at = end_of(number).max(death.run_started_at);
            }
            if number > 1 {
                one.run_started_at = end_of(number - 1);
                one.exit_code = None;
                one.ooms.clear();
                one.child_ooms.clear();
                one.asked = Asked::default();
                one.events.clear();
                one.seen = EndSeen::Moved;
                one.kind = RestartKind::Unobserved;
            }
            one
        })
        .collect()
}
