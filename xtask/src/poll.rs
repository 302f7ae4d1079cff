//! Polls a simulated fleet of thousands of containers with the real server, and reports what that costs.
//!
//! Three parties share the machine and are told apart by their processor time in /proc: the server, its private Postgres, and the
//! simulator, which stands for engines that would run elsewhere. What the server thinks of itself comes from its own /metrics.
//! Everything lives in one temporary folder and talks over unix sockets and the loopback network only.

mod exposition;
mod figures;
mod fleet;
mod process;
mod usage;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use self::figures::{Moment, Name};
use self::fleet::Fleet;
use crate::workspace::{Workspace, cargo};

/// How often the parties are looked at, and a line of progress is printed.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long the first complete round may take: 10,000 containers need seconds, a busy machine and 30,000 need minutes.
const FIRST_ROUND_WITHIN: Duration = Duration::from_mins(5);

/// What to poll, and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Containers on the simulated engine
    #[arg(long, default_value_t = 10_000)]
    containers: usize,
    /// Time between the first complete round and the measurement
    #[arg(long, default_value = "1m", value_parser = duration)]
    warm_up: Duration,
    /// How long to measure
    #[arg(long, default_value = "5m", value_parser = duration)]
    measure: Duration,
    /// Measure for this long instead, report how memory changed, and keep every look in `target/bench/soak.csv`
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    soak: Option<Duration>,
    /// Give every container so much of a past first, so that what is kept in memory is full
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    past: Option<Duration>,
    /// Cargo profile of the server and the simulator
    #[arg(long, default_value = "quick")]
    profile: String,
    /// Folder of binaries that are already built
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
}

/// Runs the fleet and the server, measures, and appends the figures to `target/bench/results.jsonl`.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let binaries = match &options.binaries {
        // Absolute: they run in a folder of their own.
        Some(folder) => {
            fs::canonicalize(folder).with_context(|| format!("there is no {}", folder.display()))?
        }
        None => build(workspace, &options.profile)?,
    };
    let bench = workspace.root.join("target/bench");
    fs::create_dir_all(&bench)?;
    let begun = Instant::now();
    let mut fleet = Fleet::start(&binaries, options.containers)?;
    let first_round_s = first_round(&mut fleet, options.containers)?;
    if let Some(past) = options.past {
        fleet.fill(past)?;
        first_round(&mut fleet, options.containers)?;
    }
    println!(
        "poll: all {} containers polled {first_round_s:.1} s after the server answered; warming up for {} s",
        options.containers,
        options.warm_up.as_secs()
    );
    sleep(options.warm_up);

    let lasts = options.soak.unwrap_or(options.measure);
    let mut log = options
        .soak
        .map(|_| Log::create(&bench.join("soak.csv")))
        .transpose()?;
    let end = Instant::now() + lasts;
    let mut moments = vec![fleet.look()?];
    while Instant::now() < end {
        sleep(LOOK_EVERY.min(end.saturating_duration_since(Instant::now())));
        let moment = fleet.look()?;
        let last = moments.last().unwrap_or(&moment);
        println!(
            "poll: {:>5.0} s  {}",
            begun.elapsed().as_secs_f64(),
            moment.since(last)
        );
        if let Some(log) = &mut log {
            log.add(&moment, last, &moments[0])?;
        }
        moments.push(moment);
    }
    let name = Name::new(options.containers, options.soak.is_some());
    let figures = figures::of(&moments, first_round_s);
    let results = bench.join("results.jsonl");
    figures::append(&results, &name, &figures)?;
    println!("poll: figures are in {}", results.display());
    Ok(())
}

/// Compiles what is measured.
fn build(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let built = cargo()
        .current_dir(&workspace.root)
        .args(["build", "--profile", profile])
        .args([
            "--bin",
            "inquest",
            "--bin",
            "inquest-simulator",
            "--bin",
            "bench",
        ])
        .status()?;
    ensure!(built.success(), "the server does not compile");
    Ok(workspace.target.join(profile))
}

/// Waits until every container has been listed, inspected and read once. Gives back how long that took, in seconds.
fn first_round(fleet: &mut Fleet, containers: usize) -> Result<f64> {
    let begun = Instant::now();
    loop {
        let seen = fleet.metrics()?;
        let written = seen.sum("inquest_samples_written_total");
        if seen.sum("inquest_containers") >= containers as f64 && written >= containers as f64 {
            return Ok(begun.elapsed().as_secs_f64());
        }
        if begun.elapsed() > FIRST_ROUND_WITHIN {
            bail!(
                "{} of {containers} containers listed and {written} readings written after {} s",
                seen.sum("inquest_containers"),
                FIRST_ROUND_WITHIN.as_secs()
            );
        }
        sleep(Duration::from_millis(200));
    }
}

/// A soak's looks as a table.
struct Log(File);

impl Log {
    fn create(path: &Path) -> Result<Self> {
        let mut file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(
            file,
            "seconds,server_rss_mib,server_cores,postgres_cores,simulator_cores,late_polls,queue"
        )?;
        Ok(Self(file))
    }

    fn add(&mut self, moment: &Moment, last: &Moment, first: &Moment) -> Result<()> {
        let since = moment.since(last);
        writeln!(
            self.0,
            "{:.0},{:.1},{:.3},{:.3},{:.3},{},{}",
            (moment.at - first.at).as_secs_f64(),
            moment.rss_mib,
            since.server,
            since.postgres,
            since.simulator,
            since.late,
            since.queue,
        )?;
        Ok(())
    }
}

/// A duration as `90s`, `5m` or `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration such as 90s, 5m or 1h");
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_error| wrong())?;
    Ok(Duration::from_secs(number * seconds))
}
