//! Incidents, and what people do with them.

use axum::{Json, extract::State};
use domain::{
    incident::IncidentState,
    verdict::Cause,
    view::{IncidentChange, IncidentDetail, IncidentQuery, IncidentRow, Page},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, CALLER};
use crate::http::{
    AppState,
    body::Body,
    problem::Problem,
    query::{IncidentInPath, Query},
};

/// Who did something; nobody need say so.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// A name, at most 80 characters.
    who: Option<String>,
}

/// Who resolved it, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolving {
    /// A name, at most 80 characters.
    who: Option<String>,
    /// Why it is over, at most 10,000 characters.
    text: Option<String>,
}

/// A note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// A name, at most 80 characters.
    who: Option<String>,
    /// What is to be kept, at most 10,000 characters.
    text: String,
}

/// Who looks after it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owner {
    /// A name, at most 80 characters.
    who: Option<String>,
    /// A name, at most 80 characters; `null` or empty for nobody.
    owner: Option<String>,
}

/// Incidents: open ones first, then acknowledged, then resolved, each with the newest restart first
///
/// Consecutive restarts of one workload for the same reason are one incident until it has been quiet for three times their mean interval
/// (at least 15 minutes, at most three days). What takes a whole engine or host down is one incident of its source, without a workload.
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    tag = "incidents",
    params(
        ("state" = Option<Vec<IncidentState>>, Query, style = Form, explode = false, description = "Only in these states, separated by commas"),
        ("workload" = Option<String>, Query, description = "Only of this workload, by id, and those of its source that took it down"),
        ("cause" = Option<Cause>, Query, description = "Only with this cause"),
        ("from" = Option<String>, Query, format = DateTime, description = "Had a restart at or after"),
        ("to" = Option<String>, Query, format = DateTime, description = "Began before"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 100 when not given"),
        ("cursor" = Option<String>, Query, description = "`meta.next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<IncidentRow>),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<IncidentQuery>,
) -> Answer<Page<IncidentRow>> {
    Ok(Json(state.backend.incidents(&CALLER, &query).await?))
}

/// One incident; its restarts are at `/api/v1/restarts?incident=`
#[utoipa::path(
    get,
    path = "/api/v1/incidents/{id}",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    IncidentInPath(id): IncidentInPath,
    Query(()): Query<()>,
) -> Answer<IncidentDetail> {
    Ok(Json(state.backend.incident(&CALLER, id).await?))
}

/// Says that somebody looks after it
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{id}/acknowledge",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    request_body = Signed,
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn acknowledge(
    state: State<AppState>,
    incident: IncidentInPath,
    Body(Signed { who }): Body<Signed>,
) -> Answer<IncidentDetail> {
    change(state, incident, &IncidentChange::Acknowledge, who).await
}

/// Says that it is over
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{id}/resolve",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    request_body = Resolving,
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn resolve(
    state: State<AppState>,
    incident: IncidentInPath,
    Body(Resolving { who, text }): Body<Resolving>,
) -> Answer<IncidentDetail> {
    let text = text.unwrap_or_default();
    change(state, incident, &IncidentChange::Resolve { text }, who).await
}

/// Says that it is not over
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{id}/reopen",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    request_body = Signed,
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reopen(
    state: State<AppState>,
    incident: IncidentInPath,
    Body(Signed { who }): Body<Signed>,
) -> Answer<IncidentDetail> {
    change(state, incident, &IncidentChange::Reopen, who).await
}

/// Adds a note; notes are never changed or removed
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{id}/notes",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    request_body = Note,
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn note(
    state: State<AppState>,
    incident: IncidentInPath,
    Body(Note { who, text }): Body<Note>,
) -> Answer<IncidentDetail> {
    change(state, incident, &IncidentChange::Note { text }, who).await
}

/// Says who looks after it
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{id}/owner",
    tag = "incidents",
    params(("id" = String, Path, description = "The incident's id")),
    request_body = Owner,
    responses(
        (status = 200, body = IncidentDetail),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn owner(
    state: State<AppState>,
    incident: IncidentInPath,
    Body(Owner { who, owner }): Body<Owner>,
) -> Answer<IncidentDetail> {
    let owner = owner.unwrap_or_default();
    change(state, incident, &IncidentChange::Owner { owner }, who).await
}

async fn change(
    State(state): State<AppState>,
    IncidentInPath(id): IncidentInPath,
    change: &IncidentChange,
    who: Option<String>,
) -> Answer<IncidentDetail> {
    let changed = state
        .backend
        .change_incident(&CALLER, id, change, who.as_deref())
        .await?;
    Ok(Json(changed))
}
