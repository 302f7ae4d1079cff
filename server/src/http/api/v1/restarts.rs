//! The restart ledger.

use axum::{Json, extract::State};
use domain::{
    verdict::Cause,
    view::{Page, RestartQuery, RestartRow},
};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// Restarts with their verdicts, newest first
#[utoipa::path(
    get,
    path = "/api/v1/restarts",
    tag = "restarts",
    params(
        ("workload" = Option<String>, Query, description = "Only of this workload, by id"),
        ("cause" = Option<Cause>, Query, description = "Only with this cause"),
        ("from" = Option<String>, Query, format = DateTime, description = "Ended at or after"),
        ("to" = Option<String>, Query, format = DateTime, description = "Ended before"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 100 when not given"),
        ("cursor" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<RestartRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<RestartQuery>,
) -> Answer<Page<RestartRow>> {
    Ok(Json(state.backend.restarts(&CALLER, &query).await?))
}
