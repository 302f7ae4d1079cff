//! Records a fleet's past: computed on a thread of its own, written in batches, in the order in which it happened.

use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::{
    fact::{Gap, GapKind},
    ids::SourceId,
};
use simulator::{Simulation, Tick};
use tokio::sync::mpsc;

use super::{profiles::Profiler, translate};
use crate::{
    analyze::Recorder,
    collect::{Body, Message, registry::SourceSpec},
    store::Store,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// What is written at once. A batch is one transaction of each kind; a death finds its readings in memory or reads them back.
const BATCH: usize = 360;
/// How many batches may wait for the recorder.
const AHEAD: usize = 2;
/// The past is caught up with when so little of it is left.
const CAUGHT_UP: Duration = Duration::from_secs(15);

/// How closely the fleet was watched `age` ago: as closely as a chart of that age shows.
fn step(age: Duration) -> Duration {
    if age > 48 * HOUR {
        MINUTE
    } else if age > 6 * HOUR {
        MINUTE / 2
    } else {
        super::INTERVAL
    }
}

/// Records `length` of the fleet's past and gives the fleet back at its present.
pub(super) async fn write(
    simulation: Simulation,
    length: Duration,
    specs: &[SourceSpec],
    store: &Store,
    recorder: &mut Recorder,
) -> anyhow::Result<Simulation> {
    let (sender, mut batches) = mpsc::channel(AHEAD);
    let ids = specs
        .iter()
        .map(|spec| (spec.name.clone(), spec.id))
        .collect();
    let computing = tokio::task::spawn_blocking(move || {
        compute(&simulation, ids, &sender);
        simulation
    });
    let progress = Progress::new(length);
    while let Some(batch) = batches.recv().await {
        let Batch { messages, at } = batch;
        recorder.record(messages).await;
        // Windows that are over by then go to compressed chunks at once, so that they do not fill the disk, and so do days.
        store.samples().seal(at).await?;
        progress.show(at);
    }
    progress.end();
    computing
        .await
        .context("the fleet's past could not be computed")
}

/// What happened up to a moment.
struct Batch {
    messages: Vec<Message>,
    at: DateTime<Utc>,
}

/// Computes until the present is reached; the present goes on meanwhile.
fn compute(simulation: &Simulation, ids: HashMap<String, SourceId>, sender: &mpsc::Sender<Batch>) {
    let mut watcher = Watcher::new(ids);
    let mut from = simulation.begin();
    loop {
        let until = Utc::now();
        let mut batch = Batch {
            messages: Vec::new(),
            at: from,
        };
        for (count, tick) in simulation.history(from, until, step).enumerate() {
            batch.at = tick.at;
            watcher.see(&tick, &mut batch.messages);
            if (count + 1) % BATCH == 0 {
                let next = Batch {
                    messages: Vec::new(),
                    at: batch.at,
                };
                if sender
                    .blocking_send(std::mem::replace(&mut batch, next))
                    .is_err()
                {
                    return;
                }
            }
        }
        let left = sender
            .blocking_send(batch)
            .is_ok()
            .then(|| (Utc::now() - until).to_std().unwrap_or_default());
        if left.is_none_or(|left| left < CAUGHT_UP) {
            return;
        }
        from = until + super::INTERVAL;
    }
}

/// Turns looks at the whole fleet into what each engine's source would have said.
struct Watcher {
    engines: HashMap<String, Engine>,
    profiler: Profiler,
}

struct Engine {
    source: SourceId,
    seen_at: Option<DateTime<Utc>>,
    is_silent: bool,
}

impl Watcher {
    fn new(ids: HashMap<String, SourceId>) -> Self {
        let engine = |source| Engine {
            source,
            seen_at: None,
            is_silent: false,
        };
        Self {
            engines: ids
                .into_iter()
                .map(|(name, source)| (name, engine(source)))
                .collect(),
            profiler: Profiler::default(),
        }
    }

    fn see(&mut self, tick: &Tick, messages: &mut Vec<Message>) {
        for event in &tick.events {
            let Some(engine) = self.engines.get(&*event.container.engine) else {
                continue;
            };
            if let Some(event) = translate::event(event) {
                messages.push(engine.says(Body::Event(event)));
            }
            if let Some(log) = translate::log(event) {
                messages.push(engine.says(Body::Log(log)));
            }
        }
        for (name, engine) in &mut self.engines {
            if tick.silent.iter().any(|silent| **silent == **name) {
                engine.is_silent = true;
                continue;
            }
            if std::mem::take(&mut engine.is_silent) {
                messages.push(engine.says(Body::Gap(Gap {
                    kind: GapKind::Polls,
                    from: engine.seen_at.unwrap_or(tick.at),
                    to: Some(tick.at),
                    reason: "The engine did not answer".to_owned(),
                })));
            }
            engine.seen_at = Some(tick.at);
            let containers = tick
                .containers
                .iter()
                .filter(|sample| *sample.container.engine == **name);
            let profiles = containers
                .clone()
                .filter_map(|sample| self.profiler.look(tick.at, sample));
            let profiles: Vec<Message> = profiles.map(|profile| engine.says(profile)).collect();
            messages.push(engine.says(Body::Poll(translate::poll(tick.at, containers))));
            messages.extend(profiles);
        }
    }
}

impl Engine {
    fn says(&self, body: Body) -> Message {
        Message {
            source: self.source,
            body,
        }
    }
}

/// How far it is, in one line that is written over and over; in the log when nobody watches.
struct Progress {
    length: Duration,
    began: Instant,
    is_terminal: bool,
}

impl Progress {
    fn new(length: Duration) -> Self {
        Self {
            length,
            began: Instant::now(),
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    fn show(&self, at: DateTime<Utc>) {
        let days = self.length.as_secs() / 86_400;
        let left = (Utc::now() - at).num_days().unsigned_abs();
        if self.is_terminal {
            let _unseen = write!(
                std::io::stderr(),
                "\r  History   day {} of {days} … ",
                days.saturating_sub(left)
            );
        }
    }

    fn end(&self) {
        let seconds = self.began.elapsed().as_secs_f32();
        if self.is_terminal {
            let _unseen = writeln!(
                std::io::stderr(),
                "\r  History   written in {seconds:.0} s      "
            );
        } else {
            tracing::info!(seconds, "the history is written");
        }
    }
}
