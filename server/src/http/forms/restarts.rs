//! What people say a restart's cause was.

use app::backend::BackendError;
use axum::response::Response;
use domain::{verdict::Cause, view::NewCorrection};

use super::{CALLER, Sent};
use crate::http::query::RestartInPath;

/// `POST /restarts/{id}`
pub(super) async fn correct(RestartInPath(id): RestartInPath, sent: Sent) -> Response {
    let done = match Cause::from_name(sent.fields.text("cause")) {
        None => Err(BackendError::Invalid {
            field: "cause".to_owned(),
            problem: "choose one of the causes".to_owned(),
        }),
        Some(cause) => {
            let note = sent.fields.text("note").to_owned();
            let correction = NewCorrection { cause, note };
            sent.state
                .backend
                .correct_restart(&CALLER, id, &correction)
                .await
        }
    };
    let page = format!("/restarts/{id}");
    let to = format!("{page}#correction");
    sent.answer(&page, done, &to).await
}
