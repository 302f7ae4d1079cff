//! Inquest: its private Postgres, loaded through the store, and the program itself on top of it.

mod database;
mod load;
mod translate;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use app::wire::Wire;
use async_trait::async_trait;
use bytes::Bytes;
use domain::view::FleetView;
use leptos::server_fn::Decodes as _;
use server::{data_dir::DataDir, postgres::PrivatePostgres};

pub(crate) use self::{
    database::Database,
    load::Ingest,
    translate::{at, killed},
};
use super::{
    Chart, Overview, System,
    process::{Process, drop_from_cache, free_port},
};

/// More points than any chart of ours has, so that the step follows from the range.
const POINTS: u32 = 1_500;

/// Inquest with data of its own.
#[derive(Debug)]
pub(crate) struct Inquest {
    folder: PathBuf,
    log: PathBuf,
    data_dir: DataDir,
    postgres: Option<PrivatePostgres>,
    /// The workloads' ids, by number of their container.
    workloads: Vec<i64>,
    url: String,
    process: Option<Process>,
}

impl Inquest {
    /// Starts an empty private Postgres, with the product's own settings, under `run`.
    pub(crate) async fn start(run: &Path, name: &str) -> anyhow::Result<Self> {
        let folder = run.join(name);
        fs::create_dir_all(folder.join("site/pkg"))?;
        let data_dir = DataDir::open(&folder)?;
        // Postgres runs as another user where we are root.
        fs::set_permissions(run, Permissions::from_mode(0o755))?;
        Ok(Self {
            postgres: Some(PrivatePostgres::start(&data_dir).await?),
            log: run.join(format!("{name}.log")),
            folder,
            data_dir,
            workloads: Vec::new(),
            url: String::new(),
            process: None,
        })
    }

    /// How to connect to the database.
    pub(crate) fn database_url(&self) -> anyhow::Result<&str> {
        let postgres = self.postgres.as_ref().context("Postgres is stopped")?;
        Ok(postgres.url())
    }

    /// The process that all of Postgres' processes are children of.
    pub(crate) fn postmaster(&self) -> anyhow::Result<u32> {
        let file = self.folder.join("postgres/postmaster.pid");
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        text.lines()
            .next()
            .unwrap_or_default()
            .trim()
            .parse()
            .context("no process in postmaster.pid")
    }

    /// Starts the program on the loaded data. It watches an engine that is not there.
    pub(crate) async fn serve(&mut self) -> anyhow::Result<()> {
        let address = format!("127.0.0.1:{}", free_port()?);
        self.url = format!("http://{address}");
        // Built beside us.
        let mut command = Command::new(std::env::current_exe()?.with_file_name("inquest"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("INQUEST_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--listen", &address])
            .env("DATABASE_URL", self.database_url()?)
            .env(
                "DOCKER_HOST",
                format!("unix://{}/no-engine.sock", self.folder.display()),
            )
            .env("INQUEST_LOG__LEVEL", "error")
            // Pages need not be there; the overview's data are served beside them.
            .env("LEPTOS_SITE_ROOT", self.folder.join("site"));
        let ready = format!("{}/readyz", self.url);
        self.process = Some(Process::start(command, &self.log, &ready).await?);
        Ok(())
    }

    /// Stops the program, and leaves Postgres running.
    async fn stop_serving(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
    }
}

#[async_trait]
impl System for Inquest {
    fn name(&self) -> &'static str {
        "inquest"
    }

    fn chart(&self, container: usize, chart: &Chart) -> Vec<String> {
        let time = |ms| {
            let time = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
            time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        };
        vec![format!(
            "{}/api/v1/workloads/{}/series?metrics=memory_working_set_bytes&from={}&to={}&points={POINTS}",
            self.url,
            self.workloads[container],
            time(chart.from_ms),
            time(chart.to_ms)
        )]
    }

    fn overview(&self, _as_of_now: &Overview) -> Vec<String> {
        vec![format!("{}/_fn/fleet", self.url)]
    }

    fn highest(&self, answers: &[Bytes]) -> Option<f64> {
        let answer: serde_json::Value = serde_json::from_slice(answers.first()?).ok()?;
        let highest = answer["data"][0]["max"].as_array()?.iter();
        highest
            .filter_map(serde_json::Value::as_f64)
            .reduce(f64::max)
    }

    fn workloads(&self, answers: &[Bytes]) -> anyhow::Result<usize> {
        let answer = answers.first().cloned().unwrap_or_default();
        let fleet: FleetView = Wire::decode(answer)?;
        let drawn = fleet.sparks.iter().filter(|spark| spark.memory.is_some());
        Ok(drawn.count())
    }

    async fn restart_cold(&mut self) -> anyhow::Result<()> {
        self.stop_serving().await;
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
        drop_from_cache(&self.folder)?;
        self.postgres = Some(PrivatePostgres::start(&self.data_dir).await?);
        self.serve().await
    }

    async fn stop(&mut self) {
        self.stop_serving().await;
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
    }
}
