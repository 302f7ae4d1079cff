//! The bounded queue from sources to the recorder. Sending never waits.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::mpsc;

use super::{Body, Message};

/// Polls that may wait for the recorder. At one poll of a source every 10 s this is far more than a slow commit needs.
const POLLS: usize = 1_024;
/// Events are small and cannot be asked for again once the engine's own buffer of 256 has turned over, so many more may wait.
const EVENTS: usize = 65_536;

/// The sending side, one clone for each source.
#[derive(Clone, Debug)]
pub struct Outbox {
    polls: mpsc::Sender<Message>,
    events: mpsc::Sender<Message>,
    dropped: Arc<AtomicU64>,
}

/// The receiving side, held by the recorder.
#[derive(Debug)]
pub struct Inbox {
    polls: mpsc::Receiver<Message>,
    events: mpsc::Receiver<Message>,
}

/// Makes the queue.
pub fn channel() -> (Outbox, Inbox) {
    let (polls_in, polls) = mpsc::channel(POLLS);
    let (events_in, events) = mpsc::channel(EVENTS);
    let outbox = Outbox {
        polls: polls_in,
        events: events_in,
        dropped: Arc::default(),
    };
    (outbox, Inbox { polls, events })
}

/// The queue was full: the message is gone, and whoever sent it has a gap to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the recorder is behind: its queue is full")]
pub struct Dropped;

impl Outbox {
    /// Puts a message into the queue at once or drops it.
    pub fn send(&self, message: Message) -> Result<(), Dropped> {
        let queue = match message.body {
            Body::Poll(_) => &self.polls,
            _ => &self.events,
        };
        queue.try_send(message).map_err(|_full_or_closed| {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            Dropped
        })
    }

    /// Messages dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Messages waiting now: polls and events.
    pub fn depth(&self) -> (usize, usize) {
        (
            self.polls.max_capacity() - self.polls.capacity(),
            self.events.max_capacity() - self.events.capacity(),
        )
    }
}

impl Inbox {
    /// The next message, events first: they carry causes. `None` when every source is gone.
    pub async fn recv(&mut self) -> Option<Message> {
        tokio::select! {
            biased;
            Some(event) = self.events.recv() => Some(event),
            Some(poll) = self.polls.recv() => Some(poll),
            else => None,
        }
    }

    /// The next message that is already here, events first.
    pub fn try_recv(&mut self) -> Option<Message> {
        self.events
            .try_recv()
            .or_else(|_empty| self.polls.try_recv())
            .ok()
    }

    /// Messages waiting now: polls and events.
    pub fn depth(&self) -> (usize, usize) {
        (self.polls.len(), self.events.len())
    }
}
