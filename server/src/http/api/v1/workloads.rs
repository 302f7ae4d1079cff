//! Workloads.

use axum::{Json, extract::State};
use domain::view::{Page, WorkloadDetail, WorkloadQuery, WorkloadRow};

use super::{Answer, CALLER};
use crate::http::{
    AppState,
    problem::Problem,
    query::{InPath, Query},
};

/// Workloads, most urgent first: by restarts in the last 10 minutes, 24 hours and 30 days, then by name
#[utoipa::path(
    get,
    path = "/api/v1/workloads",
    tag = "workloads",
    params(
        ("source" = Option<String>, Query, description = "Only of this source, by name"),
        ("search" = Option<String>, Query, description = "Only those whose name, group or image contains this"),
        ("limit" = Option<u32>, Query, description = "At most this many; 500 when not given"),
        ("cursor" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<WorkloadRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<WorkloadQuery>,
) -> Answer<Page<WorkloadRow>> {
    Ok(Json(state.backend.workloads(&CALLER, &query).await?))
}

/// One workload
#[utoipa::path(
    get,
    path = "/api/v1/workloads/{id}",
    tag = "workloads",
    params(("id" = String, Path, description = "The workload's id")),
    responses(
        (status = 200, body = WorkloadDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    InPath(id): InPath,
    Query(()): Query<()>,
) -> Answer<WorkloadDetail> {
    Ok(Json(state.backend.workload(&CALLER, id).await?))
}
