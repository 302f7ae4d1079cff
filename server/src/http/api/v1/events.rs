//! The stream of changes.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use serde::Serialize;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use crate::http::{AppState, problem::Problem, query::Query};

/// Proxies close connections on which nothing was sent for a minute or so.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct Hello {
    at: DateTime<Utc>,
    version: &'static str,
}

/// What changes, as it changes (Server-Sent Events)
///
/// The first event is `hello` with the server's time. Then come `poll`, `restart`, `incident`, `timeline` and `source`, each with the ids of
/// what changed, and `alert` with how many fire that are not held back. After `resync` something was missed: fetch everything again.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream(
    State(state): State<AppState>,
    Query(()): Query<()>,
) -> impl IntoResponse {
    let changes = BroadcastStream::new(state.live.subscribe()).map(|change| match change {
        Ok(change) => event(change.name(), &change),
        Err(BroadcastStreamRecvError::Lagged(missed)) => {
            event("resync", &serde_json::json!({ "missed": missed }))
        }
    });
    let hello = event(
        "hello",
        &Hello {
            at: Utc::now(),
            version: env!("CARGO_PKG_VERSION"),
        },
    );
    // An open stream would keep a server that is stopping from ending.
    let shutdown = state.shutdown.clone().cancelled_owned();
    let events = stream::once(async { hello })
        .chain(changes)
        .take_until(shutdown);
    // Without this header nginx gathers events before it passes them on.
    let unbuffered = [("x-accel-buffering", "no")];
    (
        unbuffered,
        Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)),
    )
}

fn event<T: Serialize>(name: &'static str, data: &T) -> Event {
    let event = Event::default().event(name);
    // Our own types always serialise; if one ever did not, its name alone still tells that something changed.
    event.clone().json_data(data).unwrap_or(event)
}
