//! The forms on the page of an incident.

use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::post};
use domain::view::IncidentChange;

use super::{CALLER, Fields, answer};
use crate::http::{AppState, query::IncidentInPath};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/incidents/{id}/acknowledge", post(acknowledge))
        .route("/incidents/{id}/resolve", post(resolve))
        .route("/incidents/{id}/reopen", post(reopen))
        .route("/incidents/{id}/notes", post(note))
        .route("/incidents/{id}/owner", post(owner))
}

/// `POST /incidents/{id}/acknowledge`
async fn acknowledge(
    state: State<AppState>,
    id: IncidentInPath,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    change(state, id, &headers, fields, IncidentChange::Acknowledge, "").await
}

/// `POST /incidents/{id}/resolve`
async fn resolve(
    state: State<AppState>,
    id: IncidentInPath,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let text = fields.text("text").to_owned();
    let change_to = IncidentChange::Resolve { text };
    change(state, id, &headers, fields, change_to, "").await
}

/// `POST /incidents/{id}/reopen`
async fn reopen(
    state: State<AppState>,
    id: IncidentInPath,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    change(state, id, &headers, fields, IncidentChange::Reopen, "").await
}

/// `POST /incidents/{id}/notes`
async fn note(
    state: State<AppState>,
    id: IncidentInPath,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let text = fields.text("text").to_owned();
    let change_to = IncidentChange::Note { text };
    change(state, id, &headers, fields, change_to, "#notes").await
}

/// `POST /incidents/{id}/owner`
async fn owner(
    state: State<AppState>,
    id: IncidentInPath,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let owner = fields.text("owner").to_owned();
    let change_to = IncidentChange::Owner { owner };
    change(state, id, &headers, fields, change_to, "").await
}

async fn change(
    State(state): State<AppState>,
    IncidentInPath(id): IncidentInPath,
    headers: &HeaderMap,
    fields: Fields,
    change: IncidentChange,
    place: &str,
) -> Response {
    let who = fields.said("who");
    let done = state
        .backend
        .change_incident(&CALLER, id, &change, who)
        .await;
    let page = format!("/incidents/{id}");
    let to = format!("{page}{place}");
    answer(&state, headers, fields, &page, done, &to).await
}
