//! The Docker Engine API, which Podman speaks too. Read-only: every request is a GET.
//!
//! `connect` opens it and checks that we understand each other; `events` follows its event stream, which carries the causes
//! that the next start erases; `watch` asks for states and numbers and hands everything over in order; `client` and `wire` make the
//! many requests of that cheap; `logs` reads what a run wrote before its end; `map` translates.

mod aftermath;
mod call;
mod client;
mod connect;
pub mod discover;
mod endpoint;
mod events;
mod known;
mod logs;
mod map;
mod problem;
mod watch;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Timestamp,
    fact::{Gap, GapKind},
    ids::SourceId,
    source::SourceState,
};
use metrics::counter;
use tracing::{info, warn};

pub(crate) use self::known::ARM_AT;
use self::{connect::Engine, events::Cursor, problem::Problem, watch::Watch};
pub use self::{
    connect::OLDEST_API,
    endpoint::{BadEndpoint, Endpoint},
};
use super::super::{
    Health,
    clock::{EngineClock, OurClock},
    hint::Hint,
    metrics::FAILURES,
    reporter::Reporter,
    scheduler::{Context, Source},
};

/// How a Docker source is watched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often each container is sampled and the list is read.
    pub interval: Duration,
    /// How long one call may take. Shorter than the interval.
    pub timeout: Duration,
    /// How many calls may be under way at once.
    pub concurrency: usize,
    /// Our own time.
    pub clock: OurClock,
    /// Which containers are to be looked at every second although they are not near their limit yet.
    pub hint: Hint,
}

impl Settings {
    /// Usual settings at an interval.
    pub fn every(interval: Duration) -> Self {
        Self {
            interval,
            timeout: interval.mul_f64(0.8).min(Duration::from_secs(5)),
            concurrency: 32,
            clock: OurClock::default(),
            hint: Hint::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::every(Duration::from_secs(10))
    }
}

/// A Docker or Podman engine.
#[derive(Debug)]
pub struct DockerSource {
    id: SourceId,
    name: String,
    endpoint: Endpoint,
    settings: Settings,
}

impl DockerSource {
    /// A source that is not running yet.
    pub fn new(id: SourceId, name: String, endpoint: Endpoint, settings: Settings) -> Self {
        Self {
            id,
            name,
            endpoint,
            settings,
        }
    }
}

#[async_trait]
impl Source for DockerSource {
    fn id(&self) -> SourceId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, context: Context) {
        let Context {
            cancel,
            reporter,
            since,
        } = context;
        tokio::select! {
            () = cancel.cancelled() => {}
            never = self.watch(&reporter, Cursor::after(since)) => match never {},
        }
    }
}

impl DockerSource {
    /// Connects, watches until the engine goes away, and begins again.
    async fn watch(&self, reporter: &Reporter, mut cursor: Cursor) -> std::convert::Infallible {
        let mut outage = Outage {
            clock: EngineClock::like(self.settings.clock.clone()),
            ..Outage::default()
        };
        loop {
            let problem = match Engine::connect(&self.endpoint, &self.settings).await {
                Err(problem) => problem,
                Ok(engine) => {
                    info!(
                        source = self.name,
                        product = engine.info.product,
                        version = engine.info.version,
                        "connected"
                    );
                    outage.clock = engine.clock.clone();
                    Watch::new(&engine, &self.settings, reporter, &mut outage)
                        .run(&mut cursor)
                        .await
                }
            };
            let pause = outage.pause();
            warn!(
                source = self.name,
                problem = problem.text,
                ?pause,
                "cannot watch"
            );
            counter!(FAILURES, "source" => reporter.label(), "kind" => problem.kind).increment(1);
            report_outage(reporter, &mut outage, &problem, pause);
            tokio::time::sleep(pause).await;
        }
    }
}

/// A stretch without polls, from the last round that worked to the next one that does.
#[derive(Debug, Default)]
struct Outage {
    clock: EngineClock,
    /// The last moment at which polls are known to have worked.
    last_good: Option<Timestamp>,
    /// The gap as reported, while it is open.
    open: Option<Gap>,
    tries: u32,
}

impl Outage {
    const FIRST_PAUSE: Duration = Duration::from_millis(500);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    /// How long to wait before the next try: doubles up to half a minute.
    fn pause(&mut self) -> Duration {
        let pause = Self::FIRST_PAUSE
            .saturating_mul(1 << self.tries.min(10))
            .min(Self::LONGEST_PAUSE);
        self.tries += 1;
        pause
    }

    /// A round worked. Returns the gap that ends with it.
    fn end(&mut self, at: Timestamp) -> Option<Gap> {
        self.tries = 0;
        self.last_good = Some(at);
        self.open.take().map(|gap| Gap {
            to: Some(at),
            ..gap
        })
    }
}

fn report_outage(reporter: &Reporter, outage: &mut Outage, problem: &Problem, pause: Duration) {
    let now = outage.clock.now();
    reporter.health(Health {
        at: now,
        state: problem.state,
        problem: Some(problem.text.clone()),
        engine: None,
        poll_ms: None,
        next_try_at: chrono::TimeDelta::from_std(pause)
            .ok()
            .map(|pause| now + pause),
        events_connected: false,
    });
    debug_assert_ne!(problem.state, SourceState::Healthy);
    if outage.open.is_none() {
        let gap = Gap {
            kind: GapKind::Polls,
            from: outage.last_good.unwrap_or(now),
            to: None,
            reason: problem.text.clone(),
        };
        reporter.gap(gap.clone());
        outage.open = Some(gap);
    }
}
