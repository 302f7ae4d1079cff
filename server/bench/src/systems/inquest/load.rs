//! Data enter Inquest as polls do: appended to the head, sealed when a window is over, restarts through the ledger.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    fact::Observation,
    ids::{ContainerKey, SourceId},
    ledger::{LedgerChange, OpenRun},
    source::SourceKind,
    workload::{ContainerSpec, ContainerState},
};
use server::store::{Resolved, Store, Tick};

use super::{
    Database, Inquest,
    translate::{at, restart, sample, spec},
};
use crate::{
    cpu,
    fleet::{Death, Fleet, HOUR_MS, INTERVAL_MS, Poll, Shape, Window},
    progress::Progress,
    systems::{OUR_SAMPLES, ahead},
};

/// How much is generated at once, and written at once while nothing is measured.
const WINDOW_MS: i64 = 2 * HOUR_MS;
/// Postgres writes a checkpoint every five minutes; here, time goes faster.
const CHECKPOINT_MS: i64 = 5 * 60 * 1000;
/// Autovacuum comes within a minute; a window is two hours.
const VACUUM_MS: i64 = HOUR_MS;
/// How often the program looks whether there is something to seal.
const UPKEEP_MS: i64 = 60 * 1000;

/// What taking in samples cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ingest {
    pub(crate) samples: u64,
    pub(crate) server: Duration,
    pub(crate) postgres: Duration,
    pub(crate) wal_bytes: i64,
}

/// A fleet that Inquest knows, and the store that its polls go to.
pub(super) struct Intake {
    store: Store,
    source: SourceId,
    specs: Vec<ContainerSpec>,
    keys: Vec<Resolved>,
    database: Database,
    /// When the present run of each container began.
    runs: Vec<DateTime<Utc>>,
}

impl Inquest {
    /// Loads a fleet. Polls from `live_from_ms` on are written one by one, as they come in when one watches, and what that costs is
    /// measured.
    pub(crate) async fn load(
        &mut self,
        name: &str,
        shape: Shape,
        live_from_ms: i64,
    ) -> anyhow::Result<Ingest> {
        let mut intake = Intake::open(self.database_url()?, name, shape).await?;
        let mut progress = Progress::new("Inquest", shape);
        let mut live = Vec::new();
        let mut windows = ahead(Fleet::new(shape), WINDOW_MS / INTERVAL_MS, |window| window);
        while let Some(window) = windows.recv().await {
            progress.add(window.count());
            if window.begin_ms >= live_from_ms {
                live.push(window);
            } else {
                intake.write(&window).await?;
            }
        }
        // Nothing but the store uses this process from here on.
        let mut cost = Ingest::default();
        for window in live {
            let before = (
                cpu::of_family(self.postmaster()?),
                intake.database.wal_bytes().await?,
            );
            cost.samples += window.count() * OUR_SAMPLES;
            // As the program does it: woken where the answer came in. Waiting here, it would be another thread each time.
            let written = tokio::spawn(async move {
                let server = intake.write_live(&window).await?;
                anyhow::Ok((intake, server))
            });
            let (back, server) = written.await??;
            intake = back;
            cost.server += server;
            cost.postgres += cpu::of_family(self.postmaster()?).saturating_sub(before.0);
            cost.wal_bytes += intake.database.wal_bytes().await? - before.1;
        }
        intake.end(shape.end_ms()).await?;
        progress.end();
        self.workloads
            .extend(intake.keys.iter().map(|keys| keys.workload.0));
        intake.close().await;
        Ok(cost)
    }

    /// Takes in a fleet beside the running program, as a second server on the same database would: one poll every `pace`.
    pub(crate) async fn ingest(&self, shape: Shape, pace: Duration) -> anyhow::Result<()> {
        let intake = Intake::open(self.database_url()?, "busy", shape).await?;
        let mut fleet = Fleet::new(shape);
        let mut due = tokio::time::interval(pace);
        while let Some(window) = fleet.next(WINDOW_MS / INTERVAL_MS) {
            for tick in intake.ticks(&window) {
                due.tick().await;
                intake
                    .store
                    .samples()
                    .append(intake.source, tick.at, &tick.samples)
                    .await?;
            }
            intake.store.samples().seal(at(window.end_ms)).await?;
        }
        intake.close().await;
        Ok(())
    }
}

impl Intake {
    async fn open(url: &str, name: &str, shape: Shape) -> anyhow::Result<Self> {
        let store = Store::open(url).await?;
        let source = store
            .sources()
            .upsert(
                name,
                SourceKind::Docker,
                "unix:///nowhere",
                INTERVAL_MS as u64,
            )
            .await?;
        let began = at(shape.begin_ms);
        let specs: Vec<_> = (0..shape.containers)
            .map(|container| spec(name, container, began))
            .collect();
        let mut keys = Vec::with_capacity(specs.len());
        for spec in &specs {
            keys.push(store.containers().resolve(source, spec, began).await?);
        }
        let intake = Self {
            runs: vec![began; specs.len()],
            store,
            source,
            specs,
            keys,
            database: Database::connect(url).await?,
        };
        let changes: Vec<_> = (0..shape.containers)
            .map(|container| intake.began(container))
            .collect();
        intake.store.ledger().record(source, &changes).await?;
        Ok(intake)
    }

    /// Writes a window as fast as possible.
    async fn write(&mut self, window: &Window) -> anyhow::Result<()> {
        self.store
            .samples()
            .append_ticks(self.source, &self.ticks(window))
            .await?;
        self.record(&window.deaths).await?;
        self.store.samples().seal(at(window.end_ms)).await?;
        self.database.vacuum().await
    }

    /// Writes a window poll by poll, with the upkeep that the program does every minute. Returns the processor time of this process,
    /// from decoded polls to the last commit.
    async fn write_live(&mut self, window: &Window) -> anyhow::Result<Duration> {
        let ticks = self.ticks(window);
        let before = cpu::own();
        for tick in &ticks {
            self.store
                .samples()
                .append(self.source, tick.at, &tick.samples)
                .await?;
            let now_ms = tick.at.timestamp_millis();
            if now_ms % UPKEEP_MS == 0 {
                self.store.samples().seal(tick.at).await?;
            }
            if now_ms % CHECKPOINT_MS == 0 {
                self.database.checkpoint().await?;
            }
            if now_ms % VACUUM_MS == 0 {
                self.database.vacuum().await?;
            }
        }
        self.record(&window.deaths).await?;
        Ok(cpu::own().saturating_sub(before))
    }

    /// Leaves every container running.
    async fn end(&self, end_ms: i64) -> anyhow::Result<()> {
        self.store.samples().seal(at(end_ms)).await?;
        let seen = self
            .specs
            .iter()
            .zip(&self.runs)
            .map(|(spec, run)| Observation {
                at: at(end_ms - INTERVAL_MS),
                spec: spec.clone(),
                state: ContainerState::Running,
                started_at: Some(*run),
                finished_at: None,
                exit_code: None,
                oom_killed: false,
                restart_count: None,
            });
        let seen: Vec<_> = seen.collect();
        let states: Vec<_> = self
            .keys
            .iter()
            .map(|keys| keys.container)
            .zip(&seen)
            .collect();
        Ok(self.store.containers().set_states(&states).await?)
    }

    async fn record(&mut self, deaths: &[Death]) -> anyhow::Result<()> {
        for death in deaths {
            let ended = LedgerChange::Ended(Box::new(restart(&self.specs[death.container], death)));
            self.runs[death.container] = at(death.started_ms);
            self.store
                .ledger()
                .record(self.source, &[ended, self.began(death.container)])
                .await?;
        }
        Ok(())
    }

    async fn close(self) {
        self.store.close().await;
        self.database.close().await;
    }

    fn began(&self, container: usize) -> LedgerChange {
        LedgerChange::Began(OpenRun {
            spec: self.specs[container].clone(),
            started_at: self.runs[container],
            restart_count: None,
        })
    }

    fn ticks(&self, window: &Window) -> Vec<Tick> {
        ticks(window, |container| self.keys[container].container)
    }
}

/// Polls as a source hands them on.
fn ticks(window: &Window, key: impl Fn(usize) -> ContainerKey) -> Vec<Tick> {
    let tick = |(tick_ms, polls): (i64, Vec<(usize, Poll)>)| Tick {
        at: at(tick_ms),
        samples: polls
            .iter()
            .map(|(container, poll)| (key(*container), sample(poll)))
            .collect(),
    };
    window.by_tick().into_iter().map(tick).collect()
}
