//! What is made of a workload's runs, on demand.

use app::backend::BackendError;
use chrono::Utc;
use domain::{
    Timestamp, analysis,
    correlation::End,
    ids::WorkloadId,
    leak::backtest::PastRun,
    metric::Metric,
    outlook::Outlook,
    proof::eras,
    run::Run,
    view::{
        AnalysisQuery, AnalysisView, DeployRow, MAX_POINTS, Page, RunRow, SeriesQuery, SeriesSet,
    },
};

use super::{
    StoreBackend, check,
    error::{from_store, no_workload},
};
use crate::analyze::history::{History, REACH};

/// What the restarts of a range are correlated with.
const CORRELATED: [Metric; 2] = [Metric::MemoryRatio, Metric::Tasks];

impl StoreBackend {
    pub(super) async fn analyse(
        &self,
        id: WorkloadId,
        query: &AnalysisQuery,
    ) -> Result<AnalysisView, BackendError> {
        check::range(query.range)?;
        let now = Utc::now();
        let since = query.range.from.min(now - REACH);
        let history = self.history(id, since, now).await?;
        let within = |end: &End| (query.range.from..query.range.to).contains(&end.at);
        let ends: Vec<End> = history
            .runs
            .iter()
            .filter_map(Run::last_moment)
            .filter(within)
            .collect();
        let series = if ends.iter().any(|end| end.counts) {
            let query = SeriesQuery {
                metrics: CORRELATED.to_vec(),
                range: query.range,
                points: MAX_POINTS,
            };
            let samples = self.store.samples();
            samples
                .query(&history.containers, &query)
                .await
                .map_err(from_store)?
        } else {
            SeriesSet { series: Vec::new() }
        };
        let outlook = outlook(&history, now);
        Ok(analysis::of(
            &history.runs,
            &ends,
            &series,
            outlook.as_ref(),
            now,
        ))
    }

    pub(super) async fn run_rows(&self, id: WorkloadId) -> Result<Page<RunRow>, BackendError> {
        let now = Utc::now();
        let history = self.history(id, now - REACH, now).await?;
        let newest = history.runs.iter().rev().take(check::MAX_RUNS);
        Ok(Page::whole(
            newest.map(|run| analysis::run_row(run, now)).collect(),
        ))
    }

    pub(super) async fn deploy_rows(
        &self,
        id: WorkloadId,
    ) -> Result<Page<DeployRow>, BackendError> {
        let now = Utc::now();
        let since = now - REACH;
        let history = self.history(id, since, now).await?;
        let (blind, proofs) = tokio::try_join!(self.store.blind(id, since), self.store.proofs(id))
            .map_err(from_store)?;
        let gaps: Vec<_> = blind
            .iter()
            .map(|gap| (gap.from, gap.to.unwrap_or(now)))
            .collect();
        let context = eras::Context {
            gaps: &gaps,
            since,
            now,
        };
        let mut rows = analysis::deploy_rows(&history.runs, context);
        for row in &mut rows {
            if let Some(proof) = proofs.get(&row.container_id) {
                row.decided_at = Some(proof.at);
                row.decided_text = Some(proof.text.clone());
            }
        }
        Ok(Page::whole(rows))
    }

    async fn history(
        &self,
        id: WorkloadId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<History, BackendError> {
        let history = History::read(&self.store, id, since, now)
            .await
            .map_err(from_store)?;
        self.check_workload(Some(id), history.runs.is_empty())
            .await
            .map_err(|_none| no_workload(id))?;
        Ok(history)
    }
}

/// What is ahead of the run that lasts, tried on the runs before.
fn outlook(history: &History, now: Timestamp) -> Option<Outlook> {
    let lasting = history.lasting()?;
    let past: Vec<PastRun> = history.runs.iter().filter_map(Run::past).collect();
    Some(Outlook::of(lasting, &past, now))
}
