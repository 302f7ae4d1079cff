//! How far the event stream has been followed.

use std::collections::VecDeque;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::{Action, EngineEvent},
    ids::EngineId,
};

/// Replays begin this much before the last moment followed: engines stamp an event before they put it in order, and stored times
/// may be rounded.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);
/// More than the 256 events an engine remembers: a replay never brings one we have forgotten again.
const REMEMBERED: usize = 512;

/// The position in the stream, kept over reconnects.
#[derive(Debug)]
pub(in super::super) struct Cursor {
    followed_until: Option<Timestamp>,
    recent: VecDeque<(Timestamp, EngineId, Action)>,
}

impl Cursor {
    /// A cursor that goes on after the newest stored event.
    pub(in super::super) fn after(since: Option<Timestamp>) -> Self {
        Self {
            followed_until: since,
            recent: VecDeque::new(),
        }
    }

    /// Everything before this is known. `None` before anything was.
    pub(in super::super) fn followed_until(&self) -> Option<Timestamp> {
        self.followed_until
    }

    /// Everything up to a moment has been told.
    pub(in super::super) fn followed(&mut self, until: Timestamp) {
        self.followed_until = self.followed_until.max(Some(until));
    }

    /// Where to begin a replay. `None` at the very first time: what happened before is history nobody asked for.
    pub(super) fn replay_from(&self) -> Option<Timestamp> {
        self.followed_until.map(|until| until - OVERLAP)
    }

    /// Whether an event is told for the first time. Remembers it.
    pub(super) fn is_new(&mut self, event: &EngineEvent) -> bool {
        let key = (event.at, event.container.clone(), event.action);
        if self.recent.contains(&key) {
            return false;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(key);
        true
    }
}
