//! The bounded queue from sources to the recorder. Sending never waits.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{
    fact::{Observation, Poll},
    ids::EngineId,
    sample::Sample,
};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, UnboundedReceiver, UnboundedSender},
};

use super::{Body, Message};

/// Memory for polls that wait for the recorder, unless the configuration says otherwise. Two hundred containers fill it in three quarters
/// of an hour, ten thousand in about fifty seconds. The recorder has taken as much again, at most, when the database goes away.
pub const POLL_BYTES: usize = 64 << 20;
/// Events are small and cannot be asked for again once the engine's own buffer of 256 has turned over, so many may wait.
const EVENTS: usize = 65_536;

/// The sending side, one clone for each source.
#[derive(Clone, Debug)]
pub struct Outbox {
    polls: UnboundedSender<Waiting>,
    /// Bytes that are left of `size`.
    room: Arc<Semaphore>,
    size: usize,
    events: mpsc::Sender<Message>,
    dropped: Arc<AtomicU64>,
}

/// The receiving side, held by the recorder.
#[derive(Debug)]
pub struct Inbox {
    polls: UnboundedReceiver<Waiting>,
    events: mpsc::Receiver<Message>,
}

/// A poll, and the room it takes until it is taken out.
#[derive(Debug)]
struct Waiting(Message, OwnedSemaphorePermit);

/// Makes the queue, with so many bytes for polls.
pub fn channel(size: usize) -> (Outbox, Inbox) {
    let (polls_in, polls) = mpsc::unbounded_channel();
    let (events_in, events) = mpsc::channel(EVENTS);
    let outbox = Outbox {
        polls: polls_in,
        room: Arc::new(Semaphore::new(size)),
        size,
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
        let sent = match &message.body {
            Body::Poll(poll) => self.send_large(bytes(poll), message),
            // Without lines it is as small as an event, and as important.
            Body::Log(tail) if tail.reason().is_none() => self.send_large(tail.size(), message),
            Body::Profile(_, seen) => self.send_large(seen.profile.size(), message),
            _ => self.events.try_send(message).is_ok(),
        };
        if sent {
            return Ok(());
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
        Err(Dropped)
    }

    fn send_large(&self, bytes: usize, message: Message) -> bool {
        let room = bytes.min(self.size) as u32;
        let room = self.room.clone().try_acquire_many_owned(room);
        room.is_ok_and(|room| self.polls.send(Waiting(message, room)).is_ok())
    }

    /// About how many bytes of polls and logs wait for the recorder.
    pub fn waiting_bytes(&self) -> usize {
        self.size - self.room.available_permits()
    }

    /// Messages dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// About how much memory a poll takes. A poll of any size fits into an empty queue.
fn bytes(poll: &Poll) -> usize {
    /// Of each message, however little is in it.
    const MESSAGE: usize = 256;
    /// An engine's id of 64 digits.
    const ID: usize = 80;
    /// Names, image, digest and policy of a container.
    const SPEC: usize = ID + 320;

    MESSAGE
        + poll.samples.len() * (size_of::<(EngineId, Sample)>() + ID)
        + poll.states.len() * (size_of::<Observation>() + SPEC)
}

impl Inbox {
    /// The next message, events first: they carry causes. `None` when every source is gone.
    pub async fn recv(&mut self) -> Option<Message> {
        tokio::select! {
            biased;
            Some(event) = self.events.recv() => Some(event),
            Some(Waiting(poll, _room)) = self.polls.recv() => Some(poll),
            else => None,
        }
    }

    /// The next message that is already here, events first.
    pub fn try_recv(&mut self) -> Option<Message> {
        let poll = |Waiting(poll, _room)| poll;
        self.events
            .try_recv()
            .or_else(|_empty| self.polls.try_recv().map(poll))
            .ok()
    }

    /// Messages waiting now: polls and events.
    pub fn depth(&self) -> (usize, usize) {
        (self.polls.len(), self.events.len())
    }
}
