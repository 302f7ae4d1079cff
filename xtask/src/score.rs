//! Scores the verdicts: a simulated fleet lives for a month in minutes, is watched, and the ledger is held against what truly happened.
//!
//! The score itself is `server/tests/score`, which as a plain test is a small fleet for a day; here it is built to be fast, given its full
//! size and a database of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::{Workspace, cargo};

/// The test that is the score.
const TEST: &str = "every_end_of_a_fleet_is_in_the_ledger_once_and_no_confirmed_verdict_is_wrong";

/// How large the fleet is, and how long it lives.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Workloads, twenty on each host
    #[arg(long, default_value_t = 500)]
    workloads: usize,
    /// Simulated days
    #[arg(long, default_value_t = 30.0)]
    days: f64,
    /// Everything random comes from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hosts that are watched at the same time
    #[arg(long, default_value_t = 2)]
    at_once: usize,
    /// Cargo profile
    #[arg(long, default_value = "quick")]
    profile: String,
}

/// Runs the score, prints its tables, and appends its figures to `target/bench/results.jsonl`.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let results = workspace.root.join("target/bench");
    fs::create_dir_all(&results)?;
    let test = ["test", "--profile", &options.profile, "--test", "score"];
    let built = cargo()
        .current_dir(&workspace.root)
        .args(test)
        .arg("--no-run")
        .status()?;
    ensure!(built.success(), "the score does not compile");
    let status = Command::new(workspace.root.join("xtask/with-postgres.sh"))
        .current_dir(&workspace.root)
        .arg(cargo().get_program())
        .args(test)
        .args(["--", "--nocapture", "--exact", TEST])
        .env("SCORE_WORKLOADS", options.workloads.to_string())
        .env("SCORE_DAYS", options.days.to_string())
        .env("SCORE_SEED", options.seed.to_string())
        .env("SCORE_AT_ONCE", options.at_once.to_string())
        .env("SCORE_RESULTS", results.join(Path::new("results.jsonl")))
        .status()
        .context("cannot start a database; is Postgres installed?")?;
    ensure!(
        status.success(),
        "the score is not what it has to be: see above"
    );
    Ok(())
}
