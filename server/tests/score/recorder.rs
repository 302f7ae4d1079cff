//! Inquest's writing half.

use std::sync::mpsc;

use domain::{Timestamp, ids::SourceId, source::SourceKind};
use server::{
    analyze::Recorder,
    collect::outbox::{self, Outbox},
    live::Live,
    store::Store,
};
use tokio_util::sync::CancellationToken;

use crate::aside::Aside;

/// What the thread is asked for. It answers when that is done.
enum Order {
    /// Take what waits, write it, judge what has settled.
    Turn,
    /// Compress what is old.
    Seal,
}

/// The recorder's handle. Simulated time stands still while it works.
pub(crate) struct Writing {
    aside: Aside<Order>,
    pub(crate) outbox: Outbox,
    pub(crate) source: SourceId,
}

impl Writing {
    /// Starts it with an empty database.
    pub(crate) fn start(url: String, endpoint: String, now: Timestamp) -> Self {
        let (told_source, source) = mpsc::sync_channel(1);
        let (outbox, mut inbox) = outbox::channel(outbox::POLL_BYTES);
        let aside = Aside::start(now, async move |clock, orders| {
            let store = Store::open_at(&url, clock.now()).await.unwrap();
            let source = store
                .sources()
                .upsert("engine", SourceKind::Docker, &endpoint, 10_000)
                .await
                .unwrap();
            told_source.send(source).unwrap();
            let mut recorder =
                Recorder::new(store.clone(), Live::default(), CancellationToken::new())
                    .with_clock(clock.clone());
            orders
                .carry_out(async |order| match order {
                    Order::Turn => recorder.turn(&mut inbox, false).await,
                    Order::Seal => {
                        recorder.turn(&mut inbox, true).await;
                        store.samples().seal(clock.now()).await.unwrap();
                    }
                })
                .await;
            store.close().await;
        });
        Self {
            aside,
            outbox,
            source: source.recv().unwrap(),
        }
    }

    /// Has everything written that has come in by `now`, and ends judged that have settled by then.
    pub(crate) fn turn(&self, now: Timestamp) {
        self.aside.order(Order::Turn, now);
    }

    /// Has old readings compressed.
    pub(crate) fn seal(&self, now: Timestamp) {
        self.aside.order(Order::Seal, now);
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        self.aside.stop();
    }
}
