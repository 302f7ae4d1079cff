//! Rows for tests.

use domain::{
    Timestamp,
    ids::WorkloadId,
    source::SourceState,
    view::{MemoryNow, RestartCounts, TasksNow, WorkloadRow},
    workload::ContainerState,
};

/// A workload that runs and never restarted.
pub(super) fn row(id: i64, name: &str) -> WorkloadRow {
    WorkloadRow {
        id: WorkloadId(id),
        name: name.to_owned(),
        group: String::new(),
        source: "local".to_owned(),
        source_state: SourceState::Healthy,
        image: "image:1".to_owned(),
        state: ContainerState::Running,
        started_at: None,
        seen_at: Timestamp::default(),
        memory: MemoryNow::default(),
        tasks: TasksNow::default(),
        restarts: RestartCounts::default(),
        last_restart: None,
        forecast: None,
    }
}
