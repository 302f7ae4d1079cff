//! What is due at a beat, and the requests that are sent.

use std::{sync::Arc, time::Duration};

use domain::{Timestamp, fact::Action, ids::EngineId, log};
use metrics::gauge;
use tokio::{sync::Semaphore, time::Instant};

use super::{Answer, Watch, round::Listing};
use crate::collect::{
    clock::EngineClock,
    metrics::{ARMED, LAG_SECONDS},
    sources::docker::{client::Client, known::Known, logs::Wanted},
};

/// Containers of one engine that are read at every beat at most. It bounds what an engine is asked for, and what is kept in memory: two hours of
/// readings of every second take ten times as many bytes as those of polls. A tenth of the largest engine in docs/SCALE.md.
const ARMED_AT_MOST: usize = 1_000;

/// The division of time. A round has one beat for each second of the polling interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beats {
    in_round: u32,
    length: Duration,
    next: u64,
}

impl Beats {
    pub(super) fn new(interval: Duration) -> Self {
        let in_round = u32::try_from(interval.as_secs()).unwrap_or(u32::MAX).max(1);
        Self {
            in_round,
            length: interval / in_round,
            next: 0,
        }
    }

    /// About a second.
    pub(super) fn length(self) -> Duration {
        self.length
    }

    fn starts_round(self) -> bool {
        self.next.is_multiple_of(u64::from(self.in_round))
    }

    /// The number of the round this beat belongs to.
    pub(super) fn round(self) -> u64 {
        self.next / u64::from(self.in_round)
    }

    /// Whether it is a container's turn, `ahead` beats from now.
    fn is_turn(self, known: &Known, ahead: u64) -> bool {
        let in_round = u64::from(self.in_round);
        (self.next + ahead) % in_round == known.hash % in_round
    }
}

/// Who is read at every beat first: those seen to be near their limit, then those of which it is foretold; and always the same of them.
type Rank = (bool, u64);

/// Of more than `most`, the first that is not read at every beat.
fn bound(mut ranks: Vec<Rank>, most: usize) -> Option<Rank> {
    (ranks.len() > most).then(|| *ranks.select_nth_unstable(most).1)
}

/// What a request about one container needs, wherever it runs.
struct Call {
    client: Client,
    clock: EngineClock,
    timeout: Duration,
    /// Held while the engine works on it.
    permits: Arc<Semaphore>,
}

impl Watch<'_> {
    /// Sends what is due.
    pub(super) fn beat(&mut self, at: Instant) {
        self.flush_samples();
        let now = self.engine.now();
        self.due.beat(now);
        let beats = self.beats;
        let near = self.settings.hint.near();
        if beats.starts_round() && self.listing.is_none() && self.round.is_none() {
            gauge!(LAG_SECONDS, "source" => self.reporter.label()).set(at.elapsed().as_secs_f64());
            self.list();
        }
        self.look_after_kills(now);
        let rank = |id: &EngineId, known: &Known| {
            (known.armed || near.contains(id)).then_some((!known.armed, known.hash))
        };
        let running = || self.known.iter().filter(|(_id, known)| known.is_running());
        let ranks: Vec<Rank> = running()
            .filter_map(|(id, known)| rank(id, known))
            .collect();
        gauge!(ARMED, "source" => self.reporter.label()).set(ranks.len().min(ARMED_AT_MOST) as f64);
        let bound = bound(ranks, ARMED_AT_MOST);
        let is_armed = |id: &EngineId, known: &Known| {
            rank(id, known).is_some_and(|rank| bound.is_none_or(|bound| rank < bound))
        };
        let due: Vec<(EngineId, bool, [bool; 2])> = running()
            // A probe is asked one beat ahead, so that its answer is there when the container's reading is.
            .map(|(id, known)| {
                let turns = [beats.is_turn(known, 0), beats.is_turn(known, 1)];
                (id, is_armed(id, known), turns)
            })
            .filter(|(_id, is_armed, turns)| *is_armed || turns.contains(&true))
            .map(|(id, is_armed, turns)| (id.clone(), is_armed, turns))
            .collect();
        for (id, is_armed, [sample, probe]) in due {
            if probe {
                self.probe(&id, is_armed);
            }
            if sample || is_armed {
                self.sample(&id);
            }
        }
        self.beats.next += 1;
    }

    /// Looks at the containers in which the kernel killed a process, once it would have ended them: they live, so it was a child's.
    fn look_after_kills(&mut self, now: Timestamp) {
        let due: Vec<EngineId> = self
            .known
            .iter()
            .filter(|(_id, known)| known.may_have_lived_on(now))
            .map(|(id, _known)| id.clone())
            .collect();
        for id in due {
            self.inspect(&id);
        }
    }

    fn list(&mut self) {
        let (client, timeout) = (self.engine.client.clone(), self.settings.timeout);
        let asked = self.engine.now();
        self.listing = Some(Listing {
            number: self.beats.round(),
            tick: asked,
            begun: Instant::now(),
        });
        self.calls.spawn(async move {
            let result = client.list(timeout).await;
            Answer::List { asked, result }
        });
    }

    /// What a request about one container needs.
    fn call(&self) -> Call {
        Call {
            client: self.engine.client.clone(),
            clock: self.engine.clock.clone(),
            timeout: self.settings.timeout,
            permits: self.permits.clone(),
        }
    }

    /// Looks at a container, or once more when a look is under way that may have come too early.
    pub(super) fn inspect(&mut self, id: &EngineId) {
        let known = self
            .known
            .entry(id.clone())
            .or_insert_with(|| Known::new(id));
        if !known.look.begin() {
            return;
        }
        let (call, id) = (self.call(), id.clone());
        self.calls.spawn(async move {
            let _permit = call.permits.acquire().await;
            let asked = call.clock.now();
            let result = call.client.inspect(&id, call.timeout).await;
            Answer::Inspect { id, asked, result }
        });
    }

    /// Asks for what a run wrote before its end, when that has just been told. Permits of its own: it delays neither polls nor looks.
    pub(super) fn read_log_of(&mut self, id: &EngineId, action: Action, at: Timestamp) {
        if !matches!(action, Action::Die { .. }) {
            return;
        }
        let seen = self.known.get(id).and_then(|known| known.seen.as_ref());
        let since = seen.and_then(|seen| {
            // A look that came late shows the next run.
            let start = seen.started_at.filter(|start| *start < at)?;
            Some(log::begins_at(start, seen.finished_at))
        });
        let wanted = Wanted {
            container: id.clone(),
            since,
            ended_at: at,
        };
        let (client, desk) = (self.engine.client.clone(), self.logs.clone());
        self.calls
            .spawn(async move { Answer::Log(Box::new(desk.read(client, wanted).await)) });
    }

    /// Takes a reading, unless the last one is still under way.
    pub(super) fn sample(&mut self, id: &EngineId) {
        let Some(known) = self.known.get_mut(id) else {
            return;
        };
        if std::mem::replace(&mut known.sampling, true) {
            return;
        }
        let (call, id) = (self.call(), id.clone());
        self.calls.spawn(async move {
            let _permit = call.permits.acquire().await;
            let asked = call.clock.now();
            let result = call.client.stats(&id, call.timeout).await;
            Answer::Stats { id, asked, result }
        });
    }

    /// Asks a container's probe. It has its own client and takes no permit: a hung process delays nobody.
    pub(super) fn probe(&mut self, id: &EngineId, is_armed: bool) {
        if let Some(question) = self.prober.ask(id, is_armed) {
            let asked = self.engine.now();
            self.calls.spawn(async move {
                let reply = question.ask().await;
                Answer::Probe { asked, reply }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_a_beat_for_each_second() {
        let beats = Beats::new(Duration::from_secs(10));
        assert_eq!((beats.in_round, beats.length), (10, Duration::from_secs(1)));
        let beats = Beats::new(Duration::from_millis(2_500));
        assert_eq!(
            (beats.in_round, beats.length),
            (2, Duration::from_millis(1_250))
        );
        let beats = Beats::new(Duration::from_millis(200));
        assert_eq!(
            (beats.in_round, beats.length),
            (1, Duration::from_millis(200))
        );
    }

    #[test]
    fn of_too_many_those_seen_to_be_near_their_limit_are_read_first() {
        let ranks: Vec<Rank> = (0..100).rev().map(|hash| (hash % 2 == 0, hash)).collect();
        assert_eq!(bound(ranks.clone(), 100), None);
        let read = |most| {
            let bound = bound(ranks.clone(), most);
            let mut read: Vec<Rank> = ranks.clone();
            read.retain(|rank| bound.is_none_or(|bound| *rank < bound));
            read
        };
        assert_eq!(read(60).len(), 60);
        assert_eq!(read(50).len(), 50);
        assert!(read(50).iter().all(|(only_foretold, _hash)| !only_foretold));
        assert!(
            read(60)
                .iter()
                .filter(|(only_foretold, _)| *only_foretold)
                .all(|(_, hash)| *hash < 20)
        );
        assert!(read(0).is_empty());
    }

    #[test]
    fn every_container_has_its_turn_once_in_a_round_and_turns_are_spread() {
        let mut beats = Beats::new(Duration::from_secs(10));
        let fleet: Vec<Known> = (0..1_000)
            .map(|n| Known::new(&EngineId(format!("{n:064x}"))))
            .collect();
        let mut turns = vec![0; fleet.len()];
        for _beat in 0..10 {
            let mut at_once = 0;
            for (known, turns) in fleet.iter().zip(&mut turns) {
                if beats.is_turn(known, 0) {
                    *turns += 1;
                    at_once += 1;
                }
            }
            assert!(
                (60..=140).contains(&at_once),
                "{at_once} of 1,000 at one beat of ten"
            );
            beats.next += 1;
        }
        assert!(turns.iter().all(|turns| *turns == 1));
    }
}
