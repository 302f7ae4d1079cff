//! Bytes per sample, everything that a system keeps for its data included. A system's bytes are divided by the samples it was given: six
//! of each poll for Inquest, whose ledger of restarts adds bytes but no samples, and seven for the peers, whose counter of restarts is
//! one more series. (Divided by six, theirs would look larger.)

use crate::{
    results::Results,
    systems::{OUR_SAMPLES, PEER_SAMPLES, inquest::Database},
};

/// Bytes per sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) ours: f64,
    pub(crate) prometheus: f64,
    pub(crate) victoria: f64,
}

impl Sizes {
    /// From bytes and the polls of containers that they hold.
    pub(crate) fn of(polls: u64, [ours, prometheus, victoria]: [u64; 3]) -> Self {
        let per_sample = |bytes: u64, samples: u64| bytes as f64 / (polls * samples) as f64;
        Self {
            ours: per_sample(ours, OUR_SAMPLES),
            prometheus: per_sample(prometheus, PEER_SAMPLES),
            victoria: per_sample(victoria, PEER_SAMPLES),
        }
    }

    /// Appends the figures; those of polls at their ticks are marked.
    pub(crate) fn report(self, results: &Results, aligned: bool) -> anyhow::Result<()> {
        let (suffix, prefix) = if aligned {
            ("_aligned", "aligned_")
        } else {
            ("", "")
        };
        results.figure(
            &format!("store.bytes_per_sample{suffix}"),
            self.ours,
            "bytes",
        )?;
        for (peer, theirs) in [
            ("prometheus", self.prometheus),
            ("victoriametrics", self.victoria),
        ] {
            results.versus(
                &format!("store.{prefix}bytes_vs_{peer}"),
                peer,
                (self.ours, theirs),
                "bytes/sample",
            )?;
        }
        Ok(())
    }
}

/// Bytes of all of Inquest's tables, told table by table.
pub(crate) async fn of_inquest(url: &str) -> anyhow::Result<u64> {
    let database = Database::connect(url).await?;
    let sizes = database.sizes().await?;
    database.close().await;
    let total: i64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    for (table, bytes) in sizes.iter().filter(|(_, bytes)| bytes * 200 > total) {
        eprintln!(
            "  {table:<24} {:8.1} MiB",
            *bytes as f64 / f64::from(1 << 20)
        );
    }
    Ok(total as u64)
}
