//! The timeline.

use axum::{Json, extract::State};
use domain::view::{Page, TimelineEntry, TimelineQuery};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// Every dated fact, oldest first: restarts, child out-of-memory kills, deploys, gaps in coverage, notes, and what became of incidents
#[utoipa::path(
    get,
    path = "/api/v1/timeline",
    tag = "restarts",
    params(
        ("workload" = Option<String>, Query, description = "Only of this workload, by id"),
        ("from" = Option<String>, Query, format = DateTime, description = "Begin; one hour before `to` when not given"),
        ("to" = Option<String>, Query, format = DateTime, description = "End, not included; now when not given"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 10000; 2000 when not given"),
        ("cursor" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<TimelineEntry>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<TimelineQuery>,
) -> Answer<Page<TimelineEntry>> {
    Ok(Json(state.backend.timeline(&CALLER, &query).await?))
}
