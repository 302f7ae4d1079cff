//! Inquest's half of a simulated fleet, in a thread and a runtime of its own: its database answers in real time, while the fleet lives in
//! another runtime, whose time stands still meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{self, Receiver, Sender, SyncSender},
    },
    thread::{self, JoinHandle},
};

use chrono::DateTime;
use domain::Timestamp;
use server::collect::clock::OurClock;

/// The thread's handle.
pub(crate) struct Aside<O> {
    orders: Sender<O>,
    done: Receiver<()>,
    now_micros: Arc<AtomicI64>,
    thread: JoinHandle<()>,
}

/// What the thread is told to do.
pub(crate) struct Orders<O> {
    received: Receiver<O>,
    finished: SyncSender<()>,
}

impl<O: Send + 'static> Aside<O> {
    /// Starts a thread that works by a clock which stands at the time of its last order.
    pub(crate) fn start<F: Future<Output = ()>>(
        now: Timestamp,
        work: impl FnOnce(OurClock, Orders<O>) -> F + Send + 'static,
    ) -> Self {
        let (orders, received) = mpsc::channel();
        let (finished, done) = mpsc::sync_channel(1);
        let now_micros = Arc::new(AtomicI64::new(now.timestamp_micros()));
        let clock = clock(&now_micros);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(work(clock, Orders { received, finished }));
        });
        Self {
            orders,
            done,
            now_micros,
            thread,
        }
    }

    /// Has something done, and waits until it is.
    pub(crate) fn order(&self, order: O, now: Timestamp) {
        self.now_micros
            .store(now.timestamp_micros(), Ordering::SeqCst);
        self.orders.send(order).unwrap();
        self.done.recv().unwrap();
    }

    /// Ends the thread.
    pub(crate) fn stop(self) {
        drop(self.orders);
        self.thread.join().unwrap();
    }
}

impl<O> Orders<O> {
    /// Does what is told, one thing after the other, until the handle is gone.
    pub(crate) async fn carry_out(self, mut work: impl AsyncFnMut(O)) {
        // Waiting here blocks the runtime, which has nothing else to do.
        while let Ok(order) = self.received.recv() {
            work(order).await;
            self.finished.send(()).unwrap();
        }
    }
}

fn clock(now_micros: &Arc<AtomicI64>) -> OurClock {
    let now_micros = Arc::clone(now_micros);
    OurClock::told_by(move || {
        DateTime::from_timestamp_micros(now_micros.load(Ordering::SeqCst)).unwrap_or_default()
    })
}
