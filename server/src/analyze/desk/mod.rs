//! One source's desk: its ledger, what is known of its containers, and what has come in and is not written yet.

mod incoming;
mod known;

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    black_box::{self, AFTER, Neighbour},
    fact::{Action, Gap, GapKind, Observation, Poll},
    ids::{ContainerKey, EngineId, SourceId},
    ledger::{Ledger, Step},
    profile::Growth,
    sample::Sample,
    workload::ContainerState,
};

pub(super) use self::{incoming::Incoming, known::Known};
use self::{incoming::Readings, known::Told};
use super::{
    ring,
    scene::{OpenBox, Scenes},
};
use crate::{
    collect::{Body, Health},
    store::{Store, StoreError, Tick},
};

/// Events this far back are read again after a start, so that an end that had not settled finds its evidence.
const REREAD: TimeDelta = TimeDelta::minutes(15);
/// Without a poll for this long before a start, nobody was watching: three times the usual interval.
const NOT_WATCHING: TimeDelta = TimeDelta::seconds(30);

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) source: SourceId,
    ledger: Ledger,
    pub(super) containers: HashMap<EngineId, Known>,
    incoming: Incoming,
    readings: Readings,
    /// What the ledger has found and is not written yet.
    pub(super) found: Vec<Found>,
    /// The last health that was published.
    pub(super) health: Option<Health>,
    /// Podman reports neither OOM kills nor stops.
    events_tell_causes: bool,
    clock_offset: TimeDelta,
    /// What ends wait for beside their verdicts.
    pub(super) scenes: Scenes,
    /// Up to when there were polls.
    seen_until: Timestamp,
    /// Up to when, by what came in, ends were settled.
    settled_at: Timestamp,
    /// The last poll before this start, until the first one after it.
    last_poll_at: Option<Timestamp>,
}

/// What the ledger has found, with the readings before it: a backlog may push them out of the ring before it is judged.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) step: Step,
    /// `None` when the ring does not reach back far enough.
    pub(super) samples: Option<Vec<Sample>>,
    /// The largest users of memory when it was found.
    pub(super) neighbours: Vec<Neighbour>,
    /// What the program was doing before, if it tells.
    pub(super) goroutines: Option<Growth>,
}

impl Desk {
    /// Takes up where the store was left.
    pub(super) async fn open(
        store: &Store,
        source: SourceId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let open = store.ledger().open_runs(source).await?;
        let down = store.ledger().down_runs(source).await?;
        let mut ledger = Ledger::restore(open, down);
        if let Some(last) = store.events().last_at(source).await? {
            for event in store.events().since(source, last - REREAD).await? {
                ledger.observe_event(&event);
            }
        }
        let known = store.containers().known(source).await?;
        // Whatever was still lasting when we ended is told anew by the source if it still lasts.
        store.coverage().close(source, GapKind::Events, now).await?;
        let last_poll_at = store.sources().last_poll_at(source).await?;
        let mut scenes = Scenes::default();
        for open in store.black_boxes().incomplete(source, now - REREAD).await? {
            scenes.open(OpenBox {
                container: EngineId(open.engine_id),
                next: None,
                run_started_at: open.run_started_at,
                ended_at: open.ended_at,
            });
        }
        Ok(Self {
            source,
            ledger,
            containers: known
                .into_iter()
                .map(|known| {
                    let keys = Some(known.keys);
                    (
                        known.id,
                        Known {
                            keys,
                            is_present: true,
                            ..Known::default()
                        },
                    )
                })
                .collect(),
            incoming: Incoming::default(),
            readings: Readings::default(),
            found: Vec::new(),
            health: None,
            events_tell_causes: true,
            clock_offset: TimeDelta::zero(),
            scenes,
            seen_until: Timestamp::MIN_UTC,
            settled_at: Timestamp::MIN_UTC,
            last_poll_at,
        })
    }

    /// Takes what the source says: to the ledger at once, to the store with the next round of writing.
    pub(super) fn take(&mut self, body: Body) {
        match body {
            Body::Event(event) => {
                if event.action == Action::Destroy {
                    self.removed(event.container.clone(), event.at);
                }
                self.settle_before(event.at);
                self.ledger.observe_event(&event);
                self.incoming.events.push(event);
            }
            Body::Poll(poll) => self.take_poll(poll),
            Body::Gap(gap) => {
                self.ledger.gap(&gap);
                self.incoming.gaps.push(gap);
            }
            Body::Health(health) => {
                if let Some(engine) = &health.engine {
                    self.events_tell_causes = engine.tells_causes();
                    self.clock_offset =
                        TimeDelta::milliseconds(engine.clock_offset_ms.unwrap_or_default());
                }
                self.incoming.health = Some(health);
            }
            Body::Probe(probe) => self.incoming.probes.push(probe),
            Body::Log(tail) => self.scenes.log(tail),
            Body::Profile(container, seen) => {
                if let Some(known) = self.containers.get_mut(&container) {
                    known.profiles.push(seen);
                }
            }
        }
    }

    fn take_poll(&mut self, poll: Poll) {
        if let Some(last) = self.last_poll_at.take()
            && poll.tick - last > NOT_WATCHING
        {
            self.incoming.gaps.push(Gap {
                kind: GapKind::Polls,
                from: last,
                to: Some(poll.tick),
                reason: "Inquest was not watching".to_owned(),
            });
        }
        self.seen_until = self.seen_until.max(poll.tick);
        self.settle_before(poll.tick);
        self.ledger.observe_poll(&poll);
        if poll.complete {
            let listed: HashSet<&EngineId> =
                poll.states.iter().map(|state| &state.spec.id).collect();
            let gone: Vec<EngineId> = self
                .containers
                .iter()
                .filter(|(id, known)| known.is_present && !listed.contains(id))
                .map(|(id, _)| id.clone())
                .collect();
            for id in gone {
                self.removed(id, poll.tick);
            }
            self.forget(poll.tick);
        }
        for state in poll.states {
            self.take_state(state);
        }
        self.take_samples(poll.tick, poll.samples);
    }

    fn take_state(&mut self, seen: Observation) {
        let id = seen.spec.id.clone();
        let known = self.containers.entry(id.clone()).or_default();
        let is_news =
            known.keys.is_none() || known.told.as_ref().is_none_or(|told| !told.covers(&seen));
        if seen.state != ContainerState::Removed {
            known.is_present = true;
            self.incoming.removed.remove(&id);
        }
        if is_news || self.incoming.states.contains_key(&id) {
            self.incoming.states.insert(id, seen);
        }
    }

    fn take_samples(&mut self, tick: Timestamp, samples: Vec<(EngineId, Sample)>) {
        let mut named = Vec::with_capacity(samples.len());
        for (id, sample) in samples {
            let known = match self.containers.get_mut(&id) {
                Some(known) => known,
                None => self.containers.entry(id.clone()).or_default(),
            };
            known.ring.push(&sample);
            match known.keys {
                Some(keys) => named.push((keys.container, sample)),
                None => self.readings.unnamed.push((tick, id, sample)),
            }
        }
        if !named.is_empty() {
            self.readings.ticks.push(Tick {
                at: tick,
                samples: named,
            });
        }
    }

    /// Readings that wait to be written. What was never inspected has no name to be kept under; its next reading will.
    pub(super) fn take_readings(&mut self) -> Vec<Tick> {
        let Readings { mut ticks, unnamed } = std::mem::take(&mut self.readings);
        ticks.extend(unnamed.into_iter().filter_map(|(at, id, sample)| {
            let samples = vec![(self.key(&id)?, sample)];
            Some(Tick { at, samples })
        }));
        ticks
    }

    /// What has come in, if anything has.
    pub(super) fn take_incoming(&mut self) -> Option<Incoming> {
        (!self.incoming.is_empty()).then(|| std::mem::take(&mut self.incoming))
    }

    /// Whether an end waits to be judged.
    pub(super) fn has_deaths(&self) -> bool {
        self.found
            .iter()
            .any(|found| matches!(found.step, Step::Died(_)))
    }

    /// The store was told of a state.
    pub(super) fn told(&mut self, seen: &Observation) {
        if let Some(known) = self.containers.get_mut(&seen.spec.id) {
            known.told = Some(Told::from(seen));
        }
    }

    /// The store was told that a container was removed.
    pub(super) fn told_removed(&mut self, id: &EngineId) {
        if let Some(known) = self.containers.get_mut(id) {
            known.told = None;
        }
    }

    /// Our number for a container, if it has one.
    pub(super) fn key(&self, id: &EngineId) -> Option<ContainerKey> {
        let keys = self.containers.get(id)?.keys?;
        Some(keys.container)
    }

    /// Lets go of containers that were removed, once that is written and their ends were judged.
    fn forget(&mut self, now: Timestamp) {
        let removed = &self.incoming.removed;
        self.containers.retain(|id, known| {
            known.is_present
                || removed.contains_key(id)
                || known.ring.newest().is_some_and(|at| now - at < ring::REACH)
        });
    }

    fn removed(&mut self, id: EngineId, at: Timestamp) {
        if let Some(known) = self.containers.get_mut(&id) {
            known.is_present = false;
        }
        self.incoming.removed.insert(id, at);
    }

    /// Lets settle what is due by our `now`, by the engine's clock.
    pub(super) fn settle_by(&mut self, now: Timestamp) {
        self.settle(now + self.clock_offset);
    }

    /// What the time of an event or a poll leaves behind has settled: a stream keeps its order, and events are taken before polls. After
    /// an outage thousands of them come at once, and the ledger remembers only the newest of each container.
    fn settle_before(&mut self, at: Timestamp) {
        const STEP: TimeDelta = TimeDelta::seconds(1);

        if at - self.settled_at >= STEP {
            self.settled_at = at;
            self.settle(at);
        }
    }

    fn settle(&mut self, at: Timestamp) {
        let mut users = None;
        for step in self.ledger.due(at) {
            let (mut samples, mut neighbours, mut goroutines) = (None, Vec::new(), None);
            if let Step::Died(death) = &step {
                if let Some(known) = self.containers.get_mut(&death.spec.id) {
                    samples = known.ring.range(ring::reach(death), death.ended_at);
                    goroutines = known.profiles.take(death.run_started_at, death.ended_at);
                }
                // Of ends that settle together the users are counted once.
                let users = users.get_or_insert_with(|| self.memory_users());
                let last = samples.iter().flatten().next_back();
                neighbours = self.neighbours(users, &death.spec.id, death.ended_at, last);
            }
            self.found.push(Found {
                step,
                samples,
                neighbours,
                goroutines,
            });
        }
    }

    /// Who uses how much memory, by the newest reading of each container.
    fn memory_users(&self) -> Vec<(EngineId, Neighbour)> {
        let users = self.containers.iter().filter_map(|(id, known)| {
            let reading = known.ring.newest_reading()?;
            let neighbour = Neighbour {
                workload: known.keys?.workload,
                working_set_bytes: reading.working_set_bytes?,
                limit_bytes: reading.limit_bytes,
                at: reading.at,
                is_itself: false,
            };
            Some((id.clone(), neighbour))
        });
        users.collect()
    }

    /// The largest users at the moment of an end. Its own reading is the last before it, not one of the next run.
    fn neighbours(
        &self,
        users: &[(EngineId, Neighbour)],
        ended: &EngineId,
        at: Timestamp,
        last: Option<&Sample>,
    ) -> Vec<Neighbour> {
        /// Readings farther from the end say nothing about it: three polls at the usual interval.
        const NEAR: TimeDelta = TimeDelta::seconds(30);

        let others = users
            .iter()
            .filter(|(id, user)| id != ended && (user.at - at).abs() <= NEAR)
            .map(|(_, user)| *user);
        let itself = last.and_then(|last| {
            Some(Neighbour {
                workload: self.containers.get(ended)?.keys?.workload,
                working_set_bytes: last.working_set_bytes?,
                limit_bytes: last.limit_bytes,
                at: last.at,
                is_itself: true,
            })
        });
        black_box::largest(others.chain(itself).collect())
    }

    /// Readings that led up to an end, if they are all here.
    pub(super) fn readings_before(&self, death: &domain::ledger::Death) -> Option<Vec<Sample>> {
        let known = self.containers.get(&death.spec.id)?;
        known.ring.range(ring::reach(death), death.ended_at)
    }

    /// Black boxes whose minutes after the end are over, with the readings of those minutes.
    pub(super) fn boxes_over(&mut self) -> Vec<(OpenBox, Vec<Sample>)> {
        let over = self.scenes.over(self.seen_until);
        let with_readings = over.into_iter().map(|open| {
            let begin = open.ended_at + TimeDelta::milliseconds(1);
            let of = |id: &EngineId| {
                self.containers
                    .get(id)
                    .map(|known| known.ring.what_is_here(begin, open.ended_at + AFTER))
            };
            let mut readings = of(&open.container).unwrap_or_default();
            let next = open.next.as_ref().filter(|next| **next != open.container);
            readings.extend(next.and_then(of).unwrap_or_default());
            (open, readings)
        });
        with_readings.collect()
    }

    /// Whether the engine reports OOM kills and stops as events.
    pub(super) fn events_tell_causes(&self) -> bool {
        self.events_tell_causes
    }
}
