//! The last day of many containers at once, from memory: what the overview draws.

use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::Metric,
    view::{SparkLine, TimeRange},
};

use super::{
    Samples,
    day::Lines,
    time::{DAY, MINUTE},
};
use crate::store::error::{StoreError, While};

const DOING: &str = "reading the last day";

/// What lines are drawn of.
const METRICS: [Metric; 3] = [
    Metric::MemoryRatio,
    Metric::MemoryWorkingSetBytes,
    Metric::Tasks,
];

/// A day in quarters of an hour, which begin at round times and so may be one more.
const POINTS: u32 = 97;

/// Containers whose rollups are read at once: decoded, a day of so many is 30 MB.
const AT_ONCE: usize = 256;

impl Samples<'_> {
    /// The lines of groups of containers, each with the newest last, over a day at most.
    pub(in crate::store) async fn last_day(
        &self,
        groups: &[Vec<ContainerKey>],
        range: TimeRange,
    ) -> Result<Vec<Lines>, StoreError> {
        let (from, to) = (range.from.timestamp_millis(), range.to.timestamp_millis());
        if from < self.day.begin_ms() {
            return self.other_day(groups, range).await;
        }
        self.load_day(range.to).await?;
        let groups = groups.iter().map(Vec::as_slice);
        Ok(self.day.lines(groups, from, to))
    }

    /// The same of a day that is not in memory: whoever asks has another clock than whoever writes.
    async fn other_day(
        &self,
        groups: &[Vec<ContainerKey>],
        range: TimeRange,
    ) -> Result<Vec<Lines>, StoreError> {
        let groups: Vec<&[ContainerKey]> = groups.iter().map(Vec::as_slice).collect();
        let series = self.query_many(&groups, range, POINTS, &METRICS).await?;
        let lines = series.into_iter().map(|series| {
            let mut series = series.iter().map(SparkLine::of);
            let mut next = || series.next().flatten();
            let (ratio, bytes) = (next(), next());
            Lines {
                memory: ratio.or(bytes),
                tasks: next(),
            }
        });
        Ok(lines.collect())
    }

    /// Reads what was sealed of the last day into memory, once after a start: whoever comes first waits for it.
    pub(in crate::store) async fn load_day(&self, now: Timestamp) -> Result<(), StoreError> {
        if self.day.is_whole() {
            return Ok(());
        }
        let _once = self.day.filling.lock().await;
        if self.day.is_whole() {
            return Ok(());
        }
        // What the head had at the start is in memory already. If it is sealed meanwhile, it is added twice, which changes nothing.
        let from = self.day.begin_ms();
        let to = now.timestamp_millis().max(from + DAY) + 10 * MINUTE;
        let containers = self.containers_since(from).await?;
        for part in containers.chunks(AT_ONCE) {
            let rollups = self.buckets(part, from, to, &METRICS).await?;
            self.day.insert_rolled(&rollups);
        }
        self.day.set_whole();
        Ok(())
    }

    /// Containers that can have samples at or after a moment.
    async fn containers_since(&self, since_ms: i64) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar!(
            "SELECT id FROM container WHERE state <> 'removed' OR last_seen_at >= to_timestamp($1::bigint / 1000) ORDER BY id",
            since_ms,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)
    }
}
