//! What was made of the runs that last, for who answers.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::WorkloadId,
    outlook::Outlook,
    view::{ForecastView, WorkloadRow},
};

/// The engine's inspect and its event tell the begin of a run apart by less than this.
const SAME_BEGIN: TimeDelta = TimeDelta::seconds(5);

/// The newest outlook of every workload that runs. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
pub struct Outlooks(Arc<RwLock<HashMap<WorkloadId, Outlook>>>);

impl Outlooks {
    /// Adds the time to the limit to rows of workloads, where it is known of the run that they show.
    pub fn add_to<'a>(&self, rows: impl IntoIterator<Item = &'a mut WorkloadRow>, now: Timestamp) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            row.forecast = known
                .get(&row.id)
                .and_then(|outlook| of_run(outlook, row.started_at, now));
        }
    }

    pub(super) fn put(&self, outlooks: impl IntoIterator<Item = (WorkloadId, Outlook)>) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(outlooks);
    }

    pub(super) fn retain(&self, keep: impl Fn(WorkloadId, &Outlook) -> bool) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, outlook| keep(*id, outlook));
    }
}

/// An outlook says nothing about another run.
fn of_run(
    outlook: &Outlook,
    started_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<ForecastView> {
    let is_same = (started_at? - outlook.run_started_at).abs() <= SAME_BEGIN;
    is_same.then(|| outlook.forecast_view(now))
}
