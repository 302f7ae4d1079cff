//! Panics by workload and fingerprint.

use axum::{Json, extract::State};
use domain::view::{Page, PanicGroup, PanicQuery};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// Panics, counted by workload and fingerprint, the last seen first
#[utoipa::path(
    get,
    path = "/api/v1/panics",
    tag = "restarts",
    params(
        ("workload" = Option<String>, Query, description = "Only of this workload, by id"),
        ("fingerprint" = Option<String>, Query, description = "Only this one, in whatever workload"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 100 when not given"),
    ),
    responses(
        (status = 200, body = Page<PanicGroup>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<PanicQuery>,
) -> Answer<Page<PanicGroup>> {
    Ok(Json(state.backend.panics(&CALLER, &query).await?))
}
