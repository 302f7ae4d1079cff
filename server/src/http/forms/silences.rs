//! The forms of silences.

use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
    routing::post,
};

use super::{CALLER, Fields, alerts::unless_over, answer};
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
async fn add(
    State(state): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let written = fields.written();
    let done = state.alerts()?.add_silence(&CALLER, &written).await;
    Ok(answer(&state, &headers, fields, PAGE, done, LIST).await)
}

/// `POST /alerts/silences/{id}/end`
async fn end(
    State(state): State<AppState>,
    Path(silence): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let silence = id(&silence, "silence")?;
    let done = unless_over(state.alerts()?.end_silence(&CALLER, silence).await);
    Ok(answer(&state, &headers, fields, PAGE, done, LIST).await)
}
