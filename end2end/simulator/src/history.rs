//! What a watcher of the fleet would have seen, computed at once instead of waited for.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::{nanos, utc};
use crate::container::{Container, Status};
use crate::event::EngineEvent;
use crate::gauge::{self, Stats, TaskKind, Tasks};
use crate::identity::Identity;
use crate::probe;
use crate::quantity::Nanos;
use crate::simulation::Shared;
use crate::world::World;

/// One look at the whole fleet, and what was heard since the look before.
#[derive(Clone, Debug)]
pub struct Tick {
    /// When.
    pub at: DateTime<Utc>,
    /// The events since the last tick, in order of time, of engines that can be heard. An engine that was silent is
    /// caught up with at the first tick after, as a client that resumes its stream would.
    pub events: Vec<EngineEvent>,
    /// The containers of all engines that answer.
    pub containers: Vec<ContainerSample>,
    /// Engines that do not answer.
    pub silent: Vec<Arc<str>>,
}

/// One container at one moment: what list, inspect, stats and probes would answer.
#[derive(Clone, Debug)]
pub struct ContainerSample {
    /// Which container.
    pub container: Arc<Identity>,
    /// The engine's state of it.
    pub state: ContainerState,
    /// Memory and kernel tasks; `None` unless its process runs.
    pub stats: Option<Stats>,
    /// Tasks of its runtime; `None` where no probe answers.
    pub tasks: Option<Tasks>,
    /// Goroutines it always has; those above are the ones that leak.
    usual_tasks: u64,
}

/// An engine's state of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerState {
    /// What it is doing.
    pub status: Status,
    /// When its last process started; `None` if none ever did.
    pub started_at: Option<DateTime<Utc>>,
    /// When the process before that, or this one, ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Exit code of the last process that ended; 0 while one runs.
    pub exit_code: i32,
    /// The engine's flag, with the habits of its version.
    pub oom_killed: bool,
    /// The engine's own counter of policy restarts.
    pub restart_count: u32,
}

impl ContainerSample {
    /// The goroutine profile (`debug=1`) that its pprof would give now, if it is a Go program that answers.
    pub fn goroutine_profile(&self) -> Option<String> {
        let tasks = self
            .tasks
            .filter(|tasks| tasks.kind == TaskKind::Goroutines)?;
        Some(probe::goroutines(tasks.count, self.usual_tasks))
    }
}

impl ContainerState {
    pub(crate) fn of(container: &Container) -> Self {
        Self {
            status: container.status,
            started_at: (container.status != Status::Created)
                .then(|| utc(container.life.started_at)),
            finished_at: container.finished_at.map(utc),
            exit_code: container.exit_code,
            oom_killed: container.oom_killed,
            restart_count: container.restart_count,
        }
    }
}

/// The ticks of a stretch of time. It moves the simulation forward: what follows continues where it ends.
pub struct History<'a, S> {
    world: MutexGuard<'a, World>,
    at: Nanos,
    until: Nanos,
    step: S,
    /// Events of engines that could not be heard.
    held: Vec<EngineEvent>,
}

impl<'a, S: FnMut(Duration) -> Duration> History<'a, S> {
    pub(crate) fn new(shared: &'a Shared, from: Nanos, until: Nanos, step: S) -> Self {
        let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(from - 1, drop);
        Self {
            world,
            at: from,
            until,
            step,
            held: Vec::new(),
        }
    }
}

impl<S: FnMut(Duration) -> Duration> Iterator for History<'_, S> {
    type Item = Tick;

    fn next(&mut self) -> Option<Tick> {
        let at = self.at;
        if at > self.until {
            return None;
        }
        let mut events = std::mem::take(&mut self.held);
        self.world.advance(at, |event| events.push(event));
        let silent: Vec<bool> = self
            .world
            .engines
            .iter()
            .map(|engine| engine.outage(at).is_some())
            .collect();
        if silent.contains(&true) {
            let names: Vec<&str> = self
                .world
                .engines
                .iter()
                .map(|engine| engine.spec.name.as_str())
                .collect();
            let is_silent = |event: &EngineEvent| {
                names
                    .iter()
                    .zip(&silent)
                    .any(|(name, silent)| *silent && **name == *event.container.engine)
            };
            self.held = events.extract_if(.., |event| is_silent(event)).collect();
        }
        let world = &*self.world;
        let heard = world
            .containers
            .iter()
            .filter(|container| container.exists && !silent[container.engine]);
        let containers = heard
            .map(|container| sample(world, container, at))
            .collect();
        let silent = world
            .engines
            .iter()
            .zip(silent)
            .filter(|(_, silent)| *silent)
            .map(|(engine, _)| engine.spec.name.as_str().into())
            .collect();
        let age = Duration::from_nanos((self.until - at).unsigned_abs());
        let step = i64::try_from((self.step)(age).as_nanos())
            .unwrap_or(i64::MAX / 2)
            .max(1);
        // The last tick is exactly at the end.
        self.at = if at < self.until {
            at.saturating_add(step).min(self.until)
        } else {
            i64::MAX
        };
        Some(Tick {
            at: utc(at),
            events,
            containers,
            silent,
        })
    }
}

/// What a watcher sees of one container.
pub(crate) fn sample(world: &World, container: &Container, at: Nanos) -> ContainerSample {
    ContainerSample {
        container: Arc::clone(&container.identity),
        state: ContainerState::of(container),
        stats: gauge::stats(container, &world.engines[container.engine].spec, at),
        tasks: gauge::tasks(container, at),
        usual_tasks: container.spec.tasks as u64,
    }
}

/// The bounds of a stretch of history as nanoseconds, inside what the fleet has lived through.
pub(crate) fn bounds(shared: &Shared, from: DateTime<Utc>, until: DateTime<Utc>) -> (Nanos, Nanos) {
    (nanos(from).max(shared.begin), nanos(until))
}
