//! A source's voice: sends messages under its id, counts them, and confesses what the full queue dropped.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{
    Timestamp,
    fact::{EngineEvent, Gap, GapKind, Poll},
    ids::{EngineId, SourceId},
    log::{LogMissing, LogTail},
    profile::Seen,
};
use metrics::counter;

use super::{
    Body, Health, Message, ProbeHealth,
    metrics::{DROPPED, EVENTS, SAMPLES},
    outbox::Outbox,
};

/// Sends what one source has to say. Never waits.
#[derive(Debug)]
pub struct Reporter {
    source: SourceId,
    outbox: Outbox,
    memory: Mutex<Memory>,
}

/// What must be remembered between messages.
#[derive(Debug, Default)]
struct Memory {
    /// The newest event handed over, so that a restarted source knows where to go on.
    last_event: Option<Timestamp>,
    /// Polls are being dropped since then.
    polls_lost_since: Option<Timestamp>,
    /// Events are being dropped since then.
    events_lost_since: Option<Timestamp>,
}

impl Reporter {
    /// A voice for a source.
    pub fn new(source: SourceId, outbox: Outbox) -> Self {
        Self {
            source,
            outbox,
            memory: Mutex::default(),
        }
    }

    /// Whose voice this is.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The value of the label `source` in our own metrics.
    pub fn label(&self) -> String {
        self.source.to_string()
    }

    /// When the newest event handed over happened.
    pub fn last_event(&self) -> Option<Timestamp> {
        self.memory().last_event
    }

    /// Hands over a round of polling. When the queue is full it is lost, and the loss is reported with the next one that gets through.
    pub fn poll(&self, poll: Poll) {
        let (at, samples) = (poll.tick, poll.samples.len());
        let sent = self.send(Body::Poll(poll), "polls");
        let mut memory = self.memory();
        if sent {
            counter!(SAMPLES, "source" => self.label()).increment(samples as u64);
            let lost_since = memory.polls_lost_since.take();
            drop(memory);
            if let Some(from) = lost_since {
                self.gap(Gap {
                    kind: GapKind::Storage,
                    from,
                    to: Some(at),
                    reason: "The database was too slow or away: samples did not fit into the queue"
                        .to_owned(),
                });
            }
        } else {
            memory.polls_lost_since.get_or_insert(at);
        }
    }

    /// Hands over an event.
    pub fn event(&self, event: EngineEvent) {
        let at = event.at;
        let sent = self.send(Body::Event(event), "events");
        let mut memory = self.memory();
        if sent {
            counter!(EVENTS, "source" => self.label()).increment(1);
            memory.last_event = memory.last_event.max(Some(at));
            let lost_since = memory.events_lost_since.take();
            drop(memory);
            if let Some(from) = lost_since {
                self.gap(Gap {
                    kind: GapKind::Events,
                    from,
                    to: Some(at),
                    reason: "The database was too slow or away: events did not fit into the queue"
                        .to_owned(),
                });
            }
        } else {
            memory.events_lost_since.get_or_insert(at);
        }
    }

    /// Says that something could not be seen, or that it can be seen again.
    pub fn gap(&self, gap: Gap) {
        self.send(Body::Gap(gap), "events");
    }

    /// Says how the source is.
    pub fn health(&self, health: Health) {
        self.send(Body::Health(health), "events");
    }

    /// Says how a probe is.
    pub fn probe(&self, probe: ProbeHealth) {
        self.send(Body::Probe(probe), "events");
    }

    /// Hands over a log. When the queue is full, why there is none.
    pub fn log(&self, tail: LogTail) {
        let instead = tail.without_lines(LogMissing::QueueFull);
        if !self.send(Body::Log(tail), "polls") {
            self.send(Body::Log(instead), "events");
        }
    }

    /// Hands over a profile. When the queue is full the next one will do.
    pub fn profile(&self, container: EngineId, seen: Seen) {
        self.send(Body::Profile(container, seen), "polls");
    }

    fn send(&self, body: Body, queue: &'static str) -> bool {
        let sent = self
            .outbox
            .send(Message {
                source: self.source,
                body,
            })
            .is_ok();
        if !sent {
            counter!(DROPPED, "source" => self.label(), "queue" => queue).increment(1);
        }
        sent
    }

    /// A panic while the lock was held cannot leave the memory half-written: every change is one assignment.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::outbox;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    fn poll(seconds: i64) -> Poll {
        Poll {
            tick: at(seconds),
            samples: Vec::new(),
            states: Vec::new(),
            complete: true,
        }
    }

    #[tokio::test]
    async fn what_the_full_queue_dropped_is_reported_as_a_gap() {
        let (outbox, mut inbox) = outbox::channel(outbox::POLL_BYTES);
        let capacity = {
            let reporter = Reporter::new(SourceId(1), outbox.clone());
            let mut sent = 0;
            while outbox.dropped() == 0 {
                reporter.poll(poll(sent));
                sent += 1;
            }
            // One message leaves the queue, so the next poll gets through and the gap with it.
            inbox.recv().await.expect("a poll waits");
            reporter.poll(poll(sent));
            sent - 1
        };
        let gap = loop {
            if let Body::Gap(gap) = inbox.recv().await.expect("a gap follows").body {
                break gap;
            }
        };
        assert_eq!(gap.kind, GapKind::Storage);
        assert_eq!((gap.from, gap.to), (at(capacity), Some(at(capacity + 1))));
    }
}
