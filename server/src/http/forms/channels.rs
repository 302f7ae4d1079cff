//! The forms of channels.

use axum::{Router, extract::Path, response::Response, routing::post};
use domain::ids::ChannelId;

use super::{CALLER, Sent};
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
async fn add(sent: Sent) -> Result<Response, Problem> {
    let written = sent.fields.written();
    let done = sent
        .state
        .alerts()?
        .save_channel(&CALLER, None, &written)
        .await;
    Ok(sent.answer(ALL, done, LIST).await)
}

/// `POST /alerts/channels/{id}`
async fn save(Path(channel): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    let written = sent.fields.written();
    let done = sent.state.alerts()?;
    let done = done.save_channel(&CALLER, Some(channel), &written).await;
    let page = format!("{ALL}/{channel}");
    Ok(sent.answer(&page, done, LIST).await)
}

/// `POST /alerts/channels/{id}/remove`
async fn remove(Path(channel): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    let done = sent.state.alerts()?.remove_channel(&CALLER, channel).await;
    let page = format!("{ALL}/{channel}");
    Ok(sent.answer(&page, done, LIST).await)
}

/// `POST /alerts/channels/{id}/test`
async fn test(Path(channel): Path<String>, sent: Sent) -> Result<Response, Problem> {
    let channel: ChannelId = id(&channel, "channel")?;
    // How it went is beside the channel.
    let done = sent.state.alerts()?.test_channel(&CALLER, channel).await;
    Ok(sent.answer(ALL, done, LIST).await)
}
