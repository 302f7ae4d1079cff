//! The whole simulation: engines, containers, and an agenda of what is due next. Nothing here knows of HTTP.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::clock::nanos;
use crate::container::{Container, Outcome, Status};
use crate::event::{Action, EngineEvent};
use crate::fleet::{EngineSpec, Fleet, Outage};
use crate::happening::Happening;
use crate::quantity::{MILLISECOND, Nanos};
use crate::truth::Truth;

/// Events an engine keeps for clients that come back (moby `daemon/events`).
const EVENT_BUFFER: usize = 256;
/// How long an engine that is restarted still answers, while it stops its containers.
const STOPS_FIRST: Nanos = 1_500 * MILLISECOND;
/// Events a slow reader may fall behind.
const STREAM_BUFFER: usize = 4_096;

/// One engine: what it says of itself, and what it lately said.
pub(crate) struct Engine {
    pub(crate) spec: EngineSpec,
    /// Times in which it does not answer.
    outages: Vec<(Nanos, Nanos)>,
    /// Ends of the outages in which it forgets what it said, the last one first.
    reboots: Vec<Nanos>,
    recent: VecDeque<EngineEvent>,
    stream: broadcast::Sender<Broadcast>,
    /// Events still to be lost, for tests of gaps.
    to_lose: usize,
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
}

/// What the readers of an event stream get.
#[derive(Clone, Debug)]
pub(crate) enum Broadcast {
    Event(EngineEvent),
    /// The connection breaks.
    Hangup,
}

pub(crate) struct World {
    pub(crate) engines: Vec<Engine>,
    pub(crate) containers: Vec<Container>,
    agenda: BinaryHeap<Reverse<(Nanos, usize)>>,
    pub(crate) now: Nanos,
    pub(crate) truth: Truth,
}

impl Engine {
    fn new(spec: EngineSpec, present: Nanos) -> Self {
        let span = |outage: &Outage| {
            let begin = present + outage.at.0;
            let stops = if outage.restart { STOPS_FIRST } else { 0 };
            (begin + stops, begin + outage.lasts.0)
        };
        let outages = spec.outages.iter().map(span).collect();
        let reboots = spec.outages.iter().filter(|outage| outage.loses_events());
        let mut reboots: Vec<_> = reboots.map(|outage| span(outage).1).collect();
        reboots.sort_by_key(|up| std::cmp::Reverse(*up));
        Self {
            spec,
            outages,
            reboots,
            recent: VecDeque::new(),
            stream: broadcast::channel(STREAM_BUFFER).0,
            to_lose: 0,
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        }
    }

    /// Whether the script says that it does not answer at this time, and until when.
    pub(crate) fn outage(&self, at: Nanos) -> Option<Nanos> {
        self.outages
            .iter()
            .find(|(from, until)| (*from..*until).contains(&at))
            .map(|(_, until)| *until)
    }

    /// The events it still remembers, and those to come, with none lost or doubled in between.
    pub(crate) fn subscribe(
        &mut self,
        now: Nanos,
    ) -> (Vec<EngineEvent>, broadcast::Receiver<Broadcast>) {
        self.forget_before_reboots(now);
        (
            self.recent.iter().cloned().collect(),
            self.stream.subscribe(),
        )
    }

    /// Breaks the connection of everyone who reads events.
    pub(crate) fn hang_up(&self) {
        // Nobody listening is fine.
        let _ = self.stream.send(Broadcast::Hangup);
    }

    /// Forgets the remembered events, as if newer ones had taken their place.
    pub(crate) fn forget(&mut self) {
        self.recent.clear();
    }

    /// Loses the next `count` events.
    pub(crate) fn lose(&mut self, count: usize) {
        self.to_lose += count;
    }

    /// An engine that was started anew remembers nothing.
    fn forget_before_reboots(&mut self, now: Nanos) {
        while self.reboots.pop_if(|up| *up <= now).is_some() {
            self.recent.clear();
        }
    }

    fn publish(&mut self, event: &EngineEvent, index: usize) {
        match event.action {
            Action::Destroy => {
                self.by_id.remove(&event.container.id);
            }
            Action::Create => {
                self.by_id.insert(event.container.id.clone(), index);
            }
            _ => {}
        }
        self.forget_before_reboots(nanos(event.at));
        if self.to_lose > 0 {
            self.to_lose -= 1;
            return;
        }
        if self.recent.len() == EVENT_BUFFER {
            self.recent.pop_front();
        }
        self.recent.push_back(event.clone());
        // An error means that nobody listens.
        let _ = self.stream.send(Broadcast::Event(event.clone()));
    }
}

impl World {
    /// A fleet that began at `begin`, scripted around `present`. Container `n` gets the address `address(n)`.
    pub(crate) fn new(
        fleet: Fleet,
        seed: u64,
        begin: Nanos,
        present: Nanos,
        address: impl Fn(usize) -> Ipv4Addr,
    ) -> Self {
        let mut engines: Vec<_> = fleet
            .engines
            .into_iter()
            .map(|spec| Engine::new(spec, present))
            .collect();
        let mut containers = Vec::with_capacity(fleet.containers.len());
        for (index, spec) in fleet.containers.into_iter().enumerate() {
            let Some(engine) = engines
                .iter()
                .position(|engine| engine.spec.name == spec.engine)
            else {
                continue;
            };
            let container = Container::new(
                Arc::new(spec),
                (engine, &engines[engine].spec),
                seed,
                (begin, present),
                address(index),
            );
            engines[engine]
                .by_id
                .insert(container.identity.id.clone(), index);
            engines[engine]
                .by_name
                .insert(container.identity.name.clone(), index);
            containers.push(container);
        }
        let agenda = containers
            .iter()
            .enumerate()
            .filter_map(|(index, c)| Some(Reverse((c.next_at()?, index))))
            .collect();
        Self {
            engines,
            containers,
            agenda,
            now: begin,
            truth: Truth::default(),
        }
    }

    /// When the next thing is due.
    pub(crate) fn next_at(&self) -> Option<Nanos> {
        self.agenda.peek().map(|Reverse((at, _))| *at)
    }

    /// Lets time pass until `now`. Events go to the engines, and in order of time to `seen`.
    pub(crate) fn advance(&mut self, now: Nanos, mut seen: impl FnMut(EngineEvent)) {
        let mut events = Vec::new();
        while let Some(Reverse((at, index))) = self
            .agenda
            .peek()
            .copied()
            .filter(|Reverse((at, _))| *at <= now)
        {
            self.agenda.pop();
            let container = &mut self.containers[index];
            // An entry is stale if the container's plans have changed since.
            if container.next_at() != Some(at) {
                continue;
            }
            container.advance(&mut Outcome {
                events: &mut events,
                truth: &mut self.truth,
            });
            if let Some(next) = container.next_at() {
                self.agenda.push(Reverse((next, index)));
            }
            for event in events.drain(..) {
                self.engines[container.engine].publish(&event, index);
                seen(event);
            }
        }
        self.now = self.now.max(now);
    }

    /// Finds a container of an engine by id, name or a beginning of its id, like an engine does.
    pub(crate) fn find(&self, engine: usize, name: &str) -> Option<usize> {
        let known = &self.engines[engine];
        let by_key = known
            .by_id
            .get(name)
            .or_else(|| known.by_name.get(name.trim_start_matches('/')));
        let by_prefix = || {
            let mut matches = known
                .by_id
                .iter()
                .filter(|(id, _)| name.len() >= 4 && id.starts_with(name));
            matches
                .next()
                .filter(|_| matches.next().is_none())
                .map(|(_, index)| index)
        };
        by_key
            .or_else(by_prefix)
            .copied()
            .filter(|index| self.containers[*index].exists)
    }

    /// Finds a container by its name in the fleet file, on whatever engine.
    pub(crate) fn find_workload(&self, name: &str) -> Option<usize> {
        self.containers
            .iter()
            .position(|container| container.spec.name == name)
    }

    /// The containers of one engine that exist.
    pub(crate) fn on(&self, engine: usize) -> impl Iterator<Item = &Container> {
        self.containers
            .iter()
            .filter(move |container| container.engine == engine && container.exists)
    }

    /// Changes one container's plans.
    pub(crate) fn act(&mut self, index: usize, change: impl FnOnce(&mut Container, Nanos)) {
        let now = self.now;
        let container = &mut self.containers[index];
        change(container, now);
        if let Some(next) = container.next_at() {
            self.agenda.push(Reverse((next, index)));
        }
    }

    /// Lets something happen to a running container now; says whether it was running.
    pub(crate) fn provoke(&mut self, index: usize, happening: &Happening) -> bool {
        let running = self.containers[index].status == Status::Running;
        if running {
            self.act(index, |container, now| container.provoke(happening, now));
        }
        running
    }
}

/// Whether an event is at or after a time.
pub(crate) fn since(event: &EngineEvent, time: Nanos) -> bool {
    nanos(event.at) >= time
}
