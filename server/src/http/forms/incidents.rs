//! The forms on the page of an incident.

use axum::{Router, response::Response, routing::post};
use domain::view::IncidentChange;

use super::{CALLER, Sent};
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
async fn acknowledge(id: IncidentInPath, sent: Sent) -> Response {
    change(id, sent, IncidentChange::Acknowledge, "").await
}

/// `POST /incidents/{id}/resolve`
async fn resolve(id: IncidentInPath, sent: Sent) -> Response {
    let text = sent.fields.text("text").to_owned();
    let change_to = IncidentChange::Resolve { text };
    change(id, sent, change_to, "").await
}

/// `POST /incidents/{id}/reopen`
async fn reopen(id: IncidentInPath, sent: Sent) -> Response {
    change(id, sent, IncidentChange::Reopen, "").await
}

/// `POST /incidents/{id}/notes`
async fn note(id: IncidentInPath, sent: Sent) -> Response {
    let text = sent.fields.text("text").to_owned();
    let change_to = IncidentChange::Note { text };
    change(id, sent, change_to, "#notes").await
}

/// `POST /incidents/{id}/owner`
async fn owner(id: IncidentInPath, sent: Sent) -> Response {
    let owner = sent.fields.text("owner").to_owned();
    let change_to = IncidentChange::Owner { owner };
    change(id, sent, change_to, "").await
}

async fn change(
    IncidentInPath(id): IncidentInPath,
    sent: Sent,
    change: IncidentChange,
    place: &str,
) -> Response {
    let who = sent.fields.said("who");
    let done = sent
        .state
        .backend
        .change_incident(&CALLER, id, &change, who)
        .await;
    let page = format!("/incidents/{id}");
    let to = format!("{page}{place}");
    sent.answer(&page, done, &to).await
}
