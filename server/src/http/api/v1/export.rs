//! Samples for other programs.

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::view::ExportQuery;
use futures::TryStreamExt as _;

use super::CALLER;
use crate::{
    export::{self, Format},
    http::{AppState, problem::Problem, query::Query},
};

/// What is asked for.
pub(crate) struct Wanted {
    /// Which samples.
    pub(crate) query: ExportQuery,
    /// How they are written.
    pub(crate) format: Format,
}

/// Samples at full resolution, as they are read: as much as you like, in constant memory
///
/// Container by container and in order of time; in `openmetrics`, series by series. When the database fails on the way, the connection is
/// cut: the last chunk of the body is missing, and so is the `# EOF` of `openmetrics`.
#[utoipa::path(
    get,
    path = "/api/v1/export",
    tag = "workloads",
    params(
        ("workload" = Option<String>, Query, description = "Only of these workloads: ids, separated by commas"),
        ("metrics" = Option<String>, Query, description = "Names, separated by commas, as for series; all when not given"),
        ("from" = Option<String>, Query, format = DateTime, description = "Begin; 24 hours before `to` when not given"),
        ("to" = Option<String>, Query, format = DateTime, description = "End, not included; now when not given"),
        ("format" = Option<String>, Query, description = "`jsonl` (when not given), `csv` or `openmetrics`"),
    ),
    responses(
        (status = 200, body = String, content_type = "application/x-ndjson"),
        (status = 200, body = String, content_type = "text/csv"),
        (status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Query(Wanted { query, format }): Query<Wanted>,
) -> Result<Response, Problem> {
    let (content_type, extension) = match format {
        Format::Jsonl => ("application/x-ndjson", "jsonl"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Openmetrics => (
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "om",
        ),
    };
    let day = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ");
    let (from, to) = (day(query.range.from), day(query.range.to));
    let fields = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"inquest-{from}-{to}.{extension}\""),
        ),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    let parts = export::samples(state.backend.clone(), CALLER, query, format).await?;
    Ok((fields, Body::from_stream(parts.map_ok(|part| part.text))).into_response())
}
