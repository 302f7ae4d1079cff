//! The overview of a whole fleet: for each workload a day of memory as a line, its memory now, restarts in 10 min, 24 h and 30 d.

use anyhow::{Context as _, ensure};
use bytes::Bytes;

use crate::{
    client::{Client, median},
    fleet::Shape,
    results::Results,
    systems::{Overview, System},
};

/// Times with everything warm, asked in turn. Returns ours in milliseconds.
pub(crate) async fn warm(
    client: &Client,
    systems: [&dyn System; 3],
    (shape, rounds): (Shape, usize),
    results: &Results,
) -> anyhow::Result<f64> {
    let overview = Overview {
        begin_ms: shape.begin_ms,
        now_ms: shape.end_ms() - crate::fleet::INTERVAL_MS,
    };
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..=rounds {
        for (system, times) in systems.iter().zip(&mut times) {
            let (ms, answers) = client.ask(&system.overview(&overview)).await?;
            check(*system, &answers, shape.containers)?;
            if round > 0 {
                times.push(ms);
            }
        }
    }
    let [ours, prometheus, victoria] = times.map(|times| median(&times));
    let name = format!("overview{}", shape.containers);
    results.figure(&format!("{name}_ms"), ours, "ms")?;
    results.versus(
        &format!("{name}_vs_prometheus"),
        "prometheus",
        (ours, prometheus),
        "ms",
    )?;
    results.versus(
        &format!("{name}_vs_victoriametrics"),
        "victoriametrics",
        (ours, victoria),
        "ms",
    )?;
    Ok(ours)
}

/// Ours alone, of a fleet that has grown to `workloads`, beside what it took before.
pub(crate) async fn grown(
    client: &Client,
    system: &dyn System,
    (workloads, rounds): (usize, usize),
    (before, before_ms): (usize, f64),
    results: &Results,
) -> anyhow::Result<()> {
    let nothing = Overview {
        begin_ms: 0,
        now_ms: 0,
    };
    let mut times = Vec::new();
    for round in 0..=rounds {
        let (ms, answers) = client.ask(&system.overview(&nothing)).await?;
        check(system, &answers, workloads)?;
        if round > 0 {
            times.push(ms);
        }
    }
    let ms = median(&times);
    results.figure(&format!("overview{workloads}_ms"), ms, "ms")?;
    // 1 is linear, less is better than that.
    let growth = (ms / before_ms) / (workloads as f64 / before as f64);
    results.figure(&format!("overview{workloads}_growth"), growth, "of linear")
}

fn check(system: &dyn System, answers: &[Bytes], workloads: usize) -> anyhow::Result<()> {
    let name = system.name();
    let found = system
        .workloads(answers)
        .with_context(|| format!("the overview of {name} cannot be read"))?;
    ensure!(
        found == workloads,
        "the overview of {name} has {found} of {workloads} workloads"
    );
    Ok(())
}
