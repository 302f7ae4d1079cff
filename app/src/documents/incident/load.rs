//! Everything that is known about an incident, asked for at once.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::IncidentId,
    verdict::Confidence,
    view::{
        AnalysisQuery, AnalysisView, IncidentCharts, IncidentDetail, LogView, Page, RestartDetail,
        RestartQuery, RestartRow, TimeRange,
    },
};
use serde::Serialize;

use crate::backend::{Backend, BackendError, Caller};

/// Restarts that are looked at: what is said of "all" of a longer loop is said of its newest.
const RESTARTS: u32 = 500;

/// What is correlated of an incident that lasts for longer: as much as the runs that are looked at.
const CORRELATED: TimeDelta = TimeDelta::days(30);

/// An incident with its restarts and its course: what the page shows and the exports carry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PostMortem {
    /// When it was put together.
    pub at: Timestamp,
    /// The incident.
    pub incident: IncidentDetail,
    /// Its restarts, newest first.
    pub restarts: Page<RestartRow>,
    /// Its course.
    pub charts: IncidentCharts,
    /// What is kept around the restart that stands for the others; `null` when none is kept.
    pub restart: Option<RestartDetail>,
    /// Its log; `null` when none was asked for.
    pub log: Option<LogView>,
    /// What is made of the workload's runs; `null` when it is about a whole source, and when the runs are no longer kept.
    pub analysis: Option<AnalysisView>,
}

impl PostMortem {
    /// The restart whose evidence stands for the others.
    pub fn representative(&self) -> Option<&RestartRow> {
        representative(&self.restarts.data)
    }
}

/// The newest of those that are surest.
fn representative(rows: &[RestartRow]) -> Option<&RestartRow> {
    let surest: Confidence = rows.iter().map(|row| row.confidence).max()?;
    rows.iter().find(|row| row.confidence == surest)
}

/// Asks for all of it.
pub async fn load(
    backend: &dyn Backend,
    caller: &Caller,
    id: IncidentId,
    now: Timestamp,
) -> Result<PostMortem, BackendError> {
    let ledger = RestartQuery {
        incident: Some(id),
        limit: Some(RESTARTS),
        ..RestartQuery::default()
    };
    let (incident, restarts, charts) = futures::try_join!(
        backend.incident(caller, id),
        backend.restarts(caller, &ledger),
        backend.incident_charts(caller, id),
    )?;
    let restart = representative(&restarts.data).map(|row| row.id);
    let workload = incident.row.workload;
    let course = correlated(&incident, &charts);
    let (restart, log, analysis) = futures::try_join!(
        async {
            match restart {
                Some(restart) => if_kept(backend.restart(caller, restart).await),
                None => Ok(None),
            }
        },
        async {
            match restart {
                Some(restart) => if_kept(backend.restart_log(caller, restart).await),
                None => Ok(None),
            }
        },
        async {
            match workload {
                Some(workload) => if_kept(backend.analysis(caller, workload, &course).await),
                None => Ok(None),
            }
        },
    )?;
    Ok(PostMortem {
        at: now,
        incident,
        restarts,
        charts,
        restart,
        log,
        analysis,
    })
}

/// The whole of an incident, or the last of a very long one.
fn correlated(incident: &IncidentDetail, charts: &IncidentCharts) -> AnalysisQuery {
    let to = charts
        .range
        .to
        .max(incident.row.last_at + TimeDelta::milliseconds(1));
    let from = charts.range.from.min(incident.row.began_at);
    AnalysisQuery {
        range: TimeRange {
            from: from.max(to - CORRELATED),
            to,
        },
    }
}

/// An incident outlives what it was made of: what is gone by now is no reason to show nothing.
fn if_kept<T>(answer: Result<T, BackendError>) -> Result<Option<T>, BackendError> {
    match answer {
        Ok(kept) => Ok(Some(kept)),
        Err(BackendError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
