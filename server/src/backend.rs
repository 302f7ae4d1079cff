//! The answers: [`Backend`] over the store. Questions that make no sense are refused here, for every way of asking.

mod alerts;
mod analysis;
mod check;
mod error;
mod evidence;
mod in_flight;
mod incidents;
mod storage;

use std::sync::Arc;

use app::alerts::AlertBackend;
use app::backend::{About, Backend, BackendError, Caller, ExportStream};
use async_trait::async_trait;
use chrono::Utc;
use domain::{
    ids::{IncidentId, RestartId, WorkloadId},
    view::{
        AnalysisQuery, AnalysisView, DeployRow, ExportQuery, FleetView, IncidentChange,
        IncidentCharts, IncidentDetail, IncidentQuery, IncidentRow, LogHit, LogQuery, LogView,
        NewCorrection, Page, PanicGroup, PanicQuery, RestartDetail, RestartQuery, RestartRow,
        RunRow, SeriesQuery, SeriesSet, SourceRow, StorageQuery, StorageView, TimelineEntry,
        TimelineQuery, WorkloadDetail, WorkloadQuery, WorkloadRow,
    },
};
use futures::TryStreamExt as _;

pub use self::storage::Place;
use self::{
    error::{from_store, no_workload},
    in_flight::InFlight,
    storage::Meter,
};
use crate::{
    alerting::Setup,
    analyze::{Outlooks, history::History},
    live::Live,
    store::{Keep, Store},
};

/// Answers from the store.
#[derive(Clone, Debug)]
pub struct StoreBackend {
    store: Store,
    demo: bool,
    meter: Meter,
    outlooks: Outlooks,
    live: Live,
    alerts: Option<Setup>,
    /// What several questions of one page read, by the workload and the minute it begins in.
    histories: Arc<InFlight<(WorkloadId, i64), Arc<History>>>,
}

impl StoreBackend {
    /// Answers from `store`, which lies at `place` and whose data are kept as `keep` says and invented in a `demo`.
    pub fn new(store: Store, place: Place, keep: Keep, demo: bool) -> Self {
        Self {
            meter: Meter::new(store.clone(), place, keep),
            store,
            demo,
            outlooks: Outlooks::default(),
            live: Live::default(),
            alerts: None,
            histories: Arc::default(),
        }
    }

    /// The same with what channels are tried and their secrets kept with.
    #[must_use]
    pub fn with_alerts(self, setup: Setup) -> Self {
        Self {
            alerts: Some(setup),
            ..self
        }
    }

    /// The same with what an analyzer leaves in `outlooks`.
    #[must_use]
    pub fn with_outlooks(self, outlooks: Outlooks) -> Self {
        Self { outlooks, ..self }
    }

    /// Tells browsers through `live` what people change.
    #[must_use]
    pub fn telling(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// Tells an empty list apart from one about nobody.
    async fn check_workload(
        &self,
        workload: Option<WorkloadId>,
        is_empty: bool,
    ) -> Result<(), BackendError> {
        let Some(id) = workload.filter(|_| is_empty) else {
            return Ok(());
        };
        let containers = self
            .store
            .containers()
            .of_workload(id)
            .await
            .map_err(from_store)?;
        if containers.is_empty() {
            Err(no_workload(id))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Backend for StoreBackend {
    fn about(&self) -> About {
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: self.demo,
            firing: self.live.firing(),
        }
    }

    fn alerting(&self) -> Option<&dyn AlertBackend> {
        self.alerts.is_some().then_some(self as &dyn AlertBackend)
    }

    async fn fleet(&self, _caller: &Caller) -> Result<FleetView, BackendError> {
        let now = Utc::now();
        let mut fleet = self.store.fleet(now).await.map_err(from_store)?;
        self.outlooks.add_to(&mut fleet.workloads, now);
        Ok(fleet)
    }

    async fn workloads(
        &self,
        _caller: &Caller,
        query: &WorkloadQuery,
    ) -> Result<Page<WorkloadRow>, BackendError> {
        check::limit(query.limit, check::MAX_WORKLOADS)?;
        let now = Utc::now();
        let mut page = self
            .store
            .workload_rows(query, now)
            .await
            .map_err(from_store)?;
        self.outlooks.add_to(&mut page.data, now);
        Ok(page)
    }

    async fn workload(
        &self,
        _caller: &Caller,
        id: WorkloadId,
    ) -> Result<WorkloadDetail, BackendError> {
        let now = Utc::now();
        let detail = self
            .store
            .workload_detail(id, now)
            .await
            .map_err(from_store)?;
        let mut detail = detail.ok_or_else(|| no_workload(id))?;
        self.outlooks.add_to([&mut detail.row], now);
        Ok(detail)
    }

    async fn series(
        &self,
        _caller: &Caller,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<SeriesSet, BackendError> {
        check::series(query)?;
        let set = self
            .store
            .workload_series(id, query)
            .await
            .map_err(from_store)?;
        set.ok_or_else(|| no_workload(id))
    }

    async fn series_version(
        &self,
        _caller: &Caller,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<Option<String>, BackendError> {
        check::series(query)?;
        let version = self
            .store
            .workload_series_version(id, query)
            .await
            .map_err(from_store)?;
        // Another Inquest may answer in another form.
        Ok(version.map(|version| format!("{version}-{}", env!("CARGO_PKG_VERSION"))))
    }

    async fn export(
        &self,
        _caller: &Caller,
        query: &ExportQuery,
    ) -> Result<ExportStream, BackendError> {
        check::export(query)?;
        for id in &query.workloads {
            self.check_workload(Some(*id), true).await?;
        }
        let blocks = self.store.export(query).await.map_err(from_store)?;
        Ok(Box::pin(blocks.map_err(from_store)))
    }

    async fn restarts(
        &self,
        _caller: &Caller,
        query: &RestartQuery,
    ) -> Result<Page<RestartRow>, BackendError> {
        check::restarts(query)?;
        let page = self.store.restart_rows(query).await.map_err(from_store)?;
        if let Some(incident) = query.incident.filter(|_| page.data.is_empty()) {
            incidents::row(&self.store, incident).await?;
        }
        self.check_workload(query.workload, page.data.is_empty())
            .await?;
        Ok(page)
    }

    async fn restart(
        &self,
        _caller: &Caller,
        id: RestartId,
    ) -> Result<RestartDetail, BackendError> {
        evidence::restart(&self.store, id).await
    }

    async fn restart_log(&self, _caller: &Caller, id: RestartId) -> Result<LogView, BackendError> {
        evidence::log(&self.store, id).await
    }

    async fn restart_scenario(
        &self,
        _caller: &Caller,
        id: RestartId,
    ) -> Result<String, BackendError> {
        evidence::scenario(&self.store, id).await
    }

    async fn correct_restart(
        &self,
        _caller: &Caller,
        id: RestartId,
        correction: &NewCorrection,
    ) -> Result<(), BackendError> {
        evidence::correct(&self.store, id, correction).await
    }

    async fn logs(&self, _caller: &Caller, query: &LogQuery) -> Result<Page<LogHit>, BackendError> {
        check::logs(query)?;
        self.store.log_hits(query).await.map_err(from_store)
    }

    async fn panics(
        &self,
        _caller: &Caller,
        query: &PanicQuery,
    ) -> Result<Page<PanicGroup>, BackendError> {
        check::limit(query.limit, check::MAX_RESTARTS)?;
        let groups = self.store.panic_groups(query).await.map_err(from_store)?;
        Ok(Page::whole(groups))
    }

    async fn timeline(
        &self,
        _caller: &Caller,
        query: &TimelineQuery,
    ) -> Result<Page<TimelineEntry>, BackendError> {
        check::range(query.range)?;
        check::limit(query.limit, check::MAX_TIMELINE)?;
        let page = self.store.timeline(query).await.map_err(from_store)?;
        self.check_workload(query.workload, page.data.is_empty())
            .await?;
        Ok(page)
    }

    async fn analysis(
        &self,
        _caller: &Caller,
        id: WorkloadId,
        query: &AnalysisQuery,
    ) -> Result<AnalysisView, BackendError> {
        self.analyse(id, query).await
    }

    async fn runs(&self, _caller: &Caller, id: WorkloadId) -> Result<Page<RunRow>, BackendError> {
        self.run_rows(id).await
    }

    async fn deploys(
        &self,
        _caller: &Caller,
        id: WorkloadId,
    ) -> Result<Page<DeployRow>, BackendError> {
        self.deploy_rows(id).await
    }

    async fn incidents(
        &self,
        _caller: &Caller,
        query: &IncidentQuery,
    ) -> Result<Page<IncidentRow>, BackendError> {
        check::incidents(query)?;
        let page = self.store.incident_rows(query).await.map_err(from_store)?;
        self.check_workload(query.workload, page.data.is_empty())
            .await?;
        Ok(page)
    }

    async fn incident(
        &self,
        _caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentDetail, BackendError> {
        incidents::detail(&self.store, id).await
    }

    async fn incident_charts(
        &self,
        _caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentCharts, BackendError> {
        incidents::charts(&self.store, id, Utc::now()).await
    }

    async fn change_incident(
        &self,
        _caller: &Caller,
        id: IncidentId,
        change: &IncidentChange,
        who: Option<&str>,
    ) -> Result<IncidentDetail, BackendError> {
        incidents::change(&self.store, &self.live, id, change, who, Utc::now()).await
    }

    async fn sources(&self, _caller: &Caller) -> Result<Page<SourceRow>, BackendError> {
        self.store
            .source_rows(Utc::now())
            .await
            .map(Page::whole)
            .map_err(from_store)
    }
    async fn storage(
        &self,
        _caller: &Caller,
        query: &StorageQuery,
    ) -> Result<StorageView, BackendError> {
        check::limit(query.limit, check::MAX_STORAGE)?;
        self.meter
            .answer(query, Utc::now())
            .await
            .map_err(from_store)
    }
}
