//! Samples for other programs: every one, a day of a container at a time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use domain::{
    Timestamp,
    ids::{ContainerKey, EngineId, WorkloadId},
    view::{ExportBlock, ExportQuery, ExportSubject, TimeRange},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{
    Store,
    error::{StoreError, While},
};

/// What is read at once. At a poll a second it is 86,400 samples.
const WINDOW: TimeDelta = TimeDelta::days(1);

/// A container, and when it can have samples.
struct Subject {
    container: ContainerKey,
    said: Arc<ExportSubject>,
    range: TimeRange,
}

impl Store {
    /// Samples of the wanted workloads, container by container in order of time. Windows without any are left out.
    pub async fn export(
        &self,
        query: &ExportQuery,
    ) -> Result<impl Stream<Item = Result<ExportBlock, StoreError>> + Send + use<>, StoreError>
    {
        let subjects = self.export_subjects(query).await?;
        let all: usize = subjects
            .iter()
            .map(|subject| windows(subject.range).count())
            .sum();
        let plan = subjects
            .into_iter()
            .flat_map(|subject| {
                let (container, said) = (subject.container, subject.said);
                windows(subject.range).map(move |window| (container, Arc::clone(&said), window))
            })
            .enumerate();
        let (store, metrics) = (self.clone(), query.metrics.clone());
        let blocks = stream::iter(plan).then(move |(index, (container, subject, window))| {
            let (store, metrics) = (store.clone(), metrics.clone());
            async move {
                let samples = store.samples().read(container, window, &metrics).await?;
                Ok(ExportBlock {
                    subject,
                    samples,
                    until: window.to,
                    done: (index + 1) as f64 / all as f64,
                })
            }
        });
        Ok(blocks.try_filter(|block| std::future::ready(!block.samples.is_empty())))
    }

    /// Containers that were there in the range. A day more on each side costs little, and clocks may differ.
    async fn export_subjects(&self, query: &ExportQuery) -> Result<Vec<Subject>, StoreError> {
        let ids: Vec<i64> = query.workloads.iter().map(|workload| workload.0).collect();
        let TimeRange { from, to } = query.range;
        let rows = sqlx::query!(
            "SELECT c.id, c.engine_id, c.first_seen_at, c.last_seen_at, w.id AS workload_id, w.name, w.grp, s.name AS source
             FROM container c JOIN workload w ON w.id = c.workload_id JOIN source s ON s.id = w.source_id
             WHERE (cardinality($1::bigint[]) = 0 OR w.id = ANY($1)) AND c.first_seen_at < $3 AND c.last_seen_at >= $2
             ORDER BY w.id, c.created_at, c.id",
            &ids,
            from - WINDOW,
            to + WINDOW,
        )
        .fetch_all(&self.pool)
        .await
        .during("reading what can be exported")?;
        Ok(rows
            .into_iter()
            .map(|row| Subject {
                container: ContainerKey(row.id),
                range: TimeRange {
                    from: from.max(row.first_seen_at - WINDOW),
                    to: to.min(row.last_seen_at + WINDOW),
                },
                said: Arc::new(ExportSubject {
                    workload: WorkloadId(row.workload_id),
                    name: row.name,
                    group: row.grp,
                    source: row.source,
                    container_id: EngineId(row.engine_id),
                }),
            })
            .collect())
    }
}

/// The stretches that are read one after the other: whole days, as samples are stored, cut to the range.
fn windows(range: TimeRange) -> impl Iterator<Item = TimeRange> {
    let next = move |from: Timestamp| (from < range.to).then(|| day_after(from).min(range.to));
    let begins = std::iter::successors(Some(range.from), move |from| next(*from));
    begins.filter_map(move |from| next(from).map(|to| TimeRange { from, to }))
}

/// Midnight, UTC.
fn day_after(at: Timestamp) -> Timestamp {
    let midnight = at.timestamp() - at.timestamp().rem_euclid(WINDOW.num_seconds());
    DateTime::from_timestamp(midnight, 0).unwrap_or(at) + WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_range_once() {
        let at = |hours: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let cut = |from, to| {
            let range = TimeRange {
                from: at(from),
                to: at(to),
            };
            windows(range)
                .map(|window| (window.from, window.to))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            cut(3, 50),
            [(at(3), at(24)), (at(24), at(48)), (at(48), at(50))]
        );
        assert_eq!(cut(24, 48), [(at(24), at(48))]);
        assert_eq!(cut(5, 5), []);
        assert_eq!(cut(6, 5), []);
    }
}
