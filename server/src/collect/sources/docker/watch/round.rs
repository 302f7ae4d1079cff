//! A round: the list of containers, then inspects of those that need one, then one complete account of all states.
//!
//! A list does not tell when a run began or how it ended, and inspecting a thousand containers every ten seconds is too much to
//! ask. So a container is inspected when it is new, when an event or the list says that it changed, once more when it should have ended after
//! a kernel's kill, and in turn about once a minute in case all of that was missed. While the event stream is away, every running
//! container is inspected in every round.

use std::collections::HashSet;

use domain::{
    Timestamp,
    fact::{Observation, Poll},
    ids::EngineId,
    source::SourceState,
};
use metrics::{counter, gauge, histogram};
use tokio::time::Instant;

use super::Watch;
use crate::collect::{
    Health,
    metrics::{CONTAINERS, POLL_SECONDS, POLLS},
    sources::docker::{known::Look, map, wire::Listed},
};

/// How often every container is inspected even though nothing seems to have changed.
const RECHECK_SECONDS: u64 = 60;

/// A list that has been asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    pub(super) number: u64,
    pub(super) tick: Timestamp,
    pub(super) begun: Instant,
}

/// A round whose list is here.
#[derive(Debug)]
pub(super) struct Round {
    listing: Listing,
    asked: Timestamp,
    listed: HashSet<EngineId>,
    /// Containers whose inspect has not come back.
    pub(super) waiting: HashSet<EngineId>,
}

impl Watch<'_> {
    /// Takes the list and asks for what it does not tell.
    pub(super) fn begin_round(&mut self, asked: Timestamp, list: &[Listed]) {
        let Some(listing) = self.listing.take() else {
            return;
        };
        let rounds_between_rechecks =
            (RECHECK_SECONDS / self.settings.interval.as_secs().max(1)).max(1);
        let mut listed = HashSet::with_capacity(list.len());
        let mut waiting = HashSet::new();
        let events_open = self.events_open;
        for summary in list {
            let Some(id) = summary.id.clone().map(EngineId) else {
                continue;
            };
            let known = self.know(&id);
            let contradicted = known.contradicts(
                map::list_state(summary),
                summary.status.as_deref().unwrap_or_default(),
                asked,
            );
            let recheck =
                listing.number % rounds_between_rechecks == known.hash % rounds_between_rechecks;
            if contradicted
                || recheck
                || known.look != Look::Enough
                || (!events_open && known.is_running())
            {
                self.inspect(&id);
                waiting.insert(id.clone());
            }
            listed.insert(id);
        }
        // What an event told about after the list was made is not in it, but is not gone either.
        self.known.retain(|id, known| {
            listed.contains(id)
                || known.look.is_under_way()
                || known.seen.as_ref().is_some_and(|seen| seen.at >= asked)
        });
        let known = &self.known;
        self.prober.retain(|id| known.contains_key(id));
        self.round = Some(Round {
            listing,
            asked,
            listed,
            waiting,
        });
    }

    /// Hands over the account once every inspect is back and, the first time, the missed events have been told.
    pub(super) fn finish_round(&mut self) {
        if !self
            .round
            .as_ref()
            .is_some_and(|round| round.waiting.is_empty())
        {
            return;
        }
        if self.held.is_some() && !self.caught_up && Instant::now() < self.prime_by {
            return;
        }
        let Some(round) = self.round.take() else {
            return;
        };
        for event in self.held.take().into_iter().flatten() {
            let (id, action, at) = (event.container.clone(), event.action, event.at);
            self.hand_over(event);
            self.read_log_of(&id, action, at);
        }
        self.reporter.poll(Poll {
            tick: round.listing.tick,
            samples: Vec::new(),
            states: self.account(&round),
            // One that is listed but could not be inspected must not be taken for removed.
            complete: round
                .listed
                .iter()
                .all(|id| self.known.get(id).is_none_or(|known| known.seen.is_some())),
        });
        let took = round.listing.begun.elapsed();
        counter!(POLLS, "source" => self.reporter.label()).increment(1);
        histogram!(POLL_SECONDS, "source" => self.reporter.label()).record(took.as_secs_f64());
        gauge!(CONTAINERS, "source" => self.reporter.label()).set(round.listed.len() as f64);
        if let Some(gap) = self.outage.end(round.asked) {
            self.reporter.gap(gap);
        }
        self.last_round = Some(round.asked);
        self.reporter.health(Health {
            at: self.engine.now(),
            state: SourceState::Healthy,
            problem: self.trouble.take().or_else(|| self.events_problem.clone()),
            engine: Some(self.engine.info.clone()),
            poll_ms: u64::try_from(took.as_millis()).ok(),
            next_try_at: None,
            events_connected: self.events_open,
        });
    }

    /// Every container there is, as it was seen last.
    fn account(&self, round: &Round) -> Vec<Observation> {
        self.known
            .iter()
            .filter_map(|(id, known)| {
                let seen = known.seen.as_ref()?;
                (round.listed.contains(id) || seen.at >= round.asked).then(|| seen.clone())
            })
            .collect()
    }
}
