//! `inquest demo`: a simulated fleet. Its past is computed and recorded the way the present is, then its engines are watched
//! over their real API.

mod history;
mod profiles;
mod translate;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use domain::source::{SourceKind, SourceState};
use simulator::{Fleet, Listen, RunningSimulator, Simulation};
use tempfile::TempDir;

use crate::{
    analyze::Recorder,
    collect::{Health, registry::SourceSpec},
    config::Config,
    store::{Store, StoreError},
};

/// The same fleet at every demo, so that what is written about it stays true.
const SEED: u64 = 7;
/// How often its engines are polled.
const INTERVAL: Duration = Duration::from_secs(10);

/// A fleet that was not begun yet, and where its data go.
pub(crate) struct Demo {
    data_dir: PathBuf,
    /// Removed with everything in it at the end.
    _temporary: Option<TempDir>,
}

impl Demo {
    /// Chooses the data folder: the one that was asked for, else a temporary one.
    pub(crate) fn prepare(config: &Config) -> anyhow::Result<Self> {
        if config.is_data_dir_chosen {
            return Ok(Self {
                data_dir: config.data_dir.clone(),
                _temporary: None,
            });
        }
        let temporary = tempfile::Builder::new()
            .prefix("inquest-demo-")
            .tempdir()
            .context("cannot make a folder for the demo")?;
        // For root, Postgres runs as another user, who must be able to pass.
        fs::set_permissions(temporary.path(), Permissions::from_mode(0o755))?;
        Ok(Self {
            data_dir: temporary.path().to_owned(),
            _temporary: Some(temporary),
        })
    }

    /// Where the data go.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Makes the fleet's engines known to a store that knows none.
    pub(crate) async fn register(&self, store: &Store) -> anyhow::Result<DemoFleet> {
        ensure!(
            store.source_rows(chrono::Utc::now()).await?.is_empty(),
            "{} already has data, and the demo would mix its invented ones with them; name an empty folder with --data-dir, or none for a temporary one",
            self.data_dir.display()
        );
        let fleet = Fleet::demo();
        let history = fleet.history();
        let engines: Vec<String> = fleet.engines().map(str::to_owned).collect();
        let simulation = Simulation::builder(fleet).seed(SEED).build()?;
        let mut specs = Vec::with_capacity(engines.len());
        for name in engines {
            specs.push(register(store, name, "simulated").await?);
        }
        Ok(DemoFleet {
            history,
            specs,
            simulation: Some(simulation),
        })
    }
}

/// A fleet whose engines the store knows.
pub(crate) struct DemoFleet {
    history: Duration,
    specs: Vec<SourceSpec>,
    /// Until it listens.
    simulation: Option<Simulation>,
}

impl DemoFleet {
    /// Its engines as sources.
    pub(crate) fn specs(&self) -> &[SourceSpec] {
        &self.specs
    }

    /// Records the fleet's past, up to the present.
    pub(crate) async fn write_history(
        &mut self,
        store: &Store,
        recorder: &mut Recorder,
    ) -> anyhow::Result<()> {
        let simulation = self
            .simulation
            .take()
            .context("the fleet's past is already written")?;
        self.simulation =
            Some(history::write(simulation, self.history, &self.specs, store, recorder).await?);
        // Its engines were watched all the time, so what was quiet for long enough is over before anybody looks.
        let now = Utc::now();
        for spec in &self.specs {
            let sources = store.sources();
            sources.set_health(spec.id, &watched_until(now)).await?;
        }
        store.incidents().rest(now).await?;
        Ok(())
    }

    /// Lets the engines be watched, from where the past ended.
    pub(crate) async fn listen(&mut self, store: &Store) -> anyhow::Result<RunningSimulator> {
        let simulation = self
            .simulation
            .take()
            .context("the fleet already listens")?;
        let running = simulation
            .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
            .await?;
        for spec in &mut self.specs {
            let endpoint = running
                .endpoints()
                .iter()
                .find(|endpoint| endpoint.engine == spec.name);
            let endpoint =
                endpoint.with_context(|| format!("engine {} does not listen", spec.name))?;
            *spec = register(store, spec.name.clone(), &endpoint.url).await?;
        }
        Ok(running)
    }
}

/// The health of an engine whose past was recorded up to now, and that is to be connected next.
fn watched_until(now: DateTime<Utc>) -> Health {
    Health {
        at: now,
        state: SourceState::Connecting,
        problem: None,
        engine: None,
        poll_ms: Some(0),
        next_try_at: None,
        events_connected: false,
    }
}

async fn register(store: &Store, name: String, endpoint: &str) -> Result<SourceSpec, StoreError> {
    let kind = SourceKind::Docker;
    let id = store
        .sources()
        .upsert(&name, kind, endpoint, INTERVAL.as_millis() as u64)
        .await?;
    Ok(SourceSpec {
        id,
        name,
        kind,
        endpoint: endpoint.to_owned(),
        interval: INTERVAL,
    })
}
