//! One connection to an engine, from the first look until the engine goes away.
//!
//! A single task owns all that is known, so nothing is locked. It never waits for a request: requests run beside it and come back
//! as answers. Time is cut into beats of about a second. Each round of beats begins with the list of containers; each container
//! is sampled at its own beat of the round, so that a thousand stats calls are spread over it, and at every beat while it is
//! close to its limit.
//!
//! Order matters to whoever reads on: on connecting, the events that happened while we were away are handed over before the first
//! states, or a death would look like a restart nobody explained.

mod answers;
mod beat;
mod due;
mod round;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bollard::models::ContainerInspectResponse;
use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::{Action, EngineEvent, Observation, Poll},
    ids::EngineId,
    log::LogTail,
    sample::Sample,
};
use metrics::{Counter, Histogram, counter, histogram};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use self::{beat::Beats, due::Due, round::Round};
use super::{
    Outage, Settings,
    call::Failure,
    connect::Engine,
    events::{self, Cursor, Feed},
    known::Known,
    logs,
    problem::Problem,
    wire::{Listed, Stats},
};
use crate::collect::{
    metrics::{FAILURES, LATE, READING_LAG_SECONDS, RECONNECTS},
    probes::{self, Prober},
    reporter::Reporter,
};

/// What a request brought.
enum Answer {
    List {
        asked: Timestamp,
        result: Result<Vec<Listed>, Failure>,
    },
    Inspect {
        id: EngineId,
        asked: Timestamp,
        // Boxed: an inspect is far larger than the rest.
        result: Result<Box<ContainerInspectResponse>, Failure>,
    },
    Stats {
        id: EngineId,
        asked: Timestamp,
        result: Result<Option<Stats>, Failure>,
    },
    Probe {
        asked: Timestamp,
        reply: probes::Reply,
    },
    // Boxed: it may have a thousand lines.
    Log(Box<LogTail>),
}

/// Events wait for the first complete look at the containers, but not longer than this.
const PRIME_WITHIN: Duration = Duration::from_secs(5);

/// The watch over one engine.
pub(super) struct Watch<'a> {
    engine: &'a Engine,
    settings: &'a Settings,
    reporter: &'a Reporter,
    outage: &'a mut Outage,
    known: HashMap<EngineId, Known>,
    beats: Beats,
    due: Due,
    calls: JoinSet<Answer>,
    permits: Arc<Semaphore>,
    logs: logs::Desk,
    prober: Prober,
    /// Readings since the last beat.
    samples: Vec<(EngineId, Sample)>,
    /// The list has been asked for.
    listing: Option<round::Listing>,
    /// The list is here, some inspects are not.
    round: Option<Round>,
    /// Events held back until the first complete look. `None` from then on.
    held: Option<Vec<EngineEvent>>,
    prime_by: Instant,
    /// The replay of missed events is over, or cannot be had.
    caught_up: bool,
    events_open: bool,
    events_problem: Option<String>,
    /// The last call that failed since the last round.
    trouble: Option<String>,
    last_round: Option<Timestamp>,
    reading_lag: Histogram,
    late: Counter,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        settings: &'a Settings,
        reporter: &'a Reporter,
        outage: &'a mut Outage,
    ) -> Self {
        let beats = Beats::new(settings.interval);
        Self {
            engine,
            settings,
            reporter,
            outage,
            known: HashMap::new(),
            calls: JoinSet::new(),
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            logs: logs::Desk::new(),
            // An answer serves the reading of its own round; the beat more is for a late one.
            prober: Prober::new(
                engine.endpoint.host().to_owned(),
                settings.interval + beats.length(),
            ),
            due: Due::new(
                TimeDelta::from_std(beats.length()).unwrap_or_default(),
                engine.now(),
            ),
            beats,
            samples: Vec::new(),
            listing: None,
            round: None,
            held: Some(Vec::new()),
            prime_by: Instant::now() + PRIME_WITHIN,
            caught_up: false,
            events_open: false,
            events_problem: None,
            trouble: None,
            last_round: None,
            reading_lag: histogram!(READING_LAG_SECONDS, "source" => reporter.label()),
            late: counter!(LATE, "source" => reporter.label()),
        }
    }

    /// Watches until the engine no longer answers, and says why.
    pub(super) async fn run(mut self, cursor: &mut Cursor) -> Problem {
        let engine = self.engine;
        let (feed, told) = unbounded_channel();
        let problem = tokio::select! {
            never = events::follow(engine, cursor, &feed) => match never {},
            problem = self.poll(told) => problem,
        };
        // The stream was open at the last good round, so up to then nothing can have been missed.
        if let Some(at) = self.last_round.filter(|_| self.events_open) {
            cursor.followed(at);
        }
        self.flush_samples();
        problem
    }

    async fn poll(&mut self, mut told: UnboundedReceiver<Feed>) -> Problem {
        let mut ticks = tokio::time::interval(self.beats.length());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                Some(news) = told.recv() => self.hear(news),
                Some(answer) = self.calls.join_next() => match answer {
                    Ok(answer) => if let Err(problem) = self.take(answer) { return problem },
                    Err(failed) => if let Ok(panic) = failed.try_into_panic() { std::panic::resume_unwind(panic) },
                },
                due = ticks.tick() => self.beat(due),
            }
            self.finish_round();
        }
    }

    fn hear(&mut self, news: Feed) {
        match news {
            Feed::Event(event) => self.hear_event(event),
            Feed::Changed(id) => self.inspect(&id),
            Feed::Gap(gap) => self.reporter.gap(gap),
            Feed::CaughtUp => {
                self.caught_up = true;
                self.events_open = true;
                self.events_problem = None;
            }
            Feed::Closed(problem) => {
                counter!(RECONNECTS, "source" => self.reporter.label()).increment(1);
                self.caught_up = true;
                self.events_open = false;
                self.events_problem = Some(format!(
                    "Causes of restarts may be missed: {}",
                    problem.text
                ));
            }
        }
    }

    fn hear_event(&mut self, event: EngineEvent) {
        if let Some(held) = &mut self.held {
            // Everything is inspected anyway before the first states are handed over.
            if let Some(known) = self.known.get_mut(&event.container) {
                known.look.want();
            }
            held.push(event);
        } else {
            let (id, action, at) = (event.container.clone(), event.action, event.at);
            self.hand_over(event);
            self.read_log_of(&id, action, at);
            self.look_after(&id, action);
        }
    }

    /// An event is the best time to look: in a few milliseconds the next start may erase what can be seen now.
    fn look_after(&mut self, id: &EngineId, action: Action) {
        if action == Action::Destroy {
            self.known.remove(id);
            self.prober.forget(id);
        } else {
            self.inspect(id);
        }
    }

    /// Events carry names and labels only; what we know from inspect is the better description.
    fn hand_over(&mut self, mut event: EngineEvent) {
        if event.action == Action::Oom {
            self.know(&event.container).killed(event.at);
        }
        if let Some(spec) = self.known.get(&event.container).and_then(Known::spec) {
            event.spec = Some(spec.clone());
        }
        self.reporter.event(event);
    }

    fn hand_over_state(&self, observation: Observation) {
        self.reporter.poll(Poll {
            tick: observation.at,
            samples: Vec::new(),
            states: vec![observation],
            complete: false,
        });
    }

    /// Hands over the readings that came in since the last beat, most of which were asked for at it.
    fn flush_samples(&mut self) {
        if !self.samples.is_empty() {
            self.reporter.poll(Poll {
                tick: self.due.last(),
                samples: std::mem::take(&mut self.samples),
                states: Vec::new(),
                complete: false,
            });
        }
    }

    /// Counts a failed call and keeps it for the source's health.
    fn failed(&mut self, failure: &Failure, what: &str) {
        let problem = failure.problem(&self.engine.endpoint, what, self.settings.timeout);
        counter!(FAILURES, "source" => self.reporter.label(), "kind" => problem.kind).increment(1);
        self.trouble = Some(problem.text);
    }
}
