//! `make bench`: Inquest's store beside Prometheus and VictoriaMetrics, on the same data in the same run.
//!
//! Everything runs on this machine, is reached over loopback on free ports, and has its files in one folder that is removed at the end.
//! docs/BENCHMARKS.md says what is measured, and how.

mod alone;
mod client;
mod cpu;
mod figures;
mod fill;
mod fleet;
mod previews;
mod progress;
mod results;
mod rules;
mod scale;
mod systems;
mod table;

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::{Args, Parser};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use crate::{
    client::Client,
    figures::{
        busy, charts, overview,
        sizes::{self, Sizes},
    },
    fleet::{DAY_MS, Fleet, HOUR_MS, INTERVAL_MS, Shape},
    results::Results,
    scale::{Plan, Scale},
    systems::{
        System,
        inquest::{Ingest, Inquest},
        prometheus::Prometheus,
        victoria::VictoriaMetrics,
    },
};

/// Measures Inquest's store beside its peers.
#[derive(Debug, Parser)]
enum Task {
    /// Load all systems with the same data, ask all the same, and append the figures to target/bench/results.jsonl
    Run(Options),
    /// Load Inquest alone, print what its parts take, and go on serving if a profiler wants to look
    Alone(alone::Options),
    /// Look at 20 alert rules over 10,000 workloads, preview rules over 30 days of 200, and append what that costs
    Rules(RulesOptions),
    /// Give the containers in the data folder of a stopped server a past
    Fill {
        /// The data folder
        #[arg(long)]
        folder: PathBuf,
        /// How long the past is
        #[arg(long)]
        minutes: i64,
    },
    /// Print the newest of all figures in target/bench/results.jsonl as a table
    Table,
}

#[derive(Debug, Args)]
struct Options {
    /// How much data
    #[arg(long, value_enum, default_value_t = Scale::Full)]
    scale: Scale,
    /// Only bytes per sample of polls at their ticks
    #[arg(long)]
    only_aligned: bool,
    /// Where data go while they are measured [default: target/bench]
    #[arg(long, value_name = "FOLDER", env = "BENCH_FOLDER")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RulesOptions {
    /// Only one of the two
    #[arg(long, value_enum)]
    only: Option<RulesPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RulesPart {
    /// Looking at all rules
    Looks,
    /// Previews, for which 30 days of 200 workloads are loaded
    Previews,
}

/// How long Inquest waits for late polls before it seals a window; windows have two hours.
const GRACE_MS: i64 = 5 * 60 * 1000;
const WINDOW_MS: i64 = 2 * HOUR_MS;
/// How long a run takes at most.
const AT_MOST_MS: i64 = HOUR_MS;

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Run(options) => run(options),
        Task::Alone(options) => alone(&options),
        Task::Rules(options) => rules(&options),
        Task::Fill { folder, minutes } => runtime()?.block_on(fill::run(&folder, minutes)),
        Task::Table => table::print(),
    }
}

/// Where everything here runs.
fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

fn alone(options: &alone::Options) -> anyhow::Result<()> {
    let run = folder_in(&results::folder())?;
    until_interrupted(alone::run(options, end_ms(), run.path()))
}

fn rules(options: &RulesOptions) -> anyhow::Result<()> {
    let results = Results::open("full")?;
    let run = folder_in(&results::folder())?;
    until_interrupted(measure_rules(options.only, run.path(), &results))
}

/// A folder for the data of one run, which goes with it.
fn folder_in(parent: &Path) -> anyhow::Result<tempfile::TempDir> {
    std::fs::create_dir_all(parent)?;
    let run = tempfile::Builder::new()
        .prefix("run-")
        // Postgres runs as another user where we are root.
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(parent)?;
    Ok(run)
}

/// With its end go the processes that were started.
fn until_interrupted(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        tokio::select! {
            outcome = work => outcome,
            () = interrupted() => Err(anyhow::anyhow!("interrupted")),
        }
    })
}

async fn measure_rules(
    only: Option<RulesPart>,
    run: &Path,
    results: &Results,
) -> anyhow::Result<()> {
    if only != Some(RulesPart::Previews) {
        eprintln!("Looking at all rules");
        rules::run(run, results).await?;
    }
    if only != Some(RulesPart::Looks) {
        eprintln!("Previews");
        previews::run(run, results).await?;
    }
    Ok(())
}

fn run(options: Options) -> anyhow::Result<()> {
    let run = folder_in(&options.folder.unwrap_or_else(results::folder))?;
    let results = Results::open(options.scale.name())?;
    let (plan, began) = (options.scale.plan(), Instant::now());
    let outcome = until_interrupted(measure(&plan, options.only_aligned, run.path(), &results));
    eprintln!("{:.1} min in all", began.elapsed().as_secs_f64() / 60.0);
    outcome
}

/// Until we are told to stop.
async fn interrupted() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// End of the data. The newest window is whole and not sealed before all is measured, so that two hours are in memory: never are they less.
fn end_ms() -> i64 {
    let now_ms = chrono::Utc::now().timestamp_millis();
    (now_ms + AT_MOST_MS - GRACE_MS) / WINDOW_MS * WINDOW_MS + WINDOW_MS
}

async fn measure(
    plan: &Plan,
    only_aligned: bool,
    run: &Path,
    results: &Results,
) -> anyhow::Result<()> {
    let end_ms = end_ms();
    let shape = Shape::until(end_ms, plan.containers, plan.days * DAY_MS);

    eprintln!("Polls at their ticks, {} containers", plan.containers);
    let at_ticks = Shape {
        jitter: false,
        ..shape
    };
    // A folder of its own, which is removed before the next data come.
    let folder = tempfile::tempdir_in(run)?;
    aligned(folder.path(), at_ticks, results).await?;
    drop(folder);
    if only_aligned {
        return Ok(());
    }

    eprintln!(
        "Polls up to 50 ms off their ticks, {} containers",
        plan.containers
    );
    let mut inquest = Inquest::start(run, "inquest").await?;
    let cost = inquest.load("fleet", shape, end_ms - plan.live_ms).await?;
    let mut victoria = VictoriaMetrics::start(run, "victoria-metrics").await?;
    victoria.load(shape).await?;
    let mut prometheus = Prometheus::load(run, "prometheus", shape).await?;
    ingest("ingest", cost, results)?;
    let bytes = [
        sizes::of_inquest(inquest.database_url()?).await?,
        prometheus.size()?,
        victoria.size().await?,
    ];
    Sizes::of(count(shape), bytes).report(results, false)?;

    inquest.serve().await?;
    let client = Client::default();
    charts::check(&client, &[&inquest, &prometheus, &victoria], shape).await?;
    eprintln!("Charts, warm");
    charts::warm(
        &client,
        &inquest,
        &prometheus,
        &mut victoria,
        (shape, plan.chart_rounds),
        results,
    )
    .await?;
    eprintln!("Overview");
    let rounds = plan.overview_rounds;
    let overview_ms = overview::warm(
        &client,
        [&inquest, &prometheus, &victoria],
        (shape, rounds),
        results,
    )
    .await?;
    eprintln!("Charts while samples come in");
    busy::charts_while_ingesting(
        &client,
        &inquest,
        &victoria,
        (shape, plan.incoming),
        results,
    )
    .await?;
    eprintln!("Charts, cold");
    let mut systems: [&mut dyn System; 3] = [&mut inquest, &mut prometheus, &mut victoria];
    charts::cold(&client, &mut systems, (shape, plan.cold_rounds), results).await?;
    prometheus.stop().await;
    victoria.stop().await;

    inquest.stop().await;

    eprintln!("Overview of {} workloads", plan.grown);
    let mut inquest = Inquest::start(run, "grown-inquest").await?;
    let grown = Shape::until(end_ms, plan.grown, DAY_MS + WINDOW_MS);
    let cost = inquest.load("grown", grown, end_ms - 2 * WINDOW_MS).await?;
    ingest(&format!("ingest{}", plan.grown), cost, results)?;
    inquest.serve().await?;
    let before = (plan.containers, overview_ms);
    overview::grown(&client, &inquest, (plan.grown, rounds), before, results).await?;
    inquest.stop().await;
    Ok(())
}

/// Bytes per sample of polls without jitter.
async fn aligned(run: &Path, shape: Shape, results: &Results) -> anyhow::Result<()> {
    let mut inquest = Inquest::start(run, "inquest").await?;
    inquest.load("aligned", shape, shape.end_ms()).await?;
    let ours = sizes::of_inquest(inquest.database_url()?).await?;
    inquest.stop().await;
    let mut victoria = VictoriaMetrics::start(run, "victoria-metrics").await?;
    victoria.load(shape).await?;
    let victoria_bytes = victoria.size().await?;
    victoria.stop().await;
    let mut prometheus = Prometheus::load(run, "prometheus", shape).await?;
    let prometheus_bytes = prometheus.size()?;
    prometheus.stop().await;
    Sizes::of(count(shape), [ours, prometheus_bytes, victoria_bytes]).report(results, true)
}

/// Polls of containers that a fleet gives: some are missed.
fn count(shape: Shape) -> u64 {
    let mut fleet = Fleet::new(shape);
    std::iter::from_fn(|| fleet.next(DAY_MS / INTERVAL_MS))
        .map(|window| window.count())
        .sum()
}

/// What polls cost that came in one by one.
fn ingest(group: &str, cost: Ingest, results: &Results) -> anyhow::Result<()> {
    let (server, postgres) = (cost.server.as_secs_f64(), cost.postgres.as_secs_f64());
    let millions = cost.samples as f64 / 1e6;
    results.figure(
        &format!("{group}.samples_per_cpu_s"),
        cost.samples as f64 / (server + postgres),
        "samples/s",
    )?;
    results.figure(
        &format!("{group}.server_cpu_s_per_million"),
        server / millions,
        "s",
    )?;
    results.figure(
        &format!("{group}.postgres_cpu_s_per_million"),
        postgres / millions,
        "s",
    )?;
    results.figure(
        &format!("{group}.wal_bytes_per_sample"),
        cost.wal_bytes as f64 / cost.samples as f64,
        "bytes",
    )
}
