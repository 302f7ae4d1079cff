//! Build steps and checks that cargo cannot express: `cargo xtask --help` lists them.
//!
//! Installing things is not its business: that is `xtask/setup.sh`.
#![expect(clippy::print_stdout, reason = "a command line tool talks on stdout")]

mod boundaries;
mod poll;
mod score;
mod site;
mod sqlx;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// Inquest's build tasks.
#[derive(Parser)]
enum Task {
    /// Build what the browser loads (WebAssembly, styles, public files) into target/site
    Site(site::Options),
    /// Fail when the WebAssembly file of the release site is larger than its budget
    Budget,
    /// Check the invariants of the architecture: who may depend on what, and what is written where
    Boundaries,
    /// Poll a simulated fleet of 10,000 containers with the real server and append what it costs to target/bench/results.jsonl
    Poll(poll::Options),
    /// Let a simulated fleet live for a month, hold the ledger against what truly happened, and append the figures to target/bench/results.jsonl
    Score(score::Options),
    /// Ask a throw-away Postgres about every query and write the answers to .sqlx
    SqlxPrepare(sqlx::Options),
}

fn main() -> ExitCode {
    let task = Task::parse();
    match Workspace::locate().and_then(|workspace| run(&workspace, &task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(workspace: &Workspace, task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Site(options) => site::build(workspace, options),
        Task::Budget => site::check_budget(workspace),
        Task::Boundaries => boundaries::check(workspace),
        Task::Poll(options) => poll::run(workspace, options),
        Task::Score(options) => score::run(workspace, options),
        Task::SqlxPrepare(options) => sqlx::prepare(workspace, options),
    }
}
