//! Inquest's writing half, in a thread and a runtime of its own: the database answers in real time, the fleet lives in another one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread::{self, JoinHandle},
};

use chrono::DateTime;
use domain::{Timestamp, ids::SourceId, source::SourceKind};
use server::{
    analyze::Recorder,
    collect::{
        clock::OurClock,
        outbox::{self, Outbox},
    },
    live::Live,
    store::Store,
};
use tokio_util::sync::CancellationToken;

/// What the thread is asked for. It answers when that is done.
enum Order {
    /// Take what waits, write it, judge what has settled.
    Turn,
    /// Compress what is old.
    Seal,
}

/// The recorder's handle. Simulated time stands still while it works.
pub(crate) struct Writing {
    orders: Sender<Order>,
    done: Receiver<()>,
    now_micros: Arc<AtomicI64>,
    pub(crate) outbox: Outbox,
    pub(crate) source: SourceId,
    thread: JoinHandle<()>,
}

impl Writing {
    /// Starts it with an empty database.
    pub(crate) fn start(url: String, endpoint: String, now: Timestamp) -> Self {
        let (orders, received) = mpsc::channel();
        let (finished, done) = mpsc::sync_channel(1);
        let (told_source, source) = mpsc::sync_channel(1);
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let now_micros = Arc::new(AtomicI64::new(now.timestamp_micros()));
        let clock = clock(&now_micros);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let store = runtime.block_on(Store::open_at(&url, clock.now())).unwrap();
            let source = runtime
                .block_on(
                    store
                        .sources()
                        .upsert("engine", SourceKind::Docker, &endpoint, 10_000),
                )
                .unwrap();
            told_source.send(source).unwrap();
            let recorder = Recorder::new(store.clone(), Live::default(), CancellationToken::new())
                .with_clock(clock.clone());
            runtime.block_on(work(recorder, inbox, &store, &clock, &received, &finished));
            runtime.block_on(store.close());
        });
        Self {
            source: source.recv().unwrap(),
            orders,
            done,
            now_micros,
            outbox,
            thread,
        }
    }

    /// Has everything written that has come in by `now`, and ends judged that have settled by then.
    pub(crate) fn turn(&self, now: Timestamp) {
        self.order(Order::Turn, now);
    }

    /// Has old readings compressed.
    pub(crate) fn seal(&self, now: Timestamp) {
        self.order(Order::Seal, now);
    }

    fn order(&self, order: Order, now: Timestamp) {
        self.now_micros
            .store(now.timestamp_micros(), Ordering::SeqCst);
        self.orders.send(order).unwrap();
        self.done.recv().unwrap();
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        drop(self.orders);
        self.thread.join().unwrap();
    }
}

async fn work(
    mut recorder: Recorder,
    mut inbox: outbox::Inbox,
    store: &Store,
    clock: &OurClock,
    received: &Receiver<Order>,
    finished: &SyncSender<()>,
) {
    // Waiting here blocks the runtime, which has nothing else to do.
    while let Ok(order) = received.recv() {
        match order {
            Order::Turn => recorder.turn(&mut inbox, false).await,
            Order::Seal => {
                recorder.turn(&mut inbox, true).await;
                store.samples().seal(clock.now()).await.unwrap();
            }
        }
        finished.send(()).unwrap();
    }
}

fn clock(now_micros: &Arc<AtomicI64>) -> OurClock {
    let now_micros = Arc::clone(now_micros);
    OurClock::told_by(move || {
        DateTime::from_timestamp_micros(now_micros.load(Ordering::SeqCst)).unwrap_or_default()
    })
}
