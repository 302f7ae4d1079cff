//! What is made of a workload's runs.

use axum::{Json, extract::State};
use domain::view::{AnalysisQuery, AnalysisView, DeployRow, Page, RunRow};

use super::{Answer, CALLER};
use crate::http::{
    AppState,
    problem::Problem,
    query::{InPath, Query},
};

/// Whether restarts follow memory or tasks, how both grow, when the limit is met, at which age runs die, which limit would be right
#[utoipa::path(
    get,
    path = "/api/v1/workloads/{id}/analysis",
    tag = "analysis",
    params(
        ("id" = String, Path, description = "The workload's id"),
        ("from" = Option<String>, Query, format = DateTime, description = "Restarts from here on are correlated; 24 hours before `to` when not given"),
        ("to" = Option<String>, Query, format = DateTime, description = "Restarts before are correlated; now when not given"),
    ),
    responses(
        (status = 200, body = AnalysisView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    InPath(id): InPath,
    Query(query): Query<AnalysisQuery>,
) -> Answer<AnalysisView> {
    Ok(Json(state.backend.analysis(&CALLER, id, &query).await?))
}

/// The newest 200 runs of the last 30 days, newest first, the newest of them with memory and tasks by age
#[utoipa::path(
    get,
    path = "/api/v1/workloads/{id}/runs",
    tag = "analysis",
    params(("id" = String, Path, description = "The workload's id")),
    responses(
        (status = 200, body = Page<RunRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn runs(
    State(state): State<AppState>,
    InPath(id): InPath,
    Query(()): Query<()>,
) -> Answer<Page<RunRow>> {
    Ok(Json(state.backend.runs(&CALLER, id).await?))
}

/// Every change of image or limit in the last 30 days, newest first, with what it did: fixed, made worse, too early to say
#[utoipa::path(
    get,
    path = "/api/v1/workloads/{id}/deploys",
    tag = "analysis",
    params(("id" = String, Path, description = "The workload's id")),
    responses(
        (status = 200, body = Page<DeployRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deploys(
    State(state): State<AppState>,
    InPath(id): InPath,
    Query(()): Query<()>,
) -> Answer<Page<DeployRow>> {
    Ok(Json(state.backend.deploys(&CALLER, id).await?))
}
