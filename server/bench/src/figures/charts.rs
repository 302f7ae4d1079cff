//! Charts of one container: minimum, maximum and last value of its working set in every step, over three ranges.

use anyhow::ensure;

use crate::{
    client::{Client, median},
    fleet::{DAY_MS, HOUR_MS, INTERVAL_MS, Shape},
    results::Results,
    systems::{Chart, System, inquest::Inquest, prometheus::Prometheus, victoria::VictoriaMetrics},
};

/// How many containers are asked about in turn, spread over the fleet.
const CONTAINERS: usize = 12;

/// A chart with its name in the figures.
pub(crate) type Named = (&'static str, Chart);

/// The three ranges, up to the newest data. Steps are those that Inquest gives for 1,500 points; peers are asked for the same.
pub(crate) fn charts(shape: Shape) -> [Named; 3] {
    let chart = |length_ms: i64, step_ms| Chart {
        from_ms: shape.end_ms() - length_ms,
        to_ms: shape.end_ms(),
        step_ms,
    };
    let all_ms = shape.end_ms() - shape.begin_ms;
    let month_step = if all_ms > 5 * DAY_MS {
        HOUR_MS / 2
    } else {
        HOUR_MS / 12
    };
    [
        ("30d", chart(all_ms.min(30 * DAY_MS), month_step)),
        ("24h", chart(DAY_MS, 60_000)),
        ("1h", chart(HOUR_MS, INTERVAL_MS)),
    ]
}

/// Containers to ask about: all classes are among them.
pub(crate) fn containers(shape: Shape) -> Vec<usize> {
    (0..CONTAINERS)
        .map(|number| number * (shape.containers / CONTAINERS + 1) % shape.containers)
        .collect()
}

/// Fails unless all systems find the same highest value in each chart.
pub(crate) async fn check(
    client: &Client,
    systems: &[&dyn System],
    shape: Shape,
) -> anyhow::Result<()> {
    for (name, chart) in charts(shape) {
        for container in containers(shape) {
            let mut answers = Vec::new();
            for system in systems {
                let (_, answer) = client.ask(&system.chart(container, &chart)).await?;
                answers.push((system.name(), system.highest(&answer)));
            }
            let same = answers
                .iter()
                .all(|(_, highest)| match (highest, answers[0].1) {
                    (Some(theirs), Some(ours)) => (theirs - ours).abs() < 0.5,
                    _ => false,
                });
            ensure!(
                same,
                "{name} of container {container}: the highest values differ: {answers:?}"
            );
        }
    }
    Ok(())
}

/// Times with everything warm, asked in turn.
pub(crate) async fn warm(
    client: &Client,
    inquest: &Inquest,
    prometheus: &Prometheus,
    victoria: &mut VictoriaMetrics,
    (shape, rounds): (Shape, usize),
    results: &Results,
) -> anyhow::Result<()> {
    for (name, chart) in charts(shape) {
        let mut times: [Vec<f64>; 4] = Default::default();
        // The first round is not counted: it warms.
        for round in 0..=rounds {
            for container in containers(shape) {
                let mut taken = [0.0; 4];
                taken[0] = client.chart(inquest, container, &chart).await?;
                taken[1] = client.chart(prometheus, container, &chart).await?;
                taken[2] = client.chart(victoria, container, &chart).await?;
                victoria.cached = true;
                let cached = client.chart(victoria, container, &chart).await;
                victoria.cached = false;
                taken[3] = cached?;
                if round > 0 {
                    times
                        .iter_mut()
                        .zip(taken)
                        .for_each(|(times, taken)| times.push(taken));
                }
            }
        }
        report("query", name, times.map(|times| median(&times)), results)?;
    }
    Ok(())
}

/// Times of the first chart after a start with nothing in memory.
pub(crate) async fn cold(
    client: &Client,
    systems: &mut [&mut dyn System; 3],
    (shape, rounds): (Shape, usize),
    results: &Results,
) -> anyhow::Result<()> {
    for (name, chart) in charts(shape) {
        let mut times: [Vec<f64>; 3] = Default::default();
        for container in containers(shape).into_iter().take(rounds) {
            for (system, times) in systems.iter_mut().zip(&mut times) {
                system.restart_cold().await?;
                times.push(client.chart(&**system, container, &chart).await?);
            }
        }
        let [ours, prometheus, victoria] = times.map(|times| median(&times));
        report(
            "cold",
            name,
            [ours, prometheus, victoria, f64::NAN],
            results,
        )?;
    }
    Ok(())
}

fn report(
    group: &str,
    name: &str,
    [ours, prometheus, victoria, cached]: [f64; 4],
    results: &Results,
) -> anyhow::Result<()> {
    results.figure(&format!("{group}.{name}_ms"), ours, "ms")?;
    let versus = |peer: &str, theirs: f64| {
        results.versus(
            &format!("{group}.{name}_vs_{peer}"),
            peer,
            (ours, theirs),
            "ms",
        )
    };
    versus("prometheus", prometheus)?;
    versus("victoriametrics", victoria)?;
    if cached.is_finite() {
        versus("victoriametrics_cached", cached)?;
    }
    let best = prometheus.min(victoria);
    results.versus(
        &format!("{group}.{name}_vs_best_peer"),
        if best < victoria {
            "prometheus"
        } else {
            "victoriametrics"
        },
        (ours, best),
        "ms",
    )
}
