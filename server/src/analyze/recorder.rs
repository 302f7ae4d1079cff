//! The recorder: the one task that writes what sources say.
//!
//! It takes all that waits in the queue, feeds the ledgers, and then writes it in one go: events first, since they are what a ledger is
//! rebuilt from, then numbers and states, then ends with their verdicts in one transaction. When the database does not answer it tries
//! again until it does. Sources never wait for that: their queue fills, polls that no longer fit are dropped and become coverage gaps.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable as _};
use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId, SourceId},
    ledger::{Death, LedgerChange, Step},
    restart::Restart,
    sample::Sample,
    workload::{ContainerSpec, ContainerState},
};
use metrics::{counter, gauge, histogram};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::{
    desk::{Desk, Incoming},
    metrics::{QUEUE, SAMPLES_WRITTEN, STORE_REFUSALS, STORE_RETRIES, VERDICTS, WRITE_SECONDS},
    ring, window,
};
use crate::{
    collect::{Message, outbox::Inbox},
    live::{Live, LiveEvent},
    store::{Recorded, Store, StoreError, Tick},
};

/// How often ends are looked at that have settled although nothing else happened.
const BEAT: Duration = Duration::from_millis(250);
/// Containers that get their numbers in one transaction. Each takes the database a fraction of a millisecond; a commit may take ten.
const RESOLVED_AT_ONCE: usize = 1_000;
/// The longest pause between two tries to reach the database.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug)]
pub struct Recorder {
    store: Store,
    live: Live,
    /// Set when nobody waits for the database any longer.
    stop: CancellationToken,
    desks: HashMap<SourceId, Desk>,
}

impl Recorder {
    /// A recorder that tells browsers through `live`. Cancelling `stop` ends it after what has come in was written; then it no longer
    /// waits for a database that is away.
    pub fn new(store: Store, live: Live, stop: CancellationToken) -> Self {
        Self {
            store,
            live,
            stop,
            desks: HashMap::new(),
        }
    }

    /// Records until every source is gone or it is told to stop.
    pub async fn run(mut self, mut inbox: Inbox) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut last = false;
            tokio::select! {
                biased;
                () = self.stop.cancelled() => last = true,
                message = inbox.recv() => match message {
                    Some(message) => self.take(message).await,
                    None => last = true,
                },
                _ = beat.tick() => {}
            }
            // All of it, before ends are judged: the `oom` that explains one may still be waiting.
            while let Some(message) = inbox.try_recv() {
                self.take(message).await;
            }
            let (polls, events) = inbox.depth();
            gauge!(QUEUE, "queue" => "polls").set(polls as f64);
            gauge!(QUEUE, "queue" => "events").set(events as f64);
            self.write_all().await;
            if last {
                return;
            }
        }
    }

    /// Records what is told at once, in its order: history rather than news.
    pub async fn record(&mut self, messages: impl IntoIterator<Item = Message>) {
        for message in messages {
            self.take(message).await;
        }
        self.write_all().await;
    }

    async fn take(&mut self, message: Message) {
        if !self.desks.contains_key(&message.source) {
            let store = &self.store;
            let Some(desk) = self
                .persist(|| async move { Desk::open(store, message.source).await })
                .await
            else {
                return;
            };
            self.desks.insert(message.source, desk);
        }
        if let Some(desk) = self.desks.get_mut(&message.source) {
            desk.take(message.body);
        }
    }

    async fn write_all(&mut self) {
        let mut desks = std::mem::take(&mut self.desks);
        for desk in desks.values_mut() {
            let begun = Instant::now();
            let incoming = std::mem::take(&mut desk.incoming);
            self.write_facts(desk, &incoming).await;
            self.write_ledger(desk).await;
            self.write_health(desk, incoming).await;
            histogram!(WRITE_SECONDS).record(begun.elapsed().as_secs_f64());
        }
        self.desks = desks;
    }

    async fn write_facts(&self, desk: &mut Desk, incoming: &Incoming) {
        let (store, source) = (&self.store, desk.source);
        if !incoming.events.is_empty() {
            let events = &incoming.events;
            self.persist(|| async move { store.events().append(source, events).await })
                .await;
        }
        let mut newest: BTreeMap<&EngineId, &Observation> = BTreeMap::new();
        for state in incoming.polls.iter().flat_map(|poll| &poll.states) {
            newest.insert(&state.spec.id, state);
        }
        self.resolve(desk, &newest).await;
        let states: Vec<(ContainerKey, &Observation)> = newest
            .into_iter()
            .filter_map(|(id, state)| Some((desk.keys.get(id)?.container, state)))
            .collect();
        if !states.is_empty() {
            let states = &states;
            self.persist(|| async move { store.containers().set_states(states).await })
                .await;
        }
        self.write_samples(desk, incoming).await;
        for (id, at) in &incoming.removed {
            let Some(keys) = desk.keys.get(id) else {
                continue;
            };
            self.persist(|| async move {
                store
                    .containers()
                    .note(keys.container, ContainerState::Removed, None, *at)
                    .await
            })
            .await;
        }
        for gap in &incoming.gaps {
            self.persist(|| async move { store.coverage().record(source, gap).await })
                .await;
            self.live.publish(LiveEvent::Timeline {
                workload: None,
                at: gap.from,
            });
        }
    }

    async fn write_samples(&self, desk: &Desk, incoming: &Incoming) {
        let (store, source) = (&self.store, desk.source);
        let ticks: Vec<Tick> = incoming
            .polls
            .iter()
            .map(|poll| Tick {
                at: poll.tick,
                // What was never inspected has no name to be kept under; its next reading will.
                samples: poll
                    .samples
                    .iter()
                    .filter_map(|(id, sample)| Some((desk.keys.get(id)?.container, *sample)))
                    .collect(),
            })
            .filter(|tick| !tick.samples.is_empty())
            .collect();
        let Some(at) = ticks.iter().map(|tick| tick.at).max() else {
            return;
        };
        let ticks = &ticks;
        let written = self
            .persist(|| async move { store.samples().append_ticks(source, ticks).await })
            .await;
        if written.is_some() {
            let count: usize = ticks.iter().map(|tick| tick.samples.len()).sum();
            counter!(SAMPLES_WRITTEN).increment(count as u64);
            self.live.publish(LiveEvent::Poll { source, at });
        }
    }

    /// Gives numbers to containers that are seen for the first time: when an engine is new, to all of them.
    async fn resolve(&self, desk: &mut Desk, newest: &BTreeMap<&EngineId, &Observation>) {
        let new: Vec<(&ContainerSpec, Timestamp)> = newest
            .iter()
            .filter(|(id, _)| !desk.keys.contains_key(**id))
            .map(|(_, state)| (&state.spec, state.at))
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
        let ids = batch.iter().map(|(spec, _)| spec.id.clone());
        desk.keys.extend(ids.zip(resolved));
        true
    }

    async fn write_ledger(&self, desk: &mut Desk) {
        let mut changes = Vec::new();
        for found in desk.due() {
            changes.push(match found.step {
                Step::Began(run) => LedgerChange::Began(run),
                Step::Died(death) => {
                    LedgerChange::Ended(Box::new(self.judge(desk, &death, found.samples).await))
                }
                Step::CameBack(back) => LedgerChange::CameBack(back),
                Step::ChildOutOfMemory { container, at } => {
                    LedgerChange::ChildOutOfMemory { container, at }
                }
            });
        }
        if changes.is_empty() {
            return;
        }
        let (store, source) = (&self.store, desk.source);
        let changes = &changes;
        let recorded = self
            .persist(|| async move { store.ledger().record(source, changes).await })
            .await;
        for news in recorded.into_iter().flatten() {
            self.live.publish(match news {
                Recorded::Restart {
                    workload,
                    restart,
                    at,
                } => LiveEvent::Restart {
                    workload,
                    restart,
                    at,
                },
                Recorded::Fact { workload, at } => LiveEvent::Timeline {
                    workload: Some(workload),
                    at,
                },
            });
        }
    }

    async fn judge(&self, desk: &Desk, death: &Death, in_memory: Option<Vec<Sample>>) -> Restart {
        let samples = match (in_memory, desk.keys.get(&death.spec.id)) {
            (Some(samples), _) => samples,
            (None, Some(keys)) => {
                self.stored_samples(keys.container, ring::reach(death), death.ended_at)
                    .await
            }
            (None, None) => Vec::new(),
        };
        let entry = window::entry(death, &samples, desk.events_tell_causes());
        counter!(
            VERDICTS,
            "cause" => entry.verdict.cause.name(),
            "confidence" => entry.verdict.confidence.name()
        )
        .increment(1);
        entry
    }

    async fn stored_samples(
        &self,
        container: ContainerKey,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Sample> {
        let store = &self.store;
        // Stored times are whole milliseconds.
        let to = to + chrono::TimeDelta::milliseconds(1);
        self.persist(|| async move { store.samples().tail(container, from, to).await })
            .await
            .unwrap_or_default()
    }

    async fn write_health(&self, desk: &mut Desk, incoming: Incoming) {
        let (store, source) = (&self.store, desk.source);
        for probe in &incoming.probes {
            let Some(keys) = desk.keys.get(&probe.container) else {
                continue;
            };
            self.persist(|| async move {
                store
                    .containers()
                    .set_probe(keys.container, probe.problem.as_deref())
                    .await
            })
            .await;
        }
        let Some(health) = incoming.health else {
            return;
        };
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

    /// Tries until the database answers. `None` when it refused, which trying again would not change, or when we are to stop.
    async fn persist<T, F>(&self, write: impl FnMut() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times();
        let outcome = write
            .retry(pauses)
            .when(|error: &StoreError| error.is_unavailable() && !self.stop.is_cancelled())
            .notify(|error, pause| {
                counter!(STORE_RETRIES).increment(1);
                warn!(%error, ?pause, "the database does not answer; trying again");
            })
            .await;
        outcome
            .inspect_err(|error| {
                counter!(STORE_REFUSALS).increment(1);
                error!(%error, cause = ?std::error::Error::source(error), "not recorded");
            })
            .ok()
    }
}
