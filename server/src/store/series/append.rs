//! Writing polls, and reading them back into memory after a start.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    ids::{ContainerKey, SourceId},
    sample::Sample,
};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{
    Samples, chunk, frame,
    point::Point,
    seal::{self, Poll},
};
use crate::store::error::{StoreError, While};

const APPENDING: &str = "appending samples";

/// Containers that are sealed together. Two hours of so many, decoded, are about 50 MB.
const SHARD: usize = 1_024;
/// More parts would make rows so small that the rows cost more than what is in them.
const MAX_SHARDS: usize = 256;

/// What one poll of a source saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When the round was due.
    pub at: Timestamp,
    /// The numbers, each with its own time.
    pub samples: Vec<(ContainerKey, Sample)>,
}

/// What became of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// How many were written.
    pub written: u64,
    /// How many were refused, because samples of their source were stored before that are more than a week newer.
    pub too_late: u64,
}

impl Samples<'_> {
    /// Keeps the samples of one poll. When this returns, they are committed, but for those that came too late.
    pub async fn append(
        &self,
        source: SourceId,
        tick: Timestamp,
        samples: &[(ContainerKey, Sample)],
    ) -> Result<Appended, StoreError> {
        let mut rows = Rows::new(self.shards(samples.len()));
        rows.add(source, tick, samples, self.oldest(source));
        self.write(rows).await
    }

    /// Keeps the samples of many polls in one transaction: history, or what was held back while the database was away.
    pub async fn append_ticks(
        &self,
        source: SourceId,
        ticks: &[Tick],
    ) -> Result<Appended, StoreError> {
        self.append_all(&[(source, ticks)]).await
    }

    /// The same for several sources at once.
    pub async fn append_all(&self, polls: &[(SourceId, &[Tick])]) -> Result<Appended, StoreError> {
        let ticks = polls.iter().flat_map(|(_, ticks)| ticks.iter());
        let most = ticks.map(|tick| tick.samples.len()).max().unwrap_or(0);
        let mut rows = Rows::new(self.shards(most));
        for (source, ticks) in polls {
            let oldest = self.oldest(*source);
            for tick in *ticks {
                rows.add(*source, tick.at, &tick.samples, oldest);
            }
        }
        self.write(rows).await
    }

    /// Samples of a source from before this moment are too late.
    fn oldest(&self, source: SourceId) -> i64 {
        self.frontier.bound(source, chrono::Utc::now())
    }

    /// How many parts the fleet has, of which so many containers are seen now.
    fn shards(&self, seen: usize) -> usize {
        let containers = self.head.containers().max(seen);
        containers
            .div_ceil(SHARD)
            .next_power_of_two()
            .min(MAX_SHARDS)
    }

    /// A batch whose acknowledgement was lost is written again. Of a sample that is there twice one is kept.
    async fn write(&self, rows: Rows) -> Result<Appended, StoreError> {
        let appended = rows.appended;
        let rows: Vec<Row> = rows.into_rows().collect();
        if rows.is_empty() {
            return Ok(appended);
        }
        match rows.as_slice() {
            [row] => self.write_one(row).await?,
            rows => self.write_many(rows).await?,
        }
        for row in &rows {
            self.frontier.advance(row.source, row.tick_ms);
        }
        self.day.insert(rows.iter().flat_map(|row| &row.points));
        self.head
            .insert(rows.into_iter().flat_map(|row| row.points));
        Ok(appended)
    }

    /// A poll of a fleet that has one part, which most have: in arrays of one it takes Postgres a third longer.
    async fn write_one(&self, row: &Row) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO head_log (tick_ms, source_id, shard, payload) VALUES ($1, $2, $3, $4)",
            row.tick_ms,
            row.source.0,
            row.shard,
            row.payload(),
        )
        .execute(self.pool)
        .await
        .during(APPENDING)?;
        Ok(())
    }

    async fn write_many(&self, rows: &[Row]) -> Result<(), StoreError> {
        let tick_ms: Vec<i64> = rows.iter().map(|row| row.tick_ms).collect();
        let sources: Vec<i64> = rows.iter().map(|row| row.source.0).collect();
        let shards: Vec<i16> = rows.iter().map(|row| row.shard).collect();
        let payloads: Vec<Vec<u8>> = rows.iter().map(Row::payload).collect();
        sqlx::query!(
            "INSERT INTO head_log (tick_ms, source_id, shard, payload)
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bytea[])",
            &tick_ms,
            &sources,
            &shards,
            &payloads,
        )
        .execute(self.pool)
        .await
        .during(APPENDING)?;
        Ok(())
    }

    /// Reads the newest samples into memory. Called once, before anything is appended.
    pub(in crate::store) async fn restore(&self, now: Timestamp) -> Result<(), StoreError> {
        const DOING: &str = "reading the newest samples";
        // Nothing from then on can be sealed yet. What is older may be sealed already, or may wait for the first `seal`: until then it is
        // nowhere but in the head. More than one window waits only after a long stop, and nobody needs that within its first minute.
        let since = seal::sealable_until(now);
        let waiting_since = since - chunk::CHUNK_MS;
        self.head.clear();
        self.day.clear(now.timestamp_millis());
        self.open_windows(now).await;
        let since_ms = waiting_since.min(self.day.begin_ms());
        let closed = sqlx::query_as!(
            Poll,
            r#"SELECT h.tick_ms AS "tick_ms!", h.payload AS "payload!" FROM head_window w, closed_head(w.start_ms, NULL) h
               WHERE w.closed AND h.tick_ms >= $1"#,
            since_ms,
        )
        .fetch(self.pool);
        let open = sqlx::query_as!(
            Poll,
            "SELECT tick_ms, payload FROM head_log WHERE tick_ms >= $1 ORDER BY tick_ms",
            since_ms,
        )
        .fetch(self.pool);
        let mut rows = closed.chain(open);
        // One row after the other: all of them, decoded, are several times as large as the window.
        while let Some(row) = rows.try_next().await.during(DOING)? {
            let points = frame::decode(row.tick_ms, &row.payload).during(DOING)?;
            self.day.insert(&points);
            if row.tick_ms >= waiting_since {
                self.head.load(points);
            }
        }
        self.head.restored(since);
        Ok(())
    }
}

/// Points of some containers.
type Points = Vec<(i64, Point)>;

/// A row of `head_log`.
struct Row {
    /// Time of its newest sample.
    tick_ms: i64,
    source: SourceId,
    shard: i16,
    points: Points,
}

impl Row {
    fn payload(&self) -> Vec<u8> {
        frame::encode(self.tick_ms, &self.points)
    }
}

/// Points on their way into rows: one for each source, window and part. Sealing takes whole windows, and no row reaches into the next.
struct Rows {
    shards: usize,
    /// By source and begin of the window, the points of every part.
    parts: BTreeMap<(i64, i64), Vec<Points>>,
    appended: Appended,
}

impl Rows {
    /// `shards` is a power of two.
    fn new(shards: usize) -> Self {
        Self {
            shards,
            parts: BTreeMap::new(),
            appended: Appended::default(),
        }
    }

    /// Takes the samples of a poll that are not from before `oldest_ms`.
    fn add(
        &mut self,
        source: SourceId,
        tick: Timestamp,
        samples: &[(ContainerKey, Sample)],
        oldest_ms: i64,
    ) {
        let tick_ms = tick.timestamp_millis();
        for (container, sample) in samples {
            let point = Point::from_sample(sample, tick_ms);
            if point.at_ms < oldest_ms {
                self.appended.too_late += 1;
                continue;
            }
            self.appended.written += 1;
            let parts = self
                .parts
                .entry((source.0, chunk::start_of(point.at_ms)))
                .or_insert_with(|| vec![Vec::new(); self.shards]);
            // Neighbours in number are spread over all parts, so that parts stay alike while containers come and go.
            parts[container.0 as usize % self.shards].push((container.0, point));
        }
    }

    fn into_rows(self) -> impl Iterator<Item = Row> {
        self.parts.into_iter().flat_map(|((source, _), parts)| {
            parts
                .into_iter()
                .zip(0..)
                .filter_map(move |(points, shard)| {
                    Some(Row {
                        tick_ms: points.iter().map(|(_, point)| point.at_ms).max()?,
                        source: SourceId(source),
                        shard,
                        points,
                    })
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(ms).expect("in range")
    }

    proptest! {
        #[test]
        fn no_row_of_a_write_reaches_into_another_window(
            samples in vec((0..5_000_i64, 0..3 * chunk::CHUNK_MS), 1..200), shards in 0..8_u32,
        ) {
            let shards = 1 << shards;
            let mut rows = Rows::new(shards);
            for (container, ms) in &samples {
                rows.add(SourceId(1), at(*ms), &[(ContainerKey(*container), Sample::empty(at(*ms)))], i64::MIN);
            }
            let rows: Vec<Row> = rows.into_rows().collect();
            for row in &rows {
                let window = chunk::start_of(row.tick_ms);
                prop_assert!(row.points.iter().all(|(_, point)| chunk::start_of(point.at_ms) == window));
                prop_assert_eq!(row.points.iter().map(|(_, point)| point.at_ms).max(), Some(row.tick_ms));
            }
            let kept: usize = rows.iter().map(|row| row.points.len()).sum();
            prop_assert_eq!(kept, samples.len());
        }
    }
}
