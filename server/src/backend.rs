//! The answers.

use app::backend::{About, Backend, BackendError, Caller};
use async_trait::async_trait;
use domain::{ids::WorkloadId, view::*};

/// Knows nothing.
#[derive(Debug)]
pub struct Empty;

#[async_trait]
impl Backend for Empty {
    fn about(&self) -> About {
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            demo: false,
        }
    }
    async fn fleet(&self, _: &Caller) -> Result<FleetView, BackendError> {
        Ok(FleetView {
            at: chrono::Utc::now(),
            summary: FleetSummary::default(),
            workloads: vec![],
            sparks: vec![],
            sources: vec![],
        })
    }
    async fn workloads(
        &self,
        _: &Caller,
        _: &WorkloadQuery,
    ) -> Result<Page<WorkloadRow>, BackendError> {
        Ok(Page::whole(vec![]))
    }
    async fn workload(&self, _: &Caller, id: WorkloadId) -> Result<WorkloadDetail, BackendError> {
        Err(BackendError::NotFound {
            what: "workload".into(),
            id: id.to_string(),
        })
    }
    async fn series(
        &self,
        _: &Caller,
        id: WorkloadId,
        _: &SeriesQuery,
    ) -> Result<SeriesSet, BackendError> {
        Err(BackendError::NotFound {
            what: "workload".into(),
            id: id.to_string(),
        })
    }
    async fn restarts(
        &self,
        _: &Caller,
        _: &RestartQuery,
    ) -> Result<Page<RestartRow>, BackendError> {
        Ok(Page::whole(vec![]))
    }
    async fn timeline(
        &self,
        _: &Caller,
        _: &TimelineQuery,
    ) -> Result<Page<TimelineEntry>, BackendError> {
        Ok(Page::whole(vec![]))
    }
    async fn sources(&self, _: &Caller) -> Result<Page<SourceRow>, BackendError> {
        Ok(Page::whole(vec![]))
    }
}
