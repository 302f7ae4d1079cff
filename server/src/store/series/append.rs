//! Writing polls, and reading them back into memory after a start.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    ids::{ContainerKey, SourceId},
    sample::Sample,
};

use super::{Samples, frame, point::Point, seal};
use crate::store::error::{StoreError, While};

/// What one poll of a source saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When the round was due.
    pub at: Timestamp,
    /// The numbers, each with its own time.
    pub samples: Vec<(ContainerKey, Sample)>,
}

impl Samples<'_> {
    /// Keeps the samples of one poll. When this returns, they are committed.
    pub async fn append(
        &self,
        source: SourceId,
        tick: Timestamp,
        samples: &[(ContainerKey, Sample)],
    ) -> Result<(), StoreError> {
        let tick = tick.timestamp_millis();
        self.write(source, BTreeMap::from([(tick, points(tick, samples))]))
            .await
    }

    /// Keeps the samples of many polls in one transaction: history, or what was held back while the database was away.
    pub async fn append_ticks(&self, source: SourceId, ticks: &[Tick]) -> Result<(), StoreError> {
        // Two polls of one tick share a row, and a statement may touch a row only once.
        let mut by_tick = BTreeMap::<i64, Vec<(i64, Point)>>::new();
        for tick in ticks {
            let at = tick.at.timestamp_millis();
            by_tick
                .entry(at)
                .or_default()
                .extend(points(at, &tick.samples));
        }
        self.write(source, by_tick).await
    }

    async fn write(
        &self,
        source: SourceId,
        mut ticks: BTreeMap<i64, Vec<(i64, Point)>>,
    ) -> Result<(), StoreError> {
        ticks.retain(|_, points| !points.is_empty());
        if ticks.is_empty() {
            return Ok(());
        }
        let tick_ms: Vec<i64> = ticks.keys().copied().collect();
        let payloads: Vec<Vec<u8>> = ticks
            .iter()
            .map(|(tick, points)| frame::encode(*tick, points))
            .collect();
        sqlx::query!(
            "INSERT INTO head_log (tick_ms, source_id, payload)
             SELECT tick_ms, $1, payload FROM unnest($2::bigint[], $3::bytea[]) AS polls (tick_ms, payload)
             ON CONFLICT (tick_ms, source_id) DO UPDATE SET payload = head_log.payload || excluded.payload",
            source.0,
            &tick_ms,
            &payloads,
        )
        .execute(self.pool)
        .await
        .during("appending samples")?;
        self.head.insert(ticks.into_values().flatten());
        Ok(())
    }

    /// Reads the newest samples into memory. Called once, before anything is appended.
    pub(in crate::store) async fn restore(&self, now: Timestamp) -> Result<(), StoreError> {
        const DOING: &str = "reading the newest samples";
        // Nothing from then on can be sealed yet. What is older and still in the head is sealed by the first `seal`.
        let since = seal::sealable_until(now);
        let rows = sqlx::query!(
            "SELECT tick_ms, payload FROM head_log WHERE tick_ms >= $1 ORDER BY tick_ms, source_id",
            since,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        let mut points = Vec::new();
        for row in rows {
            points.extend(frame::decode(row.tick_ms, &row.payload).during(DOING)?);
        }
        self.head.restore(since, points);
        Ok(())
    }
}

fn points(tick: i64, samples: &[(ContainerKey, Sample)]) -> Vec<(i64, Point)> {
    samples
        .iter()
        .map(|(container, sample)| (container.0, Point::from_sample(sample, tick)))
        .collect()
}
