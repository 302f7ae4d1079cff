//! What the preview of a rule takes: 30 days of 200 workloads, polled every ten seconds, through [`server::alerting::preview()`], as the
//! editor of a rule asks for it at every change.

use std::{path::Path, time::Instant};

use anyhow::Context as _;
use domain::alert::{Fields, Rule};
use server::{alerting::preview, store::Store};

use crate::{
    fleet::{DAY_MS, INTERVAL_MS, Shape},
    results::Results,
    systems::{System as _, inquest::Inquest},
};

const WORKLOADS: usize = 200;
const DAYS: i64 = 30;
/// Previews of each rule, of which the middle one counts.
const ROUNDS: usize = 9;

/// One of each kind that is computed differently: levels, counts, what happens in a moment, growth, time to the limit.
const RULES: [(&str, &[(&str, &str)]); 7] = [
    (
        "memory",
        &[
            ("when", "memory_ratio"),
            ("above", "90%"),
            ("clear", "85%"),
            ("for", "1m"),
            ("grace", "2m"),
        ],
    ),
    (
        "tasks",
        &[("when", "tasks"), ("above", "500"), ("for", "10m")],
    ),
    (
        "restarts",
        &[("when", "restarts"), ("window", "24h"), ("above", "5")],
    ),
    (
        "each_restart",
        &[("when", "each_restart"), ("causes", "memory")],
    ),
    ("incidents", &[("when", "incident_opened")]),
    (
        "growth",
        &[
            ("when", "memory_growth"),
            ("above", "10 MiB"),
            ("for", "10m"),
        ],
    ),
    (
        "time_to_limit",
        &[("when", "time_to_limit"), ("below", "30m"), ("for", "2m")],
    ),
];

/// Measures it, and appends the figures: each rule's, and the slowest's.
pub(crate) async fn run(folder: &Path, results: &Results) -> anyhow::Result<()> {
    let mut inquest = Inquest::start(folder, "previews").await?;
    let now_ms = chrono::Utc::now().timestamp_millis() / INTERVAL_MS * INTERVAL_MS;
    let shape = Shape::until(now_ms, WORKLOADS, DAYS * DAY_MS);
    inquest.load("previews", shape, shape.end_ms()).await?;
    let store = Store::open(inquest.database_url()?).await?;
    let now = chrono::DateTime::from_timestamp_millis(now_ms).context("no time")?;
    let (mut slowest_ms, mut slowest_first_ms) = (0.0_f64, 0.0_f64);
    for (name, fields) in RULES {
        let mut fields: Fields = fields.iter().copied().collect();
        fields.set("name", name);
        let rule = Rule::read(&fields)
            .map_err(|problems| anyhow::anyhow!("the rule {name} is wrong: {problems:?}"))?;
        let mut took_ms = Vec::with_capacity(ROUNDS);
        for round in 0..=ROUNDS {
            let began = Instant::now();
            let found = preview(&store, &rule, now).await?;
            let took = began.elapsed().as_secs_f64() * 1e3;
            anyhow::ensure!(
                found.in_scope as usize == WORKLOADS,
                "{} workloads are in scope",
                found.in_scope
            );
            if round == 0 {
                eprintln!(
                    "  {name} fired {} times on {} workloads; the first look took {took:.0} ms",
                    found.fired,
                    found
                        .workloads
                        .iter()
                        .filter(|one| !one.episodes.is_empty())
                        .count()
                );
                slowest_first_ms = slowest_first_ms.max(took);
            } else {
                took_ms.push(took);
            }
        }
        took_ms.sort_by(f64::total_cmp);
        let middle = took_ms[ROUNDS / 2];
        slowest_ms = slowest_ms.max(middle);
        results.figure(&format!("rules.preview_200_{name}_ms"), middle, "ms")?;
    }
    results.figure("rules.preview_200_ms", slowest_ms, "ms")?;
    results.figure("rules.preview_200_first_ms", slowest_first_ms, "ms")?;
    store.close().await;
    inquest.stop().await;
    Ok(())
}
