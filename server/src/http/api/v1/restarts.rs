//! The restart ledger.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderName, StatusCode, header},
};
use domain::{
    ids::RestartId,
    verdict::Cause,
    view::{NewCorrection, Page, RestartDetail, RestartQuery, RestartRow},
};

use super::{Answer, CALLER};
use crate::{
    export,
    http::{
        AppState,
        problem::Problem,
        query::{Query, RestartInPath},
    },
};

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

/// One restart with everything that is kept around it
#[utoipa::path(
    get,
    path = "/api/v1/restarts/{id}",
    tag = "restarts",
    params(("id" = String, Path, description = "The restart's id")),
    responses(
        (status = 200, body = RestartDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    RestartInPath(id): RestartInPath,
    Query(()): Query<()>,
) -> Answer<RestartDetail> {
    Ok(Json(state.backend.restart(&CALLER, id).await?))
}

/// The last lines that the run wrote, without secrets
///
/// One line each: its time as RFC 3339, `out` or `err`, and the text. A log that could not be read is a comment that says why.
#[utoipa::path(
    get,
    path = "/api/v1/restarts/{id}/log",
    tag = "restarts",
    params(("id" = String, Path, description = "The restart's id")),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn log(
    State(state): State<AppState>,
    RestartInPath(id): RestartInPath,
    Query(()): Query<()>,
) -> Result<Download, Problem> {
    let log = state.backend.restart_log(&CALLER, id).await?;
    Ok(download(id, "log", export::log_text(&log)))
}

/// The restart as a scenario file: what was told, and the verdict that is right
///
/// In the format of `domain/tests/scenarios`. When a person has corrected the verdict, the correction is what is expected.
#[utoipa::path(
    get,
    path = "/api/v1/restarts/{id}/scenario",
    tag = "restarts",
    params(("id" = String, Path, description = "The restart's id")),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn scenario(
    State(state): State<AppState>,
    RestartInPath(id): RestartInPath,
    Query(()): Query<()>,
) -> Result<Download, Problem> {
    let text = state.backend.restart_scenario(&CALLER, id).await?;
    Ok(download(id, "toml", text))
}

/// Says what the cause was; the verdict stays beside it
#[utoipa::path(
    post,
    path = "/api/v1/restarts/{id}/correction",
    tag = "restarts",
    params(("id" = String, Path, description = "The restart's id")),
    request_body = NewCorrection,
    responses(
        (status = 204),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn correct(
    State(state): State<AppState>,
    RestartInPath(id): RestartInPath,
    correction: Result<Json<NewCorrection>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(correction) =
        correction.map_err(|refused| Problem::invalid("body", refused.body_text()))?;
    state
        .backend
        .correct_restart(&CALLER, id, &correction)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Text that a browser saves.
type Download = ([(HeaderName, String); 2], String);

fn download(id: RestartId, extension: &str, text: String) -> Download {
    let fields = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"inquest-restart-{id}.{extension}\""),
        ),
    ];
    (fields, text)
}
