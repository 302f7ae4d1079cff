//! Charts while samples come in: as many as 20,000 containers give that are polled every 10 s, when the fleet has 200.
//!
//! Prometheus is not in it: it takes samples only from targets that it scrapes.

use std::time::Duration;

use crate::{
    client::{Client, median},
    fleet::Shape,
    results::Results,
    systems::{System, inquest::Inquest, victoria::VictoriaMetrics},
};

use super::charts::{charts, containers};

/// A poll of the whole fleet comes in so often.
const PACE: Duration = Duration::from_millis(100);
/// Time between two charts: whoever asks all the time measures the queue.
const PAUSE: Duration = Duration::from_millis(20);

/// The day's chart of each system while it takes in `polls` polls of a fleet.
pub(crate) async fn charts_while_ingesting(
    client: &Client,
    inquest: &Inquest,
    victoria: &VictoriaMetrics,
    (shape, polls): (Shape, i64),
    results: &Results,
) -> anyhow::Result<()> {
    let incoming = Shape {
        begin_ms: shape.end_ms() - polls * crate::fleet::INTERVAL_MS,
        polls,
        ..shape
    };
    let ours = meanwhile(client, inquest, shape, inquest.ingest(incoming, PACE)).await?;
    let theirs = meanwhile(client, victoria, shape, victoria.ingest(incoming, PACE)).await?;
    results.figure("ingesting.24h_ms", ours, "ms")?;
    results.versus(
        "ingesting.24h_vs_victoriametrics",
        "victoriametrics",
        (ours, theirs),
        "ms",
    )
}

/// The median time of charts that are asked for until `ingesting` is done.
async fn meanwhile(
    client: &Client,
    system: &dyn System,
    shape: Shape,
    ingesting: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<f64> {
    let (_, chart) = charts(shape)[1];
    let mut times = Vec::new();
    let asking = async {
        for container in containers(shape).into_iter().cycle() {
            times.push(client.chart(system, container, &chart).await?);
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        done = ingesting => done?,
        failed = asking => failed?,
    }
    Ok(median(&times))
}
