//! The forms of silences.

use axum::{Router, extract::Path, response::Response, routing::post};

use super::{CALLER, Sent, alerts::unless_over};
use crate::http::{AppState, problem::Problem, query::id};

const PAGE: &str = "/alerts/silences";
/// The list on it: forms lead to themselves with a fragment, which a browser keeps unless it is given another.
const LIST: &str = "/alerts/silences#silences";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/alerts/silences", post(add))
        .route("/alerts/silences/{id}/end", post(end))
}

/// `POST /alerts/silences`
async fn add(sent: Sent) -> Result<Response, Problem> {
    let written = sent.fields.written();
    let done = sent.state.alerts()?.add_silence(&CALLER, &written).await;
    Ok(sent.named("by").answer(PAGE, done, LIST).await)
}

/// `POST /alerts/silences/{id}/end`
async fn end(Path(silence): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let silence = id(&silence, "silence")?;
    let done = unless_over(sent.state.alerts()?.end_silence(&CALLER, silence).await);
    Ok(sent.answer(PAGE, done, LIST).await)
}
