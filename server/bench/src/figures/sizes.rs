//! Bytes that a system keeps for its data, everything included.
//!
//! The systems are given the same polls, of which each makes other samples: six of a poll for Inquest, whose ledger of restarts adds bytes
//! but no samples, and seven for the peers, whose counter of restarts is one more series. So they are compared by the bytes of the same
//! polls; bytes of a sample are ours alone.

use crate::{
    results::Results,
    systems::{OUR_SAMPLES, inquest::Database},
};

/// Bytes for each poll of a container.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    ours: f64,
    prometheus: f64,
    victoria: f64,
}

impl Sizes {
    /// From bytes and the polls of containers that they hold.
    pub(crate) fn of(polls: u64, bytes: [u64; 3]) -> Self {
        let [ours, prometheus, victoria] = bytes.map(|bytes| bytes as f64 / polls as f64);
        Self {
            ours,
            prometheus,
            victoria,
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
            self.ours / OUR_SAMPLES as f64,
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
                "bytes/poll",
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
