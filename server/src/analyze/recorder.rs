//! The recorder: the one task that writes what sources say.
//!
//! It takes what waits in the queue and feeds the ledgers. A few times a second it writes what is new: events first, since they are what a
//! ledger is rebuilt from, then states, then ends with their verdicts in one transaction. Readings are written once a second, those of all
//! sources together, and always before an end that they explain. When the database does not answer it tries again until it does. Sources
//! never wait for that: their queue fills, polls that no longer fit are dropped and become coverage gaps.

use std::{collections::HashMap, future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use domain::{
    Timestamp,
    fact::Observation,
    ids::{ContainerKey, EngineId, SourceId},
    ledger::{Death, LedgerChange, Step},
    log::LogTail,
    panic::Panic,
    restart::Restart,
    sample::Sample,
    workload::ContainerSpec,
};
use metrics::{counter, gauge, histogram};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::{
    desk::{Desk, Incoming},
    metrics::{
        QUEUE, SAMPLES_REFUSED, SAMPLES_WRITTEN, STORE_REFUSALS, STORE_RETRIES, VERDICTS,
        WRITE_SECONDS,
    },
    ring, scene,
    stalled::Stalled,
    window,
};
use crate::{
    collect::{Health, Message, clock::OurClock, outbox::Inbox},
    live::{Live, LiveEvent},
    store::{Appended, Beside, Recorded, Store, StoreError, Tick},
};

/// How often what is new is written, and ends are looked at that have settled although nothing else happened.
const BEAT: Duration = Duration::from_millis(250);
/// How often readings are written: a page that is open shows them within the second, and a transaction has many of them.
const READINGS_EVERY: Duration = Duration::from_secs(1);
/// Containers that get their numbers in one transaction, in a handful of statements.
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
    readings_due: Instant,
    stalled: Stalled,
    clock: OurClock,
    /// Whether what comes in is news, of which alert rules are told; history is not.
    is_news: bool,
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
            readings_due: Instant::now(),
            stalled: Stalled::default(),
            clock: OurClock::default(),
            is_news: false,
        }
    }

    /// The same by another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: OurClock) -> Self {
        Self { clock, ..self }
    }

    /// The same for who sets the beat himself while things happen: alert rules are told of what comes in, as they are in
    /// [`Recorder::run`].
    #[must_use]
    pub fn telling_rules(self) -> Self {
        Self {
            is_news: true,
            ..self
        }
    }

    /// For who asks, while it runs, whether it can write.
    pub fn stalled(&self) -> Stalled {
        self.stalled.clone()
    }

    /// Records until every source is gone or it is told to stop.
    pub async fn run(mut self, mut inbox: Inbox) {
        self.is_news = true;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut last = false;
            tokio::select! {
                biased;
                () = self.stop.cancelled() => last = true,
                _ = beat.tick() => {}
                message = inbox.recv() => match message {
                    Some(message) => {
                        self.take(message).await;
                        continue;
                    }
                    None => last = true,
                },
            }
            self.turn(&mut inbox, last).await;
            if last {
                return;
            }
        }
    }

    /// Takes all that waits and writes what is new: what [`Recorder::run`] does at each beat, for who sets the beat himself.
    pub async fn turn(&mut self, inbox: &mut Inbox, readings_too: bool) {
        let (polls, events) = inbox.depth();
        gauge!(QUEUE, "queue" => "polls").set(polls as f64);
        gauge!(QUEUE, "queue" => "events").set(events as f64);
        // All of it, before ends are judged: the `oom` that explains one may still be waiting.
        while let Some(message) = inbox.try_recv() {
            self.take(message).await;
        }
        self.write_all(readings_too).await;
    }

    /// Records what is told at once, in its order: history rather than news.
    pub async fn record(&mut self, messages: impl IntoIterator<Item = Message>) {
        for message in messages {
            self.take(message).await;
        }
        self.write_all(true).await;
    }

    async fn take(&mut self, message: Message) {
        if !self.desks.contains_key(&message.source) {
            let (store, now) = (&self.store, self.clock.now());
            let Some(desk) = self
                .persist(|| async move { Desk::open(store, message.source, now).await })
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

    /// Writes what is new; readings only when it is their time or an end is to be judged by them.
    async fn write_all(&mut self, readings_too: bool) {
        let begun = Instant::now();
        let mut desks = std::mem::take(&mut self.desks);
        let mut wrote = false;
        let mut health = Vec::new();
        for desk in desks.values_mut() {
            desk.settle_by(self.clock.now());
            let incoming = desk.take_incoming();
            wrote |= incoming.is_some() || !desk.found.is_empty();
            if let Some(incoming) = incoming {
                health.push((desk.source, self.write_facts(desk, incoming).await));
            }
        }
        let judges = desks.values().any(Desk::has_deaths);
        if readings_too || judges || begun >= self.readings_due {
            self.readings_due = begun + READINGS_EVERY;
            wrote |= self.write_readings(&mut desks).await;
        }
        for desk in desks.values_mut() {
            self.write_ledger(desk).await;
            self.write_boxes(desk).await;
        }
        for (source, health) in health {
            if let (Some(desk), Some(health)) = (desks.get_mut(&source), health) {
                self.write_health(desk, health).await;
            }
        }
        self.desks = desks;
        if wrote {
            histogram!(WRITE_SECONDS).record(begun.elapsed().as_secs_f64());
        }
    }

    /// Writes what has come in, up to the health of the source: that is told last, since it says that all before was seen.
    async fn write_facts(&self, desk: &mut Desk, incoming: Incoming) -> Option<Health> {
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

    /// Whether there were any.
    async fn write_readings(&self, desks: &mut HashMap<SourceId, Desk>) -> bool {
        let store = &self.store;
        let ticks: Vec<(SourceId, Vec<Tick>)> = desks
            .values_mut()
            .map(|desk| (desk.source, desk.take_readings()))
            .filter(|(_, ticks)| !ticks.is_empty())
            .collect();
        let polls: Vec<(SourceId, &[Tick])> = ticks
            .iter()
            .map(|(source, ticks)| (*source, ticks.as_slice()))
            .collect();
        if polls.is_empty() {
            return false;
        }
        let polls = &polls;
        let written = self
            .persist(|| async move { store.samples().append_all(polls).await })
            .await;
        if let Some(Appended { written, too_late }) = written {
            counter!(SAMPLES_WRITTEN).increment(written);
            if too_late > 0 {
                counter!(SAMPLES_REFUSED, "reason" => "too_late").increment(too_late);
                warn!(
                    readings = too_late,
                    "not recorded: readings of the same source are stored that are more than a week newer"
                );
            }
            for (source, ticks) in polls {
                if let Some(at) = ticks.iter().map(|tick| tick.at).max() {
                    self.live.publish(LiveEvent::Poll {
                        source: *source,
                        at,
                    });
                }
            }
        }
        true
    }

    async fn write_ledger(&self, desk: &mut Desk) {
        let (mut changes, mut beside) = (Vec::new(), Vec::new());
        for found in std::mem::take(&mut desk.found) {
            changes.push(match found.step {
                Step::Began(run) => LedgerChange::Began(run),
                Step::Died(death) => {
                    let log = desk.scenes.log_of(&death);
                    let samples = self.readings(desk, &death, found.samples).await;
                    let (entry, panic) = self.judge(desk, &death, &samples, log.as_ref()).await;
                    beside.push(Beside {
                        container: death.spec.id.clone(),
                        run_started_at: death.run_started_at,
                        log,
                        panic,
                        black_box: Some(scene::black_box(&death, &samples, found.neighbours)),
                    });
                    desk.scenes.judged(death);
                    LedgerChange::Ended(Box::new(entry))
                }
                Step::CameBack(back) => LedgerChange::CameBack(back),
                Step::ChildOutOfMemory { container, at } => {
                    LedgerChange::ChildOutOfMemory { container, at }
                }
            });
        }
        self.judge_again(desk, &mut changes, &mut beside).await;
        if changes.is_empty() {
            return;
        }
        let (store, source) = (&self.store, desk.source);
        let (changes, beside) = (&changes, &beside);
        let (is_news, now) = (self.is_news, self.clock.now());
        let recorded = self
            .persist(|| async move {
                let ledger = store.ledger();
                if is_news {
                    ledger.record_news(source, changes, beside, now).await
                } else {
                    ledger.record_with(source, changes, beside).await
                }
            })
            .await;
        for news in recorded.into_iter().flatten() {
            if let Recorded::Restart {
                incident: Some(incident),
                at,
                ..
            } = news
            {
                self.live.publish(LiveEvent::Incident { incident, at });
            }
            self.live.publish(match news {
                Recorded::Restart {
                    workload,
                    restart,
                    at,
                    ..
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

    /// Ends whose log came after their verdict. What the log says may change it; the store keeps the verdict before.
    async fn judge_again(
        &self,
        desk: &mut Desk,
        changes: &mut Vec<LedgerChange>,
        beside: &mut Vec<Beside>,
    ) {
        if !desk.scenes.has_logs() {
            return;
        }
        for (log, death) in desk.scenes.late_logs() {
            let in_memory = desk.readings_before(&death);
            let samples = self.readings(desk, &death, in_memory).await;
            let (entry, panic) = self.judge(desk, &death, &samples, Some(&log)).await;
            changes.push(LedgerChange::Ended(Box::new(entry)));
            beside.push(Beside {
                container: death.spec.id.clone(),
                run_started_at: death.run_started_at,
                log: Some(log),
                panic,
                black_box: None,
            });
        }
        // Ends that were judged before Inquest was restarted: their verdicts stay, their logs are kept.
        for log in desk.scenes.left_over() {
            let (store, source) = (&self.store, desk.source);
            let log = &log;
            self.persist(|| async move { store.ledger().keep_log(source, log).await })
                .await;
        }
    }

    /// Completes black boxes whose minutes are over.
    async fn write_boxes(&self, desk: &mut Desk) {
        for (open, mut after) in desk.boxes_over() {
            let Some(container) = desk.key(&open.container) else {
                continue;
            };
            if after.is_empty() {
                // Inquest was restarted meanwhile.
                after = self
                    .stored_samples(container, open.ended_at, open.until())
                    .await;
            }
            let (store, after) = (&self.store, &after);
            let (run, until) = (open.run_started_at, open.until());
            self.persist(|| async move {
                store
                    .black_boxes()
                    .complete(container, run, until, after)
                    .await
            })
            .await;
        }
    }

    /// The readings that led up to an end.
    async fn readings(
        &self,
        desk: &Desk,
        death: &Death,
        in_memory: Option<Vec<Sample>>,
    ) -> Vec<Sample> {
        match (in_memory, desk.key(&death.spec.id)) {
            (Some(samples), _) => samples,
            (None, Some(container)) => {
                self.stored_samples(container, ring::reach(death), death.ended_at)
                    .await
            }
            (None, None) => Vec::new(),
        }
    }

    /// The entry for an end, and what the program said of it. Without a log, what is known from one that came earlier.
    async fn judge(
        &self,
        desk: &Desk,
        death: &Death,
        samples: &[Sample],
        log: Option<&LogTail>,
    ) -> (Restart, Option<Panic>) {
        let panic = match (log, desk.key(&death.spec.id)) {
            (Some(log), _) if log.reason().is_none() => log.panic(),
            (_, Some(container)) => {
                let (store, run) = (&self.store, death.run_started_at);
                self.persist(|| async move { store.panic_of(container, run).await })
                    .await
                    .flatten()
            }
            (_, None) => None,
        };
        let entry = window::entry(death, samples, panic.as_ref(), desk.events_tell_causes());
        counter!(
            VERDICTS,
            "cause" => entry.verdict.cause.name(),
            "confidence" => entry.verdict.confidence.name()
        )
        .increment(1);
        (entry, panic)
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

    async fn write_health(&self, desk: &mut Desk, health: Health) {
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
                self.stalled.begin(std::time::Instant::now());
                warn!(%error, ?pause, "the database does not answer; trying again");
            })
            .await;
        self.stalled.end();
        outcome
            .inspect_err(|error| {
                counter!(STORE_REFUSALS).increment(1);
                error!(%error, cause = ?std::error::Error::source(error), "not recorded");
            })
            .ok()
    }
}
