//! One HTTP client for all systems: connections are kept, answers are read to their end, requests go one after the other.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;

use crate::systems::{Chart, System};

#[derive(Clone, Debug, Default)]
pub(crate) struct Client(reqwest::Client);

impl Client {
    /// Milliseconds from the first request to the end of the last answer, and the answers.
    pub(crate) async fn ask(&self, requests: &[String]) -> anyhow::Result<(f64, Vec<Bytes>)> {
        let began = Instant::now();
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let answer = self.0.get(request).send().await?;
            let answer = answer.error_for_status().with_context(|| request.clone())?;
            answers.push(answer.bytes().await?);
        }
        Ok((began.elapsed().as_secs_f64() * 1000.0, answers))
    }

    /// A chart's time, after making sure that there is something in it.
    pub(crate) async fn chart(
        &self,
        system: &dyn System,
        container: usize,
        chart: &Chart,
    ) -> anyhow::Result<f64> {
        let (ms, answers) = self.ask(&system.chart(container, chart)).await?;
        system.highest(&answers).with_context(|| {
            format!(
                "{} has no data of container {container} for {chart:?}",
                system.name()
            )
        })?;
        Ok(ms)
    }
}

/// The middle one.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
