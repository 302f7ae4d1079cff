//! Searching logs.

use axum::{Json, extract::State};
use domain::{
    verdict::Cause,
    view::{LogHit, LogQuery, Page},
};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// Logs in which words were found, newest first, with an excerpt
#[utoipa::path(
    get,
    path = "/api/v1/logs",
    tag = "restarts",
    params(
        ("q" = String, Query, description = "Words that must all be there; `\"in quotes\"` next to each other, `or` between them, `-` before one that must not be there"),
        ("workload" = Option<String>, Query, description = "Only of this workload, by id"),
        ("name" = Option<String>, Query, description = "Only of workloads that have this in their name, in capitals or not"),
        ("cause" = Option<Cause>, Query, description = "Only of runs that ended for this cause"),
        ("from" = Option<String>, Query, format = DateTime, description = "Of runs that ended at or after"),
        ("to" = Option<String>, Query, format = DateTime, description = "Of runs that ended before"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 100; 20 when not given"),
        ("cursor" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<LogHit>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<LogQuery>,
) -> Answer<Page<LogHit>> {
    Ok(Json(state.backend.logs(&CALLER, &query).await?))
}
