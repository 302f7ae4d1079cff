//! The one port between the interface and the server. Server functions and REST handlers are thin adapters over it.

use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use domain::{
    ids::{IncidentId, RestartId, WorkloadId},
    view::{
        AnalysisQuery, AnalysisView, DeployRow, ExportBlock, ExportQuery, FleetView,
        IncidentChange, IncidentCharts, IncidentDetail, IncidentQuery, IncidentRow, LogHit,
        LogQuery, LogView, NewCorrection, Page, PanicGroup, PanicQuery, RestartDetail,
        RestartQuery, RestartRow, RunRow, SeriesQuery, SeriesSet, SourceRow, StorageQuery,
        StorageView, TimelineEntry, TimelineQuery, WorkloadDetail, WorkloadQuery, WorkloadRow,
    },
};
use futures::Stream;
use serde::{Deserialize, Serialize};

/// Who asks. Every call carries it, so that permission is decided behind the port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// Anyone who can reach the listening address. It is the loopback interface unless configured otherwise.
    Anonymous,
}

/// Why a call was refused or failed, in words for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BackendError {
    /// There is no such thing.
    #[error("no {what} has the id {id}")]
    NotFound {
        /// What was looked for: `workload`.
        what: String,
        /// The id that was asked for.
        id: String,
    },
    /// The question makes no sense.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which parameter.
        field: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// It makes sense, but no longer: things have changed since they were looked at.
    #[error("{problem}")]
    Conflict {
        /// What stands against it.
        problem: String,
    },
    /// The store does not answer at the moment; polling goes on.
    #[error("the store does not answer: {problem}")]
    Unavailable {
        /// What failed.
        problem: String,
    },
    /// A mistake of ours; the log has the details under this id.
    #[error("internal error {id}")]
    Internal {
        /// Where to look in the log.
        id: String,
    },
}

/// What is exported, as it is read: never all of it is in memory. Dropping it ends the work.
pub type ExportStream = Pin<Box<dyn Stream<Item = Result<ExportBlock, BackendError>> + Send>>;

/// What is true of this server as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Inquest's version.
    pub version: String,
    /// Whether the data are invented.
    pub demo: bool,
    /// How many alerts fire and are not held back.
    pub firing: u32,
}

/// What the interface may ask.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// What is true of this server as a whole.
    fn about(&self) -> About;

    /// What is asked about alerts; `None` where there are none.
    #[cfg(feature = "ssr")]
    fn alerting(&self) -> Option<&dyn crate::alerts::AlertBackend> {
        None
    }

    /// The overview in one round trip: rows, sparklines of the last 24 h, sources.
    async fn fleet(&self, caller: &Caller) -> Result<FleetView, BackendError>;

    /// Workloads, most urgent first: restarts of the last 10 min, 24 h, 30 d, then name.
    async fn workloads(
        &self,
        caller: &Caller,
        query: &WorkloadQuery,
    ) -> Result<Page<WorkloadRow>, BackendError>;

    /// One workload.
    async fn workload(
        &self,
        caller: &Caller,
        id: WorkloadId,
    ) -> Result<WorkloadDetail, BackendError>;

    /// Series of one workload.
    async fn series(
        &self,
        caller: &Caller,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<SeriesSet, BackendError>;

    /// The version of the answer to the same question, when only late samples can change it: whoever has this version has the answer.
    async fn series_version(
        &self,
        caller: &Caller,
        id: WorkloadId,
        query: &SeriesQuery,
    ) -> Result<Option<String>, BackendError>;

    /// Samples at full resolution, workload by workload, container by container, in order of time.
    async fn export(
        &self,
        caller: &Caller,
        query: &ExportQuery,
    ) -> Result<ExportStream, BackendError>;

    /// The restart ledger, newest first.
    async fn restarts(
        &self,
        caller: &Caller,
        query: &RestartQuery,
    ) -> Result<Page<RestartRow>, BackendError>;

    /// One restart with everything that is kept around it.
    async fn restart(&self, caller: &Caller, id: RestartId) -> Result<RestartDetail, BackendError>;

    /// The last lines of the run that ended; not found when none were read.
    async fn restart_log(&self, caller: &Caller, id: RestartId) -> Result<LogView, BackendError>;

    /// A restart as a scenario file: the facts, and the verdict that is right.
    async fn restart_scenario(
        &self,
        caller: &Caller,
        id: RestartId,
    ) -> Result<String, BackendError>;

    /// Keeps what a person says the cause was, beside the verdict.
    async fn correct_restart(
        &self,
        caller: &Caller,
        id: RestartId,
        correction: &NewCorrection,
    ) -> Result<(), BackendError>;

    /// Logs that have some words, the newest first.
    async fn logs(&self, caller: &Caller, query: &LogQuery) -> Result<Page<LogHit>, BackendError>;

    /// Panics by workload and fingerprint, the last seen first.
    async fn panics(
        &self,
        caller: &Caller,
        query: &PanicQuery,
    ) -> Result<Page<PanicGroup>, BackendError>;

    /// Dated facts, oldest first.
    async fn timeline(
        &self,
        caller: &Caller,
        query: &TimelineQuery,
    ) -> Result<Page<TimelineEntry>, BackendError>;

    /// What is made of a workload's runs: correlation, growth, forecast, survival, the right limit.
    async fn analysis(
        &self,
        caller: &Caller,
        id: WorkloadId,
        query: &AnalysisQuery,
    ) -> Result<AnalysisView, BackendError>;

    /// The runs of a workload in the last 30 days, newest first, the newest of them with their course by age.
    async fn runs(&self, caller: &Caller, id: WorkloadId) -> Result<Page<RunRow>, BackendError>;

    /// The deploys of a workload in the last 30 days, newest first, with what each did.
    async fn deploys(
        &self,
        caller: &Caller,
        id: WorkloadId,
    ) -> Result<Page<DeployRow>, BackendError>;

    /// Incidents: open ones first, then acknowledged, then resolved, each with the newest restart first.
    async fn incidents(
        &self,
        caller: &Caller,
        query: &IncidentQuery,
    ) -> Result<Page<IncidentRow>, BackendError>;

    /// One incident.
    async fn incident(
        &self,
        caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentDetail, BackendError>;

    /// The course of an incident.
    async fn incident_charts(
        &self,
        caller: &Caller,
        id: IncidentId,
    ) -> Result<IncidentCharts, BackendError>;

    /// Does what a person wants with an incident, and says what became of it. `who` is the name that was given, if one was.
    async fn change_incident(
        &self,
        caller: &Caller,
        id: IncidentId,
        change: &IncidentChange,
        who: Option<&str>,
    ) -> Result<IncidentDetail, BackendError>;

    /// The sources and how they are.
    async fn sources(&self, caller: &Caller) -> Result<Page<SourceRow>, BackendError>;

    /// What is stored and how large it is.
    async fn storage(
        &self,
        caller: &Caller,
        query: &StorageQuery,
    ) -> Result<StorageView, BackendError>;
}

/// The backend as pages and handlers hold it.
pub type SharedBackend = Arc<dyn Backend>;
