//! The charts of incidents, drawn from samples while they are kept, and frozen when an incident is over.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{IncidentId, WorkloadId},
    incident::charted,
    metric::Metric,
    view::{
        IncidentCharts, IncidentRow, RestartQuery, SeriesQuery, SeriesSet, SeriesView, TimeRange,
        TimelineEntry, TimelineQuery,
    },
};

use super::super::{
    Store,
    error::{StoreError, While},
    text,
};

const DOING: &str = "freezing the charts of incidents";
/// Points of a chart: one for every two pixels of a wide page.
const POINTS: u32 = 600;
/// Facts of a chart. Who has more of them sees the first.
const FACTS: u32 = 2_000;
/// Runs that are looked at to choose what is drawn.
const RUNS: u32 = 100;
/// Charts that are frozen in one go: each takes some milliseconds, and there is another go in a minute.
const AT_ONCE: i64 = 50;
/// After its end, an incident's charts show so much of what came then: it must have happened before they are frozen.
const AFTER: TimeDelta = TimeDelta::minutes(5);
/// Workloads that are drawn of an incident of a whole source.
const VICTIMS: i64 = 30;
/// What is drawn.
const METRICS: [Metric; 5] = [
    Metric::MemoryWorkingSetBytes,
    Metric::MemoryCacheBytes,
    Metric::MemoryLimitBytes,
    Metric::MemoryRatio,
    Metric::Tasks,
];

impl Store {
    /// The charts of an incident: as they were frozen, or as they are now.
    pub async fn incident_charts(
        &self,
        row: &IncidentRow,
        now: Timestamp,
    ) -> Result<IncidentCharts, StoreError> {
        const DOING: &str = "reading the charts of an incident";
        let frozen = sqlx::query_scalar!("SELECT frozen FROM incident WHERE id = $1", row.id.0)
            .fetch_optional(&self.pool)
            .await
            .during(DOING)?;
        match frozen.flatten() {
            Some(frozen) => text::from_json(frozen, DOING),
            None => self.draw(row, now).await,
        }
    }

    async fn draw(&self, row: &IncidentRow, now: Timestamp) -> Result<IncidentCharts, StoreError> {
        let query = RestartQuery {
            incident: Some(row.id),
            limit: Some(RUNS),
            ..RestartQuery::default()
        };
        let runs = self.restart_rows(&query).await?.data;
        let runs: Vec<_> = runs
            .iter()
            .map(|run| (run.run_started_at, run.ended_at))
            .collect();
        let (from, to) = charted((row.began_at, row.last_at), &runs, now);
        let range = TimeRange { from, to };
        let Some(workload) = row.workload else {
            return self.draw_several(row.id, range).await;
        };
        let query = SeriesQuery {
            metrics: METRICS.to_vec(),
            range,
            points: POINTS,
        };
        let series = self.workload_series(workload, &query).await?;
        Ok(IncidentCharts {
            range,
            series: series.unwrap_or(SeriesSet { series: Vec::new() }),
            workloads: 1,
            timeline: self.timeline(&facts(workload, range)).await?.data,
        })
    }

    /// What took several workloads down: their memory together, and what happened to each.
    async fn draw_several(
        &self,
        id: IncidentId,
        range: TimeRange,
    ) -> Result<IncidentCharts, StoreError> {
        let victims = sqlx::query!(
            "SELECT w.id, w.name FROM incident_restart l JOIN restart r ON r.id = l.restart_id JOIN workload w ON w.id = r.workload_id
             WHERE l.incident_id = $1
             GROUP BY w.id ORDER BY count(*) DESC, w.id LIMIT $2",
            id.0,
            VICTIMS,
        )
        .fetch_all(&self.pool)
        .await
        .during("reading the workloads of an incident")?;
        let query = SeriesQuery {
            metrics: vec![Metric::MemoryWorkingSetBytes],
            range,
            points: POINTS,
        };
        let mut together: Option<SeriesView> = None;
        let mut timeline: Vec<TimelineEntry> = Vec::new();
        for victim in &victims {
            let workload = WorkloadId(victim.id);
            let series = self.workload_series(workload, &query).await?;
            for one in series.into_iter().flat_map(|set| set.series) {
                add(&mut together, one);
            }
            for mut fact in self.timeline(&facts(workload, range)).await?.data {
                if fact.workload.is_some() {
                    fact.text = format!("{}: {}", victim.name, fact.text);
                } else if timeline.contains(&fact) {
                    // That their source was not seen is told of each of them.
                    continue;
                }
                timeline.push(fact);
            }
        }
        timeline.sort_by_key(|fact| fact.at);
        Ok(IncidentCharts {
            range,
            series: SeriesSet {
                series: together.into_iter().collect(),
            },
            workloads: victims.len() as u32,
            timeline,
        })
    }

    /// Freezes the charts of incidents that have been over for long enough for what came after to be in them. How many there were.
    pub async fn freeze_incidents(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM incident WHERE state = 'resolved' AND frozen IS NULL AND resolved_at < $1 ORDER BY resolved_at LIMIT $2",
            now - AFTER,
            AT_ONCE,
        )
        .fetch_all(&self.pool)
        .await
        .during(DOING)?;
        let mut frozen = 0;
        for id in ids {
            let Some(row) = self.incident_row(IncidentId(id)).await? else {
                continue;
            };
            let charts = text::to_json(&self.draw(&row, now).await?, DOING)?;
            // Another restart may have come meanwhile, or somebody may have reopened it.
            let done = sqlx::query!(
                "UPDATE incident SET frozen = $2 WHERE id = $1 AND state = 'resolved' AND last_at = $3 AND began_at = $4",
                id,
                charts,
                row.last_at,
                row.began_at,
            )
            .execute(&self.pool)
            .await
            .during(DOING)?;
            frozen += done.rows_affected();
        }
        Ok(frozen)
    }
}

fn facts(workload: WorkloadId, range: TimeRange) -> TimelineQuery {
    TimelineQuery {
        workload: Some(workload),
        range,
        limit: Some(FACTS),
        cursor: None,
    }
}

/// Adds a series to what others are together, which is over the same buckets. Smallest and largest values of two need not be of the same moment,
/// so only the last ones are added.
fn add(together: &mut Option<SeriesView>, one: SeriesView) {
    let sum = match together {
        Some(sum) => {
            for (sum, value) in sum.last.iter_mut().zip(one.last) {
                *sum = match (*sum, value) {
                    (Some(a), Some(b)) => Some(a + b),
                    (one, other) => one.or(other),
                };
            }
            sum
        }
        None => together.insert(one),
    };
    sum.min.clone_from(&sum.last);
    sum.max.clone_from(&sum.last);
}
