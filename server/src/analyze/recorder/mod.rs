//! The recorder: the one task that writes what sources say.
//!
//! It takes what waits in the queue and feeds the ledgers. A few times a second it writes what is new: events first, since they are what a
//! ledger is rebuilt from, then states, then ends with their verdicts in one transaction. Readings are written once a second, those of all
//! sources together, and always before an end that they explain. When the database does not answer it tries again until it does. Sources
//! never wait for that: their queue fills, polls that no longer fit are dropped and become coverage gaps.

mod ends;
mod facts;
mod readings;

use std::{collections::HashMap, future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use domain::ids::SourceId;
use metrics::{counter, gauge, histogram};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::{
    desk::Desk,
    metrics::{QUEUE, STORE_REFUSALS, STORE_RETRIES, WRITE_SECONDS},
    stalled::Stalled,
};
use crate::{
    collect::{Message, clock::OurClock, outbox::Inbox},
    live::Live,
    store::{Store, StoreError},
};

/// How often what is new is written, and ends are looked at that have settled although nothing else happened.
const BEAT: Duration = Duration::from_millis(250);
/// How often readings are written: a page that is open shows them within the second, and a transaction has many of them.
const READINGS_EVERY: Duration = Duration::from_secs(1);
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
