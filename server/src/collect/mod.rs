//! Collecting: sources are polled and listened to; what they say becomes [`Message`]s.
//!
//! Wire formats of other systems stop inside their source or probe. Nothing here waits for the store: a full queue drops numbers,
//! counts them and reports the gap.

pub mod clock;
pub mod hint;
pub mod metrics;
pub mod outbox;
pub mod probes;
pub mod registry;
pub mod reporter;
pub mod scheduler;
pub mod sources;

use domain::{
    Timestamp,
    fact::{EngineEvent, Gap, Poll},
    ids::{EngineId, SourceId},
    log::LogTail,
    profile::Seen,
    source::{EngineInfo, SourceState},
};

/// What a source has to say.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who says it.
    pub source: SourceId,
    /// What.
    pub body: Body,
}

/// The content of a [`Message`].
#[derive(Clone, Debug)]
pub enum Body {
    /// A round of polling, or a reading of an armed container.
    Poll(Poll),
    /// An entry of the event stream, in the engine's order.
    Event(EngineEvent),
    /// We could not see.
    Gap(Gap),
    /// The source's health changed, or was confirmed by a poll.
    Health(Health),
    /// A probe changed its mind.
    Probe(ProbeHealth),
    /// What a run wrote before its end, or why that cannot be known.
    Log(LogTail),
    /// What the program in a container was doing.
    Profile(EngineId, Seen),
}

/// How a source is, after a poll or a failed try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// When this was found.
    pub at: Timestamp,
    /// How it is.
    pub state: SourceState,
    /// What failed and how to mend it.
    pub problem: Option<String>,
    /// What it says about itself.
    pub engine: Option<EngineInfo>,
    /// How long the poll took, when it was one.
    pub poll_ms: Option<u64>,
    /// When the next try is due, while it fails.
    pub next_try_at: Option<Timestamp>,
    /// Whether the event stream is open.
    pub events_connected: bool,
}

/// Whether the probe of a container answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeHealth {
    /// Which container.
    pub container: EngineId,
    /// Why it does not answer, in a sentence; `None` when it does.
    pub problem: Option<String>,
}
