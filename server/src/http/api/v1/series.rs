//! Series of a workload.

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::view::{Page, SeriesQuery, SeriesView};

use super::CALLER;
use crate::http::{
    AppState, cache,
    problem::Problem,
    query::{InPath, Query},
};

/// Minimum, maximum and last value of every bucket, so that a spike of one sample is seen at every zoom
#[utoipa::path(
    get,
    path = "/api/v1/workloads/{id}/series",
    tag = "workloads",
    params(
        ("id" = String, Path, description = "The workload's id"),
        ("metrics" = Option<String>, Query, description = "Names, separated by commas; `memory_ratio,tasks` when not given. \
            Known: memory_working_set_bytes, memory_usage_bytes, memory_cache_bytes, memory_anon_bytes, memory_limit_bytes, \
            memory_ratio, tasks, kernel_tasks"),
        ("from" = Option<String>, Query, format = DateTime, description = "Begin; one hour before `to` when not given"),
        ("to" = Option<String>, Query, format = DateTime, description = "End, not included; now when not given"),
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of an answer that is at hand. Answers about times that only \
            late samples can change have one"),
        ("points" = Option<u32>, Query, description = "At most this many buckets, 1 to 4000; 600 when not given"),
    ),
    responses(
        (status = 200, body = Page<SeriesView>, description = "One entry for each metric, in the order they were asked for"),
        (status = 304, description = "The answer at hand is still right"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    InPath(id): InPath,
    Query(query): Query<SeriesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let version = state.backend.series_version(&CALLER, id, &query).await?;
    cache::answer(&headers, version, async {
        let set = state.backend.series(&CALLER, id, &query).await?;
        Ok(Page::whole(set.series))
    })
    .await
}
