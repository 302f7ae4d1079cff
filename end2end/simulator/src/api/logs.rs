//! `/containers/{id}/logs`: what the container wrote, in Docker's multiplexed frames. It never follows: it ends at the present.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use serde::Deserialize;

use super::Api;
use super::error::ApiError;
use super::events::timestamp;
use super::list::flag;
use crate::clock::utc;
use crate::logs::{self, Line, Stream};

#[derive(Deserialize)]
pub(super) struct LogsQuery {
    #[serde(default, deserialize_with = "flag")]
    stdout: bool,
    #[serde(default, deserialize_with = "flag")]
    stderr: bool,
    #[serde(default, deserialize_with = "flag")]
    timestamps: bool,
    #[serde(default)]
    tail: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
}

pub(super) async fn logs(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<LogsQuery>,
) -> Result<Response, ApiError> {
    if !query.stdout && !query.stderr {
        return Err(ApiError::BadParameter(
            "Bad parameters: you must choose at least one stream".into(),
        ));
    }
    let since = timestamp(&query.since)?.unwrap_or(i64::MIN);
    let until = timestamp(&query.until)?
        .filter(|until| *until != 0)
        .unwrap_or(i64::MAX);
    let mut lines = {
        let world = api.shared.catch_up();
        logs::lines(&world.containers[api.find(&world, &id)?], world.now)
    };
    lines.retain(|line| {
        let wanted = match line.stream {
            Stream::Out => query.stdout,
            Stream::Err => query.stderr,
        };
        wanted && (since..=until).contains(&line.at)
    });
    // Anything but a number means all lines, as in moby.
    let tail = query.tail.parse().unwrap_or(lines.len()).min(lines.len());
    let mut body = Vec::new();
    for line in &lines[lines.len() - tail..] {
        frame(&mut body, line, query.timestamps);
    }
    Ok((
        [(
            header::CONTENT_TYPE,
            "application/vnd.docker.multiplexed-stream",
        )],
        body,
    )
        .into_response())
}

/// A header of 8 bytes (stream, three zeros, length), then the line.
fn frame(body: &mut Vec<u8>, line: &Line, timestamps: bool) {
    let mut text = String::new();
    if timestamps {
        text = utc(line.at).to_rfc3339_opts(SecondsFormat::Nanos, true) + " ";
    }
    text.push_str(&line.text);
    text.push('\n');
    body.extend([line.stream as u8, 0, 0, 0]);
    body.extend((text.len() as u32).to_be_bytes());
    body.extend(text.as_bytes());
}
