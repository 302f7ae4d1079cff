//! `/events`: what happened since a time, as far as the engine remembers, and everything that happens from now on.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use futures::{StreamExt, future, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::Api;
use super::error::ApiError;
use super::list::{Filters, has_label};
use crate::clock::nanos;
use crate::event::{Action, EngineEvent};
use crate::fleet::EngineKind;
use crate::quantity::{Nanos, SECOND};
use crate::world::Broadcast;

#[derive(Deserialize)]
pub(super) struct EventsQuery {
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    filters: Option<String>,
}

pub(super) async fn events(
    State(api): State<Api>,
    Query(query): Query<EventsQuery>,
) -> Result<Response, ApiError> {
    let filters = Filters::parse(query.filters.as_deref())?;
    let since = timestamp(&query.since)?;
    let until = timestamp(&query.until)?;
    let (mut past, live, now, kind) = {
        let mut world = api.shared.catch_up();
        let now = world.now;
        let engine = &mut world.engines[api.engine];
        let (past, live) = engine.subscribe(now);
        (past, live, now, engine.spec.kind)
    };
    // Podman was seen to replay nothing.
    past.retain(|event| {
        kind == EngineKind::Docker && since.is_some_and(|since| crate::world::since(event, since))
    });
    past.retain(|event| until.is_none_or(|until| nanos(event.at) <= until));

    let live = stream::unfold((api, live), |(api, mut live)| async move {
        let item = match live.recv().await {
            Ok(Broadcast::Event(event)) => Ok(event),
            Ok(Broadcast::Hangup) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            Err(RecvError::Lagged(_)) => Err(io::Error::other("the reader is too slow")),
            Err(RecvError::Closed) => return None,
        };
        api.answering().await.ok()?;
        Some((item, (api, live)))
    });
    let left = until.map(|until| Duration::from_nanos((until - now).max(0).unsigned_abs()));
    let end = async move {
        match left {
            Some(left) => tokio::time::sleep(left).await,
            None => future::pending().await,
        }
    };
    let all = stream::iter(past.into_iter().map(Ok)).chain(live.take_until(end));
    let lines = all.filter_map(move |event: io::Result<EngineEvent>| {
        let line = match event {
            Ok(event) if keep(&filters, &event) => Some(Ok(line(&event))),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        future::ready(line)
    });
    Ok((
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(lines),
    )
        .into_response())
}

/// A Unix time as moby writes it in queries (`1136073845` or `1136073845.000000001`), or RFC 3339; nothing if empty.
pub(super) fn timestamp(text: &str) -> Result<Option<Nanos>, ApiError> {
    let wrong = || ApiError::BadParameter(format!("failed to parse value `{text}` as time"));
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains('T') {
        return DateTime::parse_from_rfc3339(text)
            .map(|time| Some(nanos(time.to_utc())))
            .map_err(|_| wrong());
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds = seconds
        .parse::<i64>()
        .map_err(|_| wrong())?
        .checked_mul(SECOND)
        .ok_or_else(wrong)?;
    let fraction: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(9)
        .collect();
    Ok(Some(seconds.saturating_add(
        fraction.parse::<i64>().map_err(|_| wrong())?,
    )))
}

fn keep(filters: &Filters, event: &EngineEvent) -> bool {
    let container = &*event.container;
    // Moby lets `health_status` stand for all its outcomes.
    let action = event.action.name();
    let named = |wanted: &str| action == wanted || action.split(':').next() == Some(wanted);
    filters.any("type", |wanted| wanted == "container")
        && filters.any("event", named)
        && filters.any("container", |wanted| {
            container.name == wanted || container.id.starts_with(wanted)
        })
        && filters.any("image", |wanted| container.image.starts_with(wanted))
        && filters.all("label", |wanted| has_label(&container.labels, wanted))
}

/// One line of the stream, with the attributes that moby gives it.
fn line(event: &EngineEvent) -> Bytes {
    let container = &*event.container;
    let mut attributes: Map<String, Value> = container
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    attributes.insert("image".into(), json!(container.image));
    attributes.insert("name".into(), json!(container.name));
    match event.action {
        Action::Die {
            exit_code,
            lasted_seconds,
            oom_killed,
        } => {
            attributes.insert("exitCode".into(), json!(exit_code.to_string()));
            attributes.insert("execDuration".into(), json!(lasted_seconds.to_string()));
            if oom_killed {
                attributes.insert("oomKilled".into(), json!("true"));
            }
        }
        Action::Kill { signal } => {
            attributes.insert("signal".into(), json!(signal.to_string()));
        }
        _ => {}
    }
    let line = json!({
        "status": event.action.name(),
        "id": container.id,
        "from": container.image,
        "Type": "container",
        "Action": event.action.name(),
        "Actor": {"ID": container.id, "Attributes": attributes},
        "scope": "local",
        "time": event.at.timestamp(),
        "timeNano": nanos(event.at),
    });
    (line.to_string() + "\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_as_clients_write_them() {
        let parsed = |text| timestamp(text).expect("valid");
        assert_eq!(parsed(""), None);
        assert_eq!(parsed("12"), Some(12 * SECOND));
        assert_eq!(parsed("12.000000005"), Some(12 * SECOND + 5));
        assert_eq!(parsed("12.5"), Some(12 * SECOND + SECOND / 2));
        assert_eq!(parsed("1970-01-01T00:00:12Z"), Some(12 * SECOND));
        assert!(timestamp("yesterday").is_err());
        assert!(timestamp("99999999999999").is_err());
    }
}
