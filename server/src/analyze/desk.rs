//! One source's desk: its ledger, what is known of its containers, and what has come in and is not written yet.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{TimeDelta, Utc};
use domain::{
    Timestamp,
    fact::{Action, EngineEvent, Gap, GapKind, Poll},
    ids::{EngineId, SourceId},
    ledger::{Ledger, Step},
    sample::Sample,
    workload::ContainerState,
};

use super::ring::{self, Ring};
use crate::{
    collect::{Body, Health, ProbeHealth},
    store::{Resolved, Store, StoreError},
};

/// Events this far back are read again after a start, so that an end that had not settled finds its evidence.
const REREAD: TimeDelta = TimeDelta::minutes(15);
/// Without a poll for this long before a start, nobody was watching: three times the usual interval.
const NOT_WATCHING: TimeDelta = TimeDelta::seconds(30);

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) source: SourceId,
    pub(super) ledger: Ledger,
    pub(super) keys: HashMap<EngineId, Resolved>,
    pub(super) rings: HashMap<EngineId, Ring>,
    pub(super) incoming: Incoming,
    /// The last health that was published.
    pub(super) health: Option<Health>,
    /// Containers the engine still has, as far as we know.
    present: HashSet<EngineId>,
    /// Podman reports neither OOM kills nor stops.
    is_podman: bool,
    clock_offset: TimeDelta,
    /// What the ledger has found and is not written yet.
    found: Vec<Found>,
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
}

/// What has come in since the last round of writing.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) events: Vec<EngineEvent>,
    pub(super) polls: Vec<Poll>,
    pub(super) gaps: Vec<Gap>,
    pub(super) removed: BTreeMap<EngineId, Timestamp>,
    pub(super) health: Option<Health>,
    pub(super) probes: Vec<ProbeHealth>,
}

impl Desk {
    /// Takes up where the store was left.
    pub(super) async fn open(store: &Store, source: SourceId) -> Result<Self, StoreError> {
        let open = store.ledger().open_runs(source).await?;
        let down = store.ledger().down_runs(source).await?;
        let mut ledger = Ledger::restore(open, down);
        if let Some(last) = store.events().last_at(source).await? {
            for event in store.events().since(source, last - REREAD).await? {
                ledger.observe_event(&event);
            }
        }
        let known = store.containers().known(source).await?;
        let now = Utc::now();
        // Whatever was still lasting when we ended is told anew by the source if it still lasts.
        store.coverage().close(source, GapKind::Events, now).await?;
        let last_poll_at = store.sources().last_poll_at(source).await?;
        Ok(Self {
            source,
            ledger,
            present: known.iter().map(|known| known.id.clone()).collect(),
            keys: known
                .into_iter()
                .map(|known| (known.id, known.keys))
                .collect(),
            rings: HashMap::new(),
            incoming: Incoming::default(),
            health: None,
            is_podman: false,
            clock_offset: TimeDelta::zero(),
            found: Vec::new(),
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
                    self.is_podman = engine.product.eq_ignore_ascii_case("podman");
                    self.clock_offset =
                        TimeDelta::milliseconds(engine.clock_offset_ms.unwrap_or_default());
                }
                self.incoming.health = Some(health);
            }
            Body::Probe(probe) => self.incoming.probes.push(probe),
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
        self.settle_before(poll.tick);
        self.ledger.observe_poll(&poll);
        if poll.complete {
            let listed: HashSet<&EngineId> =
                poll.states.iter().map(|state| &state.spec.id).collect();
            let gone: Vec<EngineId> = self
                .present
                .iter()
                .filter(|id| !listed.contains(id))
                .cloned()
                .collect();
            for id in gone {
                self.removed(id, poll.tick);
            }
            self.forget(poll.tick);
        }
        for state in &poll.states {
            if state.state != ContainerState::Removed {
                self.present.insert(state.spec.id.clone());
                self.incoming.removed.remove(&state.spec.id);
            }
        }
        for (id, sample) in &poll.samples {
            self.rings.entry(id.clone()).or_default().push(*sample);
        }
        self.incoming.polls.push(poll);
    }

    /// Lets go of containers that were removed, once their ends were judged.
    fn forget(&mut self, now: Timestamp) {
        let present = &self.present;
        self.rings.retain(|id, ring| {
            present.contains(id) || ring.newest().is_some_and(|at| now - at < ring::REACH)
        });
        let rings = &self.rings;
        self.keys
            .retain(|id, _| present.contains(id) || rings.contains_key(id));
    }

    fn removed(&mut self, id: EngineId, at: Timestamp) {
        self.present.remove(&id);
        self.incoming.removed.insert(id, at);
    }

    /// What the ledger has found by now, by the engine's clock.
    pub(super) fn due(&mut self) -> Vec<Found> {
        self.settle(Utc::now() + self.clock_offset);
        std::mem::take(&mut self.found)
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
        for step in self.ledger.due(at) {
            let samples = match &step {
                Step::Died(death) => self
                    .rings
                    .get(&death.spec.id)
                    .and_then(|ring| ring.range(ring::reach(death), death.ended_at)),
                _ => None,
            };
            self.found.push(Found { step, samples });
        }
    }

    /// Whether the engine reports OOM kills and stops as events.
    pub(super) fn events_tell_causes(&self) -> bool {
        !self.is_podman
    }
}
