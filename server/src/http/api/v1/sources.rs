//! Sources.

use axum::{Json, extract::State};
use domain::view::{Page, SourceRow};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// What is polled, and how it is
#[utoipa::path(
    get,
    path = "/api/v1/sources",
    tag = "sources",
    responses(
        (status = 200, body = Page<SourceRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> Answer<Page<SourceRow>> {
    Ok(Json(state.backend.sources(&CALLER).await?))
}
