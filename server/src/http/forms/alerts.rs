//! The forms about alerts and about what could not be delivered.

use app::{backend::BackendError, documents::name};
use axum::{Router, extract::Path, response::Response, routing::post};

use super::{CALLER, Sent};
use crate::http::{AppState, problem::Problem, query::id};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/alerts/name", post(remember))
        .route("/alerts/{id}/acknowledge", post(acknowledge))
        .route("/alerts/deliveries/{id}/again", post(send_again))
}

/// What was over before a button was pressed is no mistake of who pressed it: the page shows that it is.
pub(super) fn unless_over(done: Result<(), BackendError>) -> Result<(), BackendError> {
    match done {
        Err(BackendError::NotFound { .. }) => Ok(()),
        done => done,
    }
}

/// `POST /alerts/{id}/acknowledge`
async fn acknowledge(Path(alert): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let alert = id(&alert, "alert")?;
    let by = sent.fields.text("by");
    let done = unless_over(sent.state.alerts()?.acknowledge(&CALLER, alert, by).await);
    Ok(sent.named("by").answer("/alerts", done, "/alerts").await)
}

/// `POST /alerts/name`
async fn remember(sent: Sent) -> Response {
    let done = name::to_cookie(sent.fields.text("by")).map_or_else(
        || {
            Err(BackendError::Invalid {
                field: "by".to_owned(),
                problem: format!("use at most {} characters on one line", name::MOST),
            })
        },
        |_cookie| Ok(()),
    );
    sent.named("by").answer("/alerts", done, "/alerts").await
}

/// `POST /alerts/deliveries/{id}/again`
async fn send_again(Path(letter): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let letter = id(&letter, "dead letter")?;
    let done = unless_over(sent.state.alerts()?.send_again(&CALLER, letter).await);
    let page = "/alerts/channels";
    Ok(sent.answer(page, done, page).await)
}
