//! Inquest without its peers: what a change does, in a minute rather than twenty. Prints, and appends no figure.

#![expect(clippy::print_stdout, reason = "what is printed is all there is")]

use std::path::Path;

use crate::{
    client::{Client, median},
    figures::charts,
    fleet::{DAY_MS, INTERVAL_MS, Shape},
    systems::{Overview, System as _, inquest::Inquest},
};

/// How often each thing is asked for.
const ROUNDS: usize = 60;

/// What is loaded, and what happens then.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Containers
    #[arg(long, default_value_t = 200)]
    containers: usize,
    /// Days, of which the last comes in poll by poll
    #[arg(long, default_value_t = 2)]
    days: i64,
    /// Go on serving, for a profiler, until interrupted
    #[arg(long)]
    stay: bool,
}

/// Loads polls that end with a whole window at `end_ms`, and prints what that and each answer took.
pub(crate) async fn run(options: &Options, end_ms: i64, run: &Path) -> anyhow::Result<()> {
    let shape = Shape::until(end_ms, options.containers, options.days * DAY_MS);
    let mut inquest = Inquest::start(run, "inquest").await?;
    let cost = inquest.load("fleet", shape, end_ms - DAY_MS).await?;
    let (server_s, postgres_s) = (cost.server.as_secs_f64(), cost.postgres.as_secs_f64());
    println!(
        "ingest: {:.0} samples/CPU s (server {server_s:.2} s, Postgres {postgres_s:.2} s), {:.2} bytes of WAL a sample",
        cost.samples as f64 / (server_s + postgres_s),
        cost.wal_bytes as f64 / cost.samples as f64
    );
    inquest.serve().await?;
    let client = Client::default();
    let now = Overview {
        begin_ms: shape.begin_ms,
        now_ms: end_ms - INTERVAL_MS,
    };
    ask(&client, "overview", |_| inquest.overview(&now)).await?;
    let containers = charts::containers(shape);
    for (name, chart) in charts::charts(shape) {
        let of = |round: usize| inquest.chart(containers[round % containers.len()], &chart);
        ask(&client, name, of).await?;
    }
    if options.stay {
        println!("{}", inquest.overview(&now).concat());
        println!("{}", inquest.database_url()?);
        std::future::pending::<()>().await;
    }
    inquest.stop().await;
    Ok(())
}

async fn ask(
    client: &Client,
    name: &str,
    urls: impl Fn(usize) -> Vec<String>,
) -> anyhow::Result<()> {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let (ms, answers) = client.ask(&urls(round)).await?;
        times.push(ms);
        bytes = answers.iter().map(bytes::Bytes::len).sum();
    }
    // The first ones find nothing in memory.
    println!(
        "{name}: {:.2} ms, {bytes} bytes",
        median(&times[ROUNDS / 4..])
    );
    Ok(())
}
