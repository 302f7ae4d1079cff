//! The shapes in which people and programs read what Inquest knows: shared by the REST API, the server functions and the pages.
//!
//! No value here is ever NaN or infinite; what is not known is `None` and becomes `null`.

mod alerts;
mod analysis;
mod evidence;
mod export;
mod incidents;
mod page;
mod restarts;
mod series;
mod sources;
mod spark;
mod storage;
mod timeline;
mod workloads;

pub use alerts::{
    Acknowledged, AlertPhase, AlertQuery, AlertRow, AlertSpan, ChannelField, ChannelKind,
    ChannelRow, DeadLetter, RulePreview, RuleRow, SilenceRow, Stretch, TestResult, WorkloadPreview,
};
pub use analysis::{
    AnalysisQuery, AnalysisView, BeforeAfter, CorrelationView, CostView, DeployOutcome, DeployRow,
    ForecastView, GrowthState, GrowthView, RunRow,
};
pub use evidence::{
    BlackBoxView, Correction, ExcerptPart, HitLine, LONGEST_NOTE, LogHit, LogQuery, LogSummary,
    LogView, NeighbourRow, NewCorrection, PanicDetail, PanicGroup, PanicQuery, PanicReturn,
    RestartDetail, Revision,
};
pub use export::{EXPORT_RANGE, ExportBlock, ExportQuery, ExportSubject};
pub use incidents::{
    ConfidenceCounts, EntryKind, EvidenceCount, IncidentChange, IncidentCharts, IncidentDetail,
    IncidentEntry, IncidentQuery, IncidentRow, IncidentVictim, MAX_NAME, MAX_NOTE, SimilarIncident,
    Similarity,
};
pub use page::{Meta, Page};
pub use restarts::{RestartQuery, RestartRow};
pub use series::{MAX_POINTS, SeriesQuery, SeriesSet, SeriesView, TimeRange};
pub use sources::SourceRow;
pub use spark::SparkLine;
pub use storage::{
    DatabaseInfo, SampleSize, StorageQuery, StorageView, Tier, TierSize, WorkloadSize,
};
pub use timeline::{TimelineEntry, TimelineKind, TimelineQuery};
pub use workloads::{
    CauseCount, FleetSummary, FleetView, LastRestart, MemoryNow, RestartCounts, Spark, TasksNow,
    WorkloadDetail, WorkloadQuery, WorkloadRow,
};
