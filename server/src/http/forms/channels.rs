//! The forms of channels.

use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
    routing::post,
};
use domain::ids::ChannelId;

use super::{CALLER, Fields, answer};
use crate::http::{AppState, problem::Problem, query::id};

/// The page with all channels.
const ALL: &str = "/alerts/channels";
/// The list on it: forms lead to themselves with a fragment, which a browser keeps unless it is given another.
const LIST: &str = "/alerts/channels#channels";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/alerts/channels", post(add))
        .route("/alerts/channels/{id}", post(save))
        .route("/alerts/channels/{id}/remove", post(remove))
        .route("/alerts/channels/{id}/test", post(test))
}

/// `POST /alerts/channels`
async fn add(
    State(state): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let written = fields.written();
    let done = state.alerts()?.save_channel(&CALLER, None, &written).await;
    Ok(answer(&state, &headers, fields, ALL, done, LIST).await)
}

/// `POST /alerts/channels/{id}`
async fn save(
    State(state): State<AppState>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    let written = fields.written();
    let done = state.alerts()?;
    let done = done.save_channel(&CALLER, Some(channel), &written).await;
    let page = format!("{ALL}/{channel}");
    Ok(answer(&state, &headers, fields, &page, done, LIST).await)
}

/// `POST /alerts/channels/{id}/remove`
async fn remove(
    State(state): State<AppState>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    let done = state.alerts()?.remove_channel(&CALLER, channel).await;
    let page = format!("{ALL}/{channel}");
    Ok(answer(&state, &headers, fields, &page, done, LIST).await)
}

/// `POST /alerts/channels/{id}/test`
async fn test(
    State(state): State<AppState>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    // How it went is beside the channel.
    let done = state.alerts()?.test_channel(&CALLER, channel).await;
    Ok(answer(&state, &headers, fields, ALL, done, LIST).await)
}
