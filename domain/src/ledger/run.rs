//! One process life, and whether a start that is told belongs to it.

use std::cmp::Ordering;

use chrono::TimeDelta;

use super::death::EndSeen;
use crate::{Timestamp, ids::EngineId};

/// The engine notes `StartedAt` first, writes its state to disk and then sends `start`.
const START_SLACK: TimeDelta = TimeDelta::seconds(3);
/// Engines that note `StartedAt` a moment after they sent `start` (Podman) get this much.
const NOTED_LATE: TimeDelta = TimeDelta::seconds(1);

/// A run of a container.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Its start as it was first told, and its name ever after.
    pub(super) key: Timestamp,
    /// `StartedAt` as inspect tells it.
    inspected: Option<Timestamp>,
    /// The time of the `start` event.
    event: Option<Timestamp>,
    /// When the run before it ended, where that was seen: whatever started before that is not this run.
    after: Option<Timestamp>,
    /// How it ended.
    pub(super) end: Option<End>,
    /// The run that followed, in this container or in the one that replaced it.
    pub(super) next: Option<(EngineId, Timestamp)>,
    /// Whole lives between its end and the next start that only the engine's counter knows.
    pub(super) hidden: u64,
    /// Whether its beginning was reported.
    pub(super) announced: bool,
    /// Whether its end was reported as it is known now.
    pub(super) reported: bool,
    /// Whether its end was reported before Inquest was restarted.
    pub(super) restored: bool,
}

/// The end of a run.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) at: Timestamp,
    pub(super) exit_code: Option<i32>,
    pub(super) seen: EndSeen,
    /// When the fact that told it came to be; never before `at` in the order of facts.
    pub(super) noticed: Timestamp,
}

/// How a start was told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Event(Timestamp),
    Inspected(Timestamp),
}

impl Start {
    pub(super) fn at(self) -> Timestamp {
        let (Self::Event(at) | Self::Inspected(at)) = self;
        at
    }
}

impl Run {
    pub(super) fn new(start: Start, after: Option<Timestamp>) -> Self {
        let mut run = Self::kept(start.at());
        run.announced = false;
        run.after = after;
        run.learn(start);
        run
    }

    /// A run that was reported before Inquest was restarted; only its key was kept.
    pub(super) fn kept(key: Timestamp) -> Self {
        Self {
            key,
            inspected: None,
            event: None,
            after: None,
            end: None,
            next: None,
            hidden: 0,
            announced: true,
            reported: false,
            restored: false,
        }
    }

    /// Whether a start belongs to an earlier run (`Less`), to this one or to a later one.
    pub(super) fn place(&self, start: Start) -> Ordering {
        let at = start.at();
        if self.after.is_some_and(|after| at <= after) {
            return Ordering::Less;
        }
        if self
            .end
            .as_ref()
            .is_some_and(|end| end.seen == EndSeen::Event && at > end.at)
        {
            return Ordering::Greater;
        }
        match start {
            Start::Event(at) => match (self.event, self.inspected) {
                (Some(event), _) => at.cmp(&event),
                (None, inspected) => within(at, inspected.unwrap_or(self.key), START_SLACK),
            },
            Start::Inspected(at) => match (self.inspected, self.event) {
                (Some(inspected), _) => at.cmp(&inspected),
                (None, event) => {
                    let told = event.unwrap_or(self.key);
                    within(at, told - START_SLACK, START_SLACK + NOTED_LATE)
                }
            },
        }
    }

    pub(super) fn learn(&mut self, start: Start) {
        match start {
            Start::Event(at) => self.event = Some(at),
            Start::Inspected(at) => self.inspected = Some(at),
        }
    }

    pub(super) fn ended(&mut self, end: End) {
        self.end = Some(end);
        self.reported = false;
    }

    pub(super) fn followed(&mut self, container: EngineId, started_at: Timestamp) {
        self.next = Some((container, started_at));
        self.reported = false;
    }
}

fn within(at: Timestamp, from: Timestamp, length: TimeDelta) -> Ordering {
    if at < from {
        Ordering::Less
    } else if at > from + length {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}
