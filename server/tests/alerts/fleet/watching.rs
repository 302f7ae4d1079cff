//! Inquest's half of a simulated fleet: recorder, analyzer, alert rules and dispatcher.

use std::{collections::HashMap, sync::mpsc};

use domain::{Timestamp, alert, ids::SourceId, source::SourceKind};
use server::{
    alerting::{Dispatcher, Watch},
    analyze::{Outlooks, Recorder, Worker},
    collect::{
        clock::OurClock,
        hint::Hint,
        outbox::{self, Inbox, Outbox},
    },
    live::Live,
    store::{Store, alerts::NewChannel},
};
use tokio_util::sync::CancellationToken;

use super::aside::{Aside, Orders};
use crate::scene::dispatcher;

/// What the thread is asked for. It answers when that is done.
enum Order {
    /// Take what waits, write it, judge what has settled.
    Turn,
    /// The same, then judge runs that last, look at all rules, and send what is to be said.
    Look,
    /// Compress what is old.
    Seal,
}

/// The thread's handle.
pub(super) struct Watching {
    aside: Aside<Order>,
    pub(super) outbox: Outbox,
    /// The engines by name, as sources, with what the analyzer tells them.
    pub(super) sources: HashMap<String, (SourceId, Hint)>,
}

impl Watching {
    /// Starts it with an empty database, the default rules and these channels.
    pub(super) fn start(
        url: String,
        engines: Vec<String>,
        channels: Vec<NewChannel>,
        now: Timestamp,
    ) -> Self {
        let (told_sources, sources) = mpsc::sync_channel(1);
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let aside = Aside::start(now, async move |clock, orders| {
            let store = Store::open_at(&url, clock.now()).await.unwrap();
            let sources = set_up(&store, engines, channels).await;
            told_sources.send(sources.clone()).unwrap();
            Desk::new(store.clone(), clock, &sources)
                .work(inbox, orders)
                .await;
            store.close().await;
        });
        Self {
            aside,
            outbox,
            sources: sources.recv().unwrap(),
        }
    }

    pub(super) fn turn(&self, now: Timestamp) {
        self.aside.order(Order::Turn, now);
    }

    pub(super) fn look(&self, now: Timestamp) {
        self.aside.order(Order::Look, now);
    }

    pub(super) fn seal(&self, now: Timestamp) {
        self.aside.order(Order::Seal, now);
    }

    pub(super) fn stop(self) {
        self.aside.stop();
    }
}

/// As a start of Inquest does it, and somebody who adds channels.
async fn set_up(
    store: &Store,
    engines: Vec<String>,
    channels: Vec<NewChannel>,
) -> HashMap<String, (SourceId, Hint)> {
    let alerts = store.alerts();
    alerts.provision(&alert::defaults(), &[]).await.unwrap();
    for channel in channels {
        alerts.put_channel(None, &channel).await.unwrap().unwrap();
    }
    let mut sources = HashMap::new();
    for name in engines {
        let id = store
            .sources()
            .upsert(&name, SourceKind::Docker, "simulated", 10_000)
            .await
            .unwrap();
        sources.insert(name, (id, Hint::default()));
    }
    sources
}

/// Everything that works on what sources say.
struct Desk {
    recorder: Recorder,
    worker: Worker,
    watch: Watch,
    dispatcher: Dispatcher,
    store: Store,
    clock: OurClock,
}

impl Desk {
    fn new(store: Store, clock: OurClock, sources: &HashMap<String, (SourceId, Hint)>) -> Self {
        let outlooks = Outlooks::default();
        let hints = sources.values().cloned().collect();
        let watched: Vec<SourceId> = sources.values().map(|(id, _)| *id).collect();
        Self {
            recorder: Recorder::new(store.clone(), Live::default(), CancellationToken::new())
                .with_clock(clock.clone())
                .telling_rules(),
            worker: Worker::new(store.clone(), Live::default(), outlooks.clone(), hints),
            watch: Watch::new(store.clone(), outlooks, watched),
            dispatcher: dispatcher(&store, true),
            store,
            clock,
        }
    }

    async fn work(mut self, mut inbox: Inbox, orders: Orders<Order>) {
        orders
            .carry_out(async |order| {
                let now = self.clock.now();
                match order {
                    Order::Turn => self.recorder.turn(&mut inbox, false).await,
                    Order::Look => {
                        self.recorder.turn(&mut inbox, true).await;
                        self.worker.round(now).await.unwrap();
                        self.watch.look(now).await.unwrap();
                        self.dispatcher.drain().await.unwrap();
                    }
                    Order::Seal => {
                        self.store.samples().seal(now).await.unwrap();
                    }
                }
            })
            .await;
    }
}
