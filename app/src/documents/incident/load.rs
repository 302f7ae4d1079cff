//! Everything that is known about an incident, asked for at once.

use domain::{
    Timestamp,
    ids::IncidentId,
    verdict::Confidence,
    view::{IncidentCharts, IncidentDetail, Page, RestartQuery, RestartRow},
};
use serde::Serialize;

use crate::backend::{Backend, BackendError, Caller};

/// Restarts that are looked at: what is said of "all" of a longer loop is said of its newest.
const RESTARTS: u32 = 500;

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
}

impl PostMortem {
    /// The restart whose evidence stands for the others: the newest of those that are surest.
    pub fn representative(&self) -> Option<&RestartRow> {
        let rows = &self.restarts.data;
        let surest: Confidence = rows.iter().map(|row| row.confidence).max()?;
        rows.iter().find(|row| row.confidence == surest)
    }
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
    Ok(PostMortem {
        at: now,
        incident,
        restarts,
        charts,
    })
}
