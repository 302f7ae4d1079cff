//! What the page needs, in one answer.

use domain::{
    Timestamp,
    ids::{EngineId, IncidentId},
    labels::Labels,
    view::{
        CauseCount, Page, RestartRow, SeriesSet, TimeRange, TimelineEntry, WorkloadDetail,
        WorkloadRow,
    },
};
use serde::{Deserialize, Serialize};

use super::{alerted::Alerted, finding::Finding};

/// A workload, its course over the range that was asked for, and what happened in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadPage {
    /// When it was put together: the page's "now".
    pub at: Timestamp,
    /// The range shown.
    pub range: TimeRange,
    /// The longer time that the range is a window of.
    pub whole: TimeRange,
    /// The workload as it is now.
    #[serde(with = "NestedDetail")]
    pub detail: WorkloadDetail,
    /// Its course over the range.
    pub series: SeriesSet,
    /// Its memory over the longer time.
    pub strip: SeriesSet,
    /// When runs ended over the longer time.
    pub strip_ends: Vec<Timestamp>,
    /// What happened in the range, oldest first.
    pub timeline: Page<TimelineEntry>,
    /// The newest restarts of the range.
    pub restarts: Page<RestartRow>,
    /// What is said above the charts.
    pub says: Vec<Finding>,
    /// Its alerts on the charts.
    pub alerted: Alerted,
}

/// A [`WorkloadDetail`] as it travels within the page: its row is not flattened into it as in the API, because reading that back takes
/// 30 KB of WebAssembly.
#[derive(Serialize, Deserialize)]
#[serde(remote = "WorkloadDetail")]
struct NestedDetail {
    row: WorkloadRow,
    container_id: EngineId,
    restart_policy: String,
    /// The page shows none.
    #[serde(skip)]
    labels: Labels,
    containers: u32,
    first_seen_at: Timestamp,
    engine_restart_count: Option<u64>,
    causes_30d: Vec<CauseCount>,
    newest_restart: Option<RestartRow>,
    incident: Option<IncidentId>,
}

#[cfg(feature = "ssr")]
pub use server::load;

#[cfg(feature = "ssr")]
mod server {
    use chrono::DateTime;
    use domain::{
        Timestamp,
        ids::WorkloadId,
        metric::Metric,
        view::{
            AnalysisQuery, RestartQuery, SeriesQuery, TimeRange, TimelineEntry, TimelineKind,
            TimelineQuery,
        },
    };

    use super::{
        super::{
            alerted::{self, Alerted},
            said,
        },
        WorkloadPage,
    };
    use crate::{
        backend::{Backend, BackendError, Caller},
        chart::{
            range::{RangeQuery, overview},
            scale::TimeScale,
        },
    };

    /// Points of a chart: about one for every two pixels of a wide screen.
    const POINTS: u32 = 600;
    /// Points of the long strip.
    const STRIP_POINTS: u32 = 360;
    /// Restarts in the table; with more, the table says how many there are.
    const RESTARTS: u32 = 50;
    /// Facts on one chart. Who has more of them in a range sees the first, and is told so.
    const FACTS: u32 = 4_000;
    /// The metrics of the charts.
    const METRICS: [Metric; 5] = [
        Metric::MemoryWorkingSetBytes,
        Metric::MemoryCacheBytes,
        Metric::MemoryLimitBytes,
        Metric::MemoryRatio,
        Metric::Tasks,
    ];

    /// Asks for everything at once.
    pub async fn load(
        backend: &dyn Backend,
        caller: &Caller,
        id: WorkloadId,
        query: RangeQuery,
        now_ms: i64,
    ) -> Result<WorkloadPage, BackendError> {
        let time = query.resolve(now_ms);
        let (range, whole) = (range_of(time), range_of(overview(time, now_ms)));
        let course = SeriesQuery {
            metrics: METRICS.to_vec(),
            range,
            points: POINTS,
        };
        let strip = SeriesQuery {
            metrics: vec![Metric::MemoryRatio, Metric::MemoryWorkingSetBytes],
            range: whole,
            points: STRIP_POINTS,
        };
        let facts = |range| TimelineQuery {
            workload: Some(id),
            range,
            limit: Some(FACTS),
            cursor: None,
        };
        let (facts, strip_facts) = (facts(range), facts(whole));
        let ledger = RestartQuery {
            workload: Some(id),
            from: Some(range.from),
            to: Some(range.to),
            limit: Some(RESTARTS),
            ..RestartQuery::default()
        };
        let correlated = AnalysisQuery { range };
        let (detail, series, strip, timeline, strip_timeline, restarts, analysis, deploys) = futures::try_join!(
            backend.workload(caller, id),
            backend.series(caller, id, &course),
            backend.series(caller, id, &strip),
            backend.timeline(caller, &facts),
            backend.timeline(caller, &strip_facts),
            backend.restarts(caller, &ledger),
            backend.analysis(caller, id, &correlated),
            backend.deploys(caller, id),
        )?;
        let mut page = WorkloadPage {
            at: DateTime::from_timestamp_millis(now_ms).unwrap_or_default(),
            range,
            whole,
            detail,
            series,
            strip,
            strip_ends: run_ends(&strip_timeline.data),
            timeline,
            restarts,
            says: Vec::new(),
            alerted: Alerted::default(),
        };
        page.alerted = alerted::load(backend, caller, &page).await?;
        page.says = said::all(&page, &analysis, &deploys.data);
        Ok(page)
    }

    fn run_ends(timeline: &[TimelineEntry]) -> Vec<Timestamp> {
        timeline
            .iter()
            .filter(|entry| entry.kind == TimelineKind::Restart)
            .map(|entry| entry.at)
            .collect()
    }

    fn range_of(time: TimeScale) -> TimeRange {
        let instant = |ms| DateTime::from_timestamp_millis(ms).unwrap_or_default();
        TimeRange {
            from: instant(time.start()),
            to: instant(time.end()),
        }
    }
}
