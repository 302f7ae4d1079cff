//! What was made of the runs that last, for who answers.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::TimeDelta;
use domain::{Timestamp, ids::WorkloadId, outlook::Outlook, view::WorkloadRow};

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
                .filter(|outlook| is_of_run(outlook, row.started_at))
                .map(|outlook| outlook.forecast_view(now));
        }
    }

    /// What is expected of the present run of each of these workloads, given with its begin. Who is not judged yet is left out.
    pub fn of_runs(
        &self,
        runs: impl IntoIterator<Item = (WorkloadId, Option<Timestamp>)>,
    ) -> HashMap<WorkloadId, Outlook> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        runs.into_iter()
            .filter_map(|(id, started_at)| {
                let outlook = known.get(&id)?;
                is_of_run(outlook, started_at).then_some((id, *outlook))
            })
            .collect()
    }

    /// Replaces what was made of these workloads' runs.
    pub fn put(&self, outlooks: impl IntoIterator<Item = (WorkloadId, Outlook)>) {
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
fn is_of_run(outlook: &Outlook, started_at: Option<Timestamp>) -> bool {
    started_at.is_some_and(|at| (at - outlook.run_started_at).abs() <= SAME_BEGIN)
}
