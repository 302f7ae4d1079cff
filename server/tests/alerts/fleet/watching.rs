//! Inquest's half of a simulated fleet: recorder, analyzer, alert rules and dispatcher, in a thread and a runtime of their own. Database and
//! receivers answer in real time; the fleet lives in another runtime, whose time stands still meanwhile.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread::{self, JoinHandle},
};

use chrono::DateTime;
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
    orders: Sender<Order>,
    done: Receiver<()>,
    now_micros: Arc<AtomicI64>,
    pub(super) outbox: Outbox,
    /// The engines by name, as sources, with what the analyzer tells them.
    pub(super) sources: HashMap<String, (SourceId, Hint)>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Starts it with an empty database, the default rules and these channels.
    pub(super) fn start(
        url: String,
        engines: Vec<String>,
        channels: Vec<NewChannel>,
        now: Timestamp,
    ) -> Self {
        let (orders, received) = mpsc::channel();
        let (finished, done) = mpsc::sync_channel(1);
        let (told_sources, sources) = mpsc::sync_channel(1);
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let now_micros = Arc::new(AtomicI64::new(now.timestamp_micros()));
        let clock = clock(&now_micros);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let store = Store::open_at(&url, clock.now()).await.unwrap();
                let sources = set_up(&store, engines, channels).await;
                told_sources.send(sources.clone()).unwrap();
                Desk::new(store.clone(), clock, &sources)
                    .work(inbox, &received, &finished)
                    .await;
                store.close().await;
            });
        });
        Self {
            sources: sources.recv().unwrap(),
            orders,
            done,
            now_micros,
            outbox,
            thread,
        }
    }

    pub(super) fn turn(&self, now: Timestamp) {
        self.order(Order::Turn, now);
    }

    pub(super) fn look(&self, now: Timestamp) {
        self.order(Order::Look, now);
    }

    pub(super) fn seal(&self, now: Timestamp) {
        self.order(Order::Seal, now);
    }

    fn order(&self, order: Order, now: Timestamp) {
        self.now_micros
            .store(now.timestamp_micros(), Ordering::SeqCst);
        self.orders.send(order).unwrap();
        self.done.recv().unwrap();
    }

    pub(super) fn stop(self) {
        drop(self.orders);
        self.thread.join().unwrap();
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

    async fn work(
        mut self,
        mut inbox: Inbox,
        received: &Receiver<Order>,
        finished: &SyncSender<()>,
    ) {
        // Waiting here blocks the runtime, which has nothing else to do.
        while let Ok(order) = received.recv() {
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
            finished.send(()).unwrap();
        }
    }
}

fn clock(now_micros: &Arc<AtomicI64>) -> OurClock {
    let now_micros = Arc::clone(now_micros);
    OurClock::told_by(move || {
        DateTime::from_timestamp_micros(now_micros.load(Ordering::SeqCst)).unwrap_or_default()
    })
}
