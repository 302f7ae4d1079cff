//! A simulated fleet of containers: engines that speak the Docker Engine API over real HTTP, and probes inside the
//! containers, for the demo and for load and fault tests.
//!
//! What happens is scripted in a [`Fleet`] and a pure function of its seed and of time. Everything is known in advance,
//! so a month of history can be computed in seconds ([`Simulation::history`]), the live part continues exactly where it
//! ends ([`Simulation::listen`]), and a ledger can be compared with the [`Truth`].
//!
//! ```no_run
//! # async fn run() -> Result<(), simulator::SimulatorError> {
//! use simulator::{Fleet, Listen, Simulation};
//!
//! let simulation = Simulation::builder(Fleet::demo()).seed(7).build()?;
//! let running = simulation.listen(&Listen::Tcp(([127, 0, 0, 1], 0).into())).await?;
//! println!("DOCKER_HOST={}", running.endpoint());
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod api;
mod beat;
mod behaviour;
mod clock;
mod container;
mod event;
mod fleet;
mod gauge;
mod happening;
mod history;
mod identity;
mod logs;
mod oom_flag;
mod probe;
mod quantity;
mod random;
mod script;
mod simulation;
mod truth;
mod world;

pub use clock::Clock;
pub use container::Status;
pub use event::{Action, EngineEvent};
pub use fleet::{Fleet, FleetError};
pub use gauge::{Stats, TaskKind, Tasks};
pub use happening::{Farewell, Happening};
pub use history::{ContainerSample, ContainerState, History, Tick};
pub use identity::Identity;
pub use logs::{LogLine, LogTail};
pub use simulation::{
    Builder, Endpoint, Listen, Pause, RunningSimulator, Simulation, SimulatorError,
};
pub use truth::{Cause, ChildOom, Death, Starter, Truth};
