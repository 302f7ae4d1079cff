//! The simulator's front door: build a fleet, let its history pass, then serve it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::clock::{Clock, utc};
use crate::fleet::Fleet;
use crate::happening::Happening;
use crate::history::{self, ContainerSample, History};
use crate::probe;
use crate::quantity::{Nanos, SECOND};
use crate::truth::Truth;
use crate::world::World;
use crate::{api, fleet};

/// Loopback networks from which a simulation takes addresses for its containers: `127.64.0.0/16` to `127.126.0.0/16`.
const NETWORKS: std::ops::RangeInclusive<u8> = 64..=126;
/// Held on a network's first address for as long as a simulation uses the network.
const NETWORK_LOCK_PORT: u16 = 7_664;
/// The longest the simulation sleeps when nothing is due, so that a clock moved by hand is noticed.
const LONGEST_SLEEP: Nanos = SECOND;
/// How long a shutdown waits for answers that are under way.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// Why a simulation cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// An address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Every loopback network that simulations use is in use.
    #[error(
        "no loopback network is free for the containers' addresses; are other simulators running?"
    )]
    NoNetwork,
}

/// Where the engines' API is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A unix socket; further engines get the path with `.` and their name appended. A socket left behind is replaced.
    Unix(PathBuf),
    /// A TCP address; further engines get the ports above it, or, with port 0, free ones of their own.
    Tcp(SocketAddr),
}

/// Makes a [`Simulation`].
#[derive(Debug)]
pub struct Builder {
    fleet: Fleet,
    seed: u64,
    clock: Clock,
}

/// A fleet in its own time, not served yet.
pub struct Simulation {
    pub(crate) shared: Arc<Shared>,
    network: TcpListener,
}

/// A fleet whose engines and probes answer over HTTP, until it is shut down or dropped.
pub struct RunningSimulator {
    shared: Arc<Shared>,
    endpoints: Vec<Endpoint>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Keeps other simulations off the containers' addresses.
    _network: TcpListener,
}

/// Where one engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The engine's name.
    pub engine: String,
    /// `unix:///path` or `tcp://address:port`, as in `DOCKER_HOST`.
    pub url: String,
}

/// What the engines' servers, the probes and the control have in common.
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) begin: Nanos,
    /// Wakes the pacemaker when plans or the clock have changed.
    pub(crate) changed: Notify,
    /// For each engine whether, and how, it refuses to answer.
    pub(crate) pauses: Vec<watch::Sender<Pause>>,
}

/// How an engine that is paused by hand behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pause {
    /// It answers.
    #[default]
    None,
    /// It accepts connections and does not answer until resumed.
    Hang,
    /// It answers every call with a server error.
    Fail,
}

impl Builder {
    /// The seed from which all that is random comes; the same seed, fleet and present give the same simulation.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The clock; by default the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Takes a loopback network for the containers and sets the fleet to its beginning.
    pub fn build(self) -> Result<Simulation, SimulatorError> {
        let (network, number) = NETWORKS
            .into_iter()
            .find_map(|number| {
                let first = Ipv4Addr::new(127, number, 0, 1);
                Some((TcpListener::bind((first, NETWORK_LOCK_PORT)).ok()?, number))
            })
            .ok_or(SimulatorError::NoNetwork)?;
        let address = |index: usize| {
            Ipv4Addr::new(
                127,
                number,
                (1 + index / 250) as u8,
                (1 + index % 250) as u8,
            )
        };
        let present = self.clock.now_nanos();
        let begin = present - self.fleet.history.0;
        let pauses = self
            .fleet
            .engines
            .iter()
            .map(|_| watch::Sender::new(Pause::None))
            .collect();
        let world = Mutex::new(World::new(self.fleet, self.seed, begin, present, address));
        let shared = Arc::new(Shared {
            world,
            clock: self.clock,
            begin,
            changed: Notify::new(),
            pauses,
        });
        Ok(Simulation { shared, network })
    }
}

impl Simulation {
    /// Begins to build a simulation of a fleet.
    pub fn builder(fleet: fleet::Fleet) -> Builder {
        Builder {
            fleet,
            seed: 1,
            clock: Clock::real(),
        }
    }

    /// When the fleet began.
    pub fn begin(&self) -> DateTime<Utc> {
        utc(self.shared.begin)
    }

    /// What a watcher would have seen from `from` to `until`, looking again after `step(age)`, where age is the distance
    /// to `until`. Time in the simulation passes with it and never goes back, so stretches must follow each other; what
    /// is served later continues where the last one ended.
    pub fn history<S: FnMut(Duration) -> Duration>(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        step: S,
    ) -> History<'_, S> {
        let (from, until) = history::bounds(&self.shared, from, until);
        History::new(&self.shared, from, until, step)
    }

    /// The truth up to where time has passed.
    pub fn truth(&self) -> Truth {
        self.shared.world().truth.clone()
    }

    /// Serves every engine and every probe. Whatever was due up to the clock's present has then happened.
    pub async fn listen(self, listen: &Listen) -> Result<RunningSimulator, SimulatorError> {
        let Self { shared, network } = self;
        drop(shared.catch_up());
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut endpoints = Vec::new();
        let names: Vec<_> = shared
            .world()
            .engines
            .iter()
            .map(|engine| engine.spec.name.clone())
            .collect();
        for (index, engine) in names.into_iter().enumerate() {
            let url = api::serve(
                &shared,
                index,
                &listen.for_engine(index, &engine),
                &stopped,
                &mut tasks,
            )
            .await?;
            endpoints.push(Endpoint { engine, url });
        }
        probe::serve(&shared, &stopped, &mut tasks).await?;
        tasks.spawn(pacemaker(Arc::clone(&shared), stopped));
        Ok(RunningSimulator {
            shared,
            endpoints,
            stop,
            tasks,
            _network: network,
        })
    }
}

impl Listen {
    fn for_engine(&self, index: usize, name: &str) -> Self {
        match self {
            Self::Tcp(address) if address.port() != 0 => Self::Tcp(SocketAddr::new(
                address.ip(),
                address.port().saturating_add(index as u16),
            )),
            Self::Unix(path) if index > 0 => {
                let mut further = path.clone().into_os_string();
                further.push(format!(".{name}"));
                Self::Unix(further.into())
            }
            first => first.clone(),
        }
    }
}

impl RunningSimulator {
    /// Where the first engine answers.
    pub fn endpoint(&self) -> &str {
        &self.endpoints[0].url
    }

    /// Where each engine answers.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The truth up to now.
    pub fn truth(&self) -> Truth {
        self.shared.catch_up().truth.clone()
    }

    /// What a watcher would see of every container at this moment.
    pub fn samples(&self) -> Vec<ContainerSample> {
        let world = self.shared.catch_up();
        world
            .containers
            .iter()
            .filter(|container| container.exists)
            .map(|container| history::sample(&world, container, world.now))
            .collect()
    }

    /// The simulator's present.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// When the next thing is due, if anything is.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        self.shared.world().next_at().map(utc)
    }

    /// Breaks off every event stream of an engine.
    pub fn break_streams(&self, engine: &str) {
        if let Some(index) = self.index(engine) {
            self.shared.world().engines[index].hang_up();
        }
    }

    /// Lets an engine forget what it remembers of its events, as if newer ones had taken their place.
    pub fn forget_events(&self, engine: &str) {
        if let Some(index) = self.index(engine) {
            self.shared.catch_up().engines[index].forget();
        }
    }

    fn index(&self, engine: &str) -> Option<usize> {
        self.endpoints
            .iter()
            .position(|endpoint| endpoint.engine == engine)
    }

    /// Moves the present forward and lets everything happen that is due.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        drop(self.shared.catch_up());
        self.shared.changed.notify_one();
    }

    /// Lets something happen to a running workload now. False if there is none of that name, or it does not run.
    pub fn provoke(&self, workload: &str, happening: &Happening) -> bool {
        let mut world = self.shared.catch_up();
        let done = world
            .find_workload(workload)
            .is_some_and(|index| world.provoke(index, happening));
        self.shared.changed.notify_one();
        done
    }

    /// Stops an engine from answering, or lets it answer again. Its containers run on.
    pub fn pause(&self, engine: &str, pause: Pause) {
        if let Some(index) = self.index(engine) {
            self.shared.pauses[index].send_replace(pause);
        }
    }

    /// The same for a while.
    pub fn pause_for(&self, engine: &str, pause: Pause, lasts: Duration) {
        let Some(index) = self.index(engine) else {
            return;
        };
        self.shared.pauses[index].send_replace(pause);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            tokio::time::sleep(lasts).await;
            shared.pauses[index].send_replace(Pause::None);
        });
    }

    /// Stops serving: no new connections, every stream ends, and what is being answered is answered.
    pub async fn shutdown(mut self) {
        self.hang_up();
        let answered = async { while self.tasks.join_next().await.is_some() {} };
        // Whoever has not been answered by then is cut off when `self` is dropped.
        let _ = tokio::time::timeout(SHUTDOWN_PATIENCE, answered).await;
    }

    fn hang_up(&self) {
        self.stop.send_replace(true);
        for pause in &self.shared.pauses {
            pause.send_replace(Pause::Fail);
        }
        for engine in &self.shared.world().engines {
            engine.hang_up();
        }
    }
}

impl Drop for RunningSimulator {
    fn drop(&mut self) {
        self.hang_up();
    }
}

impl Shared {
    /// The world, whatever a task that panicked may have left of it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everything happen that is due by now, and returns the world at its present.
    pub(crate) fn catch_up(&self) -> MutexGuard<'_, World> {
        let mut world = self.world();
        let now = self.clock.now_nanos();
        world.advance(now, drop);
        world
    }
}

/// Lets events happen when they are due, not only when somebody asks.
async fn pacemaker(shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    loop {
        let wait = {
            let world = shared.catch_up();
            let due = world
                .next_at()
                .map_or(LONGEST_SLEEP, |next| next - shared.clock.now_nanos());
            let longest = if shared.clock.is_of_timers() {
                Nanos::MAX
            } else {
                LONGEST_SLEEP
            };
            Duration::from_nanos(due.clamp(0, longest).unsigned_abs())
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.changed.notified() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}
