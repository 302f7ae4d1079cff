//! What sources say is so: events, states of containers, gaps, probes, their own health.

use std::collections::HashMap;

use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId},
    workload::ContainerSpec,
};

use super::Recorder;
use crate::{
    analyze::desk::{Desk, Incoming},
    collect::Health,
    live::LiveEvent,
};

/// Containers that get their numbers in one transaction, in a handful of statements.
const RESOLVED_AT_ONCE: usize = 1_000;

impl Recorder {
    /// Writes what has come in, up to the health of the source: that is told last, since it says that all before was seen.
    pub(super) async fn write_facts(&self, desk: &mut Desk, incoming: Incoming) -> Option<Health> {
        let (store, source) = (&self.store, desk.source);
        if !incoming.events.is_empty() {
            let events = &incoming.events;
            self.persist(|| async move { store.events().append(source, events).await })
                .await;
        }
        let states: Vec<&Observation> = incoming.states.values().collect();
        self.resolve(desk, &states).await;
        self.write_states(desk, &states).await;
        self.write_removed(desk, &incoming).await;
        for gap in &incoming.gaps {
            self.persist(|| async move { store.coverage().record(source, gap).await })
                .await;
            self.live.publish(LiveEvent::Timeline {
                workload: None,
                at: gap.from,
            });
        }
        self.write_probes(desk, &incoming).await;
        incoming.health
    }

    async fn write_removed(&self, desk: &mut Desk, incoming: &Incoming) {
        let store = &self.store;
        let (ids, removed): (Vec<&EngineId>, Vec<(ContainerKey, Timestamp)>) = incoming
            .removed
            .iter()
            .filter_map(|(id, at)| Some((id, (desk.key(id)?, *at))))
            .unzip();
        if removed.is_empty() {
            return;
        }
        let removed = &removed;
        self.persist(|| async move { store.containers().set_removed(removed).await })
            .await;
        for id in ids {
            desk.told_removed(id);
        }
    }

    async fn write_probes(&self, desk: &Desk, incoming: &Incoming) {
        let store = &self.store;
        // Of a container of which several things were said the last counts.
        let probes: HashMap<ContainerKey, Option<&str>> = incoming
            .probes
            .iter()
            .filter_map(|probe| Some((desk.key(&probe.container)?, probe.problem.as_deref())))
            .collect();
        if probes.is_empty() {
            return;
        }
        let probes: Vec<(ContainerKey, Option<&str>)> = probes.into_iter().collect();
        let probes = &probes;
        self.persist(|| async move { store.containers().set_probes(probes).await })
            .await;
    }

    /// Gives numbers to containers that are seen for the first time: when an engine is new, to all of them.
    async fn resolve(&self, desk: &mut Desk, states: &[&Observation]) {
        let new: Vec<(&ContainerSpec, Timestamp)> = states
            .iter()
            .filter(|seen| desk.key(&seen.spec.id).is_none())
            .map(|seen| (&seen.spec, seen.at))
            .collect();
        for batch in new.chunks(RESOLVED_AT_ONCE) {
            if !self.resolve_batch(desk, batch).await {
                // One that the database refuses must not cost the others their numbers.
                for one in batch.chunks(1) {
                    self.resolve_batch(desk, one).await;
                }
            }
        }
    }

    async fn resolve_batch(&self, desk: &mut Desk, batch: &[(&ContainerSpec, Timestamp)]) -> bool {
        let (store, source) = (&self.store, desk.source);
        let resolved = self
            .persist(|| async move { store.containers().resolve_all(source, batch).await })
            .await;
        let Some(resolved) = resolved else {
            return false;
        };
        for ((spec, _), keys) in batch.iter().zip(resolved) {
            let known = desk.containers.entry(spec.id.clone());
            known.or_default().keys = Some(keys);
        }
        true
    }

    async fn write_states(&self, desk: &mut Desk, states: &[&Observation]) {
        let store = &self.store;
        let states: Vec<(ContainerKey, &Observation)> = states
            .iter()
            .filter_map(|seen| Some((desk.key(&seen.spec.id)?, *seen)))
            .collect();
        if states.is_empty() {
            return;
        }
        let told = &states;
        let written = self
            .persist(|| async move { store.containers().set_states(told).await })
            .await;
        if written.is_some() {
            for (_, seen) in told {
                desk.told(seen);
            }
        }
    }

    pub(super) async fn write_health(&self, desk: &mut Desk, health: Health) {
        let (store, source) = (&self.store, desk.source);
        let told = &health;
        self.persist(|| async move { store.sources().set_health(source, told).await })
            .await;
        let news = desk.health.as_ref().is_none_or(|before| {
            before.state != health.state
                || before.problem != health.problem
                || before.events_connected != health.events_connected
        });
        if news {
            self.live.publish(LiveEvent::Source { source });
        }
        desk.health = Some(health);
    }
}
