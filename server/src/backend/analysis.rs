//! What is made of a workload's runs, on demand.

use std::sync::Arc;

use app::backend::BackendError;
use chrono::{TimeDelta, Utc};
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
use crate::{
    analyze::history::{History, REACH},
    store::StoredDeploy,
};

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
        let (blind, stored) = tokio::try_join!(self.store.blind(id, since), self.store.deploys(id))
            .map_err(from_store)?;
        let gaps: Vec<_> = blind
            .iter()
            .map(|gap| (gap.from, gap.to.unwrap_or(now)))
            .collect();
        let changes: Vec<_> = stored.iter().filter_map(StoredDeploy::change).collect();
        let context = eras::Context {
            gaps: &gaps,
            changes: &changes,
            since,
            now,
        };
        let deploys = eras::deploys(&history.runs, context);
        let mut rows = analysis::deploy_rows(&history.runs, &deploys, now);
        for fact in stored {
            let about = eras::about(&deploys, &history.runs, &fact.container, fact.at);
            let row = about.and_then(|deploy| rows.iter_mut().find(|row| row.at == deploy.at));
            if let (Some(row), Some(proof)) = (row, fact.proof) {
                row.decided_at = Some(proof.at);
                row.decided_text = Some(proof.text);
            }
        }
        Ok(Page::whole(rows))
    }

    async fn history(
        &self,
        id: WorkloadId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<History>, BackendError> {
        // Pages ask several questions about the same runs at once, each with a now of its own.
        let key = (id, since.timestamp().div_euclid(60));
        let since = since - TimeDelta::minutes(1);
        let reading = self.histories.share(key, || async {
            let history = History::read(&self.store, id, since, now).await;
            history.map(Arc::new)
        });
        let history = reading.await.map_err(from_store)?;
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
