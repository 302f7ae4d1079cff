//! The restart ledger: one entry for each run that ended, whatever the engine's own counter says.
//!
//! A pure state machine for one source. It is fed what the source says, in any order in which polls and the event stream happen to
//! arrive, and answers with [`Step`]s. Engine times order the facts; no clock is read. Three rules carry it:
//!
//! 1. A run is known by its container and its start. A later `started_at` in the same workload is a restart; the first sight of a
//!    container is history.
//! 2. Every run yields one entry at most. Hearing a fact again changes nothing; hearing more about an end that was already
//!    reported reports it again under the same key.
//! 3. An end is reported [`SETTLE`] after it was noticed, because the engine's `oom` may come after its `die`, and an event
//!    stream after the poll that overtook it.

mod asked;
mod change;
mod container;
mod death;
mod oom;
mod run;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{SubsecRound, TimeDelta};

pub use asked::Asked;
pub use change::{CameBack, DownRun, LedgerChange, OpenRun};
pub use death::{Death, EndSeen, Hidden, Next, SpecChange};

use crate::{
    Timestamp,
    fact::{EngineEvent, Gap, GapKind, Observation, Poll},
    ids::EngineId,
    workload::WorkloadKey,
};
use container::Container;

/// How long an end is left to settle: in 2 of 59 measured deaths `oom` came 0.7 s after `die`, so 2 s leaves a margin.
pub const SETTLE: TimeDelta = TimeDelta::seconds(2);

/// How far a kernel's OOM kill may lie from the end it caused. Measured from kill to `die`: 1.4 s at most.
pub const OOM_REACH: TimeDelta = TimeDelta::seconds(2);

/// Event gaps kept for deaths that have not settled.
const GAPS: usize = 64;

/// What the ledger has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A run began.
    Began(OpenRun),
    /// A run ended and is ready to be judged. The same run may come again when more is known about it: how the next one began.
    Died(Box<Death>),
    /// An end that was judged before Inquest was restarted has found its next run.
    CameBack(CameBack),
    /// The kernel killed a process in a container that lived on.
    ChildOutOfMemory {
        /// In which container.
        container: EngineId,
        /// When.
        at: Timestamp,
    },
}

/// The ledger of one source.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    containers: BTreeMap<EngineId, Container>,
    workloads: BTreeMap<WorkloadKey, BTreeSet<EngineId>>,
    /// Stretches in which events were lost, oldest first.
    gaps: Vec<Gap>,
    /// What was found since the last call of [`Ledger::due`].
    steps: Vec<Step>,
}

impl Ledger {
    /// A ledger that knows nothing yet: all it sees first is history.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ledger as it was kept: runs that had not ended, and ends that had not been followed by a run.
    ///
    /// Feed it the kept events of the last quarter of an hour next, so that an end that had not settled is not lost, and then what
    /// the source says.
    pub fn restore(open: Vec<OpenRun>, down: Vec<DownRun>) -> Self {
        let mut ledger = Self::new();
        for run in down {
            let container = ledger.enter(&run.spec.id.clone(), || run.spec.clone());
            container.restore_down(&run);
        }
        let mut open = open;
        open.sort_by_key(|run| run.started_at);
        for run in open {
            let container = ledger.enter(&run.spec.id.clone(), || run.spec.clone());
            container.restore_open(micros(run.started_at), run.restart_count);
        }
        ledger
    }

    /// Takes one entry of the event stream.
    pub fn observe_event(&mut self, event: &EngineEvent) {
        let mut event = event.clone();
        event.at = micros(event.at);
        let id = event.container.clone();
        if !self.containers.contains_key(&id) {
            // Without a name there is no workload to keep it under; the next poll brings one.
            let Some(spec) = event.spec.clone() else {
                return;
            };
            self.enter(&id, || spec);
        }
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        if container.event(event) {
            self.tie_to_predecessor(&id);
        }
    }

    /// Takes one round of polling.
    pub fn observe_poll(&mut self, poll: &Poll) {
        if poll.complete {
            self.miss_removed(poll);
        }
        for observation in &poll.states {
            self.observe_state(observation);
        }
    }

    /// Takes what the engine said about one container.
    pub fn observe_state(&mut self, observation: &Observation) {
        let mut seen = observation.clone();
        seen.at = micros(seen.at);
        seen.started_at = seen.started_at.map(micros);
        seen.finished_at = seen.finished_at.map(micros);
        let id = seen.spec.id.clone();
        let key = seen.spec.workload.clone();
        let known = self.enter(&id, || seen.spec.clone()).spec.workload.clone();
        if known != key {
            self.rename(&id, &known, key);
        }
        let gap = self.gaps.last().cloned();
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        let learnt_spec = !container.inspected;
        let first_run = container.observe(seen, gap.as_ref());
        if learnt_spec {
            self.spec_learnt(&id);
        }
        if first_run {
            self.tie_to_predecessor(&id);
        }
    }

    /// Takes a stretch in which we could not see: once when it opens, once more when it closes. Only lost events matter here; a gap
    /// that ends where it began is none, since everything was recovered.
    pub fn gap(&mut self, gap: &Gap) {
        if gap.kind != GapKind::Events {
            return;
        }
        if gap.to.is_some_and(|to| to <= gap.from) {
            self.gaps.retain(|known| known.from != gap.from);
            return;
        }
        match self.gaps.iter_mut().find(|known| known.from == gap.from) {
            Some(known) => known.clone_from(gap),
            None => self.gaps.push(gap.clone()),
        }
        if self.gaps.len() > GAPS {
            self.gaps.remove(0);
        }
    }

    /// All that has been found, with the ends that have settled by `now` (engine time).
    pub fn due(&mut self, now: Timestamp) -> Vec<Step> {
        self.settle(now);
        std::mem::take(&mut self.steps)
    }

    fn enter(
        &mut self,
        id: &EngineId,
        spec: impl FnOnce() -> crate::workload::ContainerSpec,
    ) -> &mut Container {
        let workloads = &mut self.workloads;
        self.containers.entry(id.clone()).or_insert_with(|| {
            let container = Container::new(spec());
            workloads
                .entry(container.spec.workload.clone())
                .or_default()
                .insert(id.clone());
            container
        })
    }

    fn rename(&mut self, id: &EngineId, from: &WorkloadKey, to: WorkloadKey) {
        if let Some(members) = self.workloads.get_mut(from) {
            members.remove(id);
            if members.is_empty() {
                self.workloads.remove(from);
            }
        }
        self.workloads.entry(to).or_default().insert(id.clone());
    }

    /// A container that a complete poll does not list was removed, unless it is younger than the list.
    fn miss_removed(&mut self, poll: &Poll) {
        let listed: BTreeSet<&EngineId> = poll.states.iter().map(|state| &state.spec.id).collect();
        let tick = micros(poll.tick);
        for (id, container) in &mut self.containers {
            if !listed.contains(id) && container.heard_at < tick {
                container.vanish(tick);
            }
        }
    }

    fn siblings<'a>(
        &'a self,
        id: &'a EngineId,
    ) -> impl Iterator<Item = (&'a EngineId, &'a Container)> {
        self.containers
            .get(id)
            .and_then(|container| self.workloads.get(&container.spec.workload))
            .into_iter()
            .flatten()
            .filter(move |sibling| *sibling != id)
            .filter_map(|sibling| Some((sibling, self.containers.get(sibling)?)))
    }

    /// The first run of a container: the sibling that died last and has had no successor is the one that it replaces.
    fn tie_to_predecessor(&mut self, id: &EngineId) {
        let Some(started_at) = self
            .containers
            .get(id)
            .and_then(|container| Some(container.runs.first()?.key))
        else {
            return;
        };
        let predecessor = self
            .siblings(id)
            .filter_map(|(sibling, container)| {
                let last = container.runs.last()?;
                let end = last.end.as_ref()?;
                (last.next.is_none() && last.key < started_at).then(|| (end.at, sibling.clone()))
            })
            .max();
        if let Some((_, predecessor)) = predecessor {
            self.tie(&predecessor, id, started_at);
        }
    }

    fn tie(&mut self, predecessor: &EngineId, successor: &EngineId, started_at: Timestamp) {
        if let Some(last) = self
            .containers
            .get_mut(predecessor)
            .and_then(|container| container.runs.last_mut())
        {
            last.followed(successor.clone(), started_at);
        }
        if let Some(container) = self.containers.get_mut(successor) {
            container.follows = Some(predecessor.clone());
        }
    }

    /// Events name a container but do not describe it. Once inspect has, the end before it can be judged better.
    fn spec_learnt(&mut self, id: &EngineId) {
        let Some(predecessor) = self
            .containers
            .get(id)
            .and_then(|container| container.follows.clone())
        else {
            return;
        };
        if let Some(last) = self
            .containers
            .get_mut(&predecessor)
            .and_then(|container| container.runs.last_mut())
        {
            last.reported = false;
        }
    }
}

/// Databases keep microseconds. Cutting times on the way in keeps a time equal to itself after it was stored.
fn micros(at: Timestamp) -> Timestamp {
    at.trunc_subsecs(6)
}
