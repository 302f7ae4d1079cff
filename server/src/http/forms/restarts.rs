//! What people say a restart's cause was.

use app::{
    backend::{BackendError, Caller},
    documents::evidence::Refused,
};
use axum::{
    Form,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use domain::{verdict::Cause, view::NewCorrection};
use serde::Deserialize;

use crate::http::{AppState, pages, problem::Problem, query::RestartInPath};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    cause: String,
    #[serde(default)]
    note: String,
}

/// `POST /restarts/{id}`
pub(super) async fn correct(
    State(state): State<AppState>,
    uri: Uri,
    RestartInPath(id): RestartInPath,
    Form(Sent { cause, note }): Form<Sent>,
) -> Result<Response, Problem> {
    let kept = match Cause::from_name(&cause) {
        None => Err(BackendError::Invalid {
            field: "cause".to_owned(),
            problem: "choose one of the causes".to_owned(),
        }),
        Some(known) => {
            let correction = NewCorrection {
                cause: known,
                note: note.clone(),
            };
            let backend = &state.backend;
            backend
                .correct_restart(&Caller::Anonymous, id, &correction)
                .await
        }
    };
    match kept {
        Ok(()) => Ok(Redirect::to(&format!("/restarts/{id}#correction")).into_response()),
        Err(BackendError::Invalid { field, problem }) => {
            let refused = Refused {
                field,
                problem,
                cause,
                note,
            };
            let mut again = Request::new(Body::empty());
            *again.uri_mut() = uri;
            let mut page = pages::document_with(&state, refused, again).await;
            *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page)
        }
        Err(error) => Err(error.into()),
    }
}
