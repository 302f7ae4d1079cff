//! What is stored.

use axum::{Json, extract::State};
use domain::view::{StorageQuery, StorageView};

use super::{Answer, CALLER};
use crate::http::{AppState, problem::Problem, query::Query};

/// How large what is stored is, by kind and by workload, and where its growth leads
#[utoipa::path(
    get,
    path = "/api/v1/storage",
    tag = "storage",
    params(
        ("search" = Option<String>, Query, description = "Only workloads whose name or group contains this"),
        ("limit" = Option<u32>, Query, description = "At most this many workloads, 1 to 1000; 20 when not given"),
    ),
    responses(
        (status = 200, body = StorageView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Query(query): Query<StorageQuery>,
) -> Answer<StorageView> {
    Ok(Json(state.backend.storage(&CALLER, &query).await?))
}
