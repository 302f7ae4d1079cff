//! `/containers/json`: the containers of the engine, in one pass without building a tree in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::json;

use super::Api;
use super::error::ApiError;
use super::networks::{Networks, networks};
use crate::container::{Container, Status};
use crate::fleet::ContainerSpec;
use crate::identity::Identity;
use crate::probe;
use crate::quantity::{Nanos, SECOND};

#[derive(Deserialize)]
pub(super) struct ListQuery {
    #[serde(default, deserialize_with = "flag")]
    all: bool,
    limit: Option<usize>,
    filters: Option<String>,
}

/// Docker's filters: several values of one key are alternatives, several keys must all hold.
#[derive(Default)]
pub(super) struct Filters(HashMap<String, Vec<String>>);

/// What the list shows of a container, taken out of the world: rendering thousands of them must not keep others waiting for it.
struct Seen {
    identity: Arc<Identity>,
    spec: Arc<ContainerSpec>,
    status: Status,
    text: String,
    life: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary<'a> {
    id: &'a str,
    names: [String; 1],
    image: &'a str,
    #[serde(rename = "ImageID")]
    image_id: &'a str,
    command: &'a str,
    created: i64,
    ports: Vec<serde_json::Value>,
    labels: &'a BTreeMap<String, String>,
    state: &'static str,
    status: &'a str,
    host_config: HostConfig,
    network_settings: Networks,
    mounts: [u8; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    network_mode: &'static str,
}

pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let filters = Filters::parse(query.filters.as_deref())?;
    let shown = |container: &&Container| {
        let up = matches!(container.status, Status::Running | Status::Restarting);
        (query.all || filters.has("status") || up) && filters.keep(container)
    };
    let seen: Vec<Seen> = {
        let world = api.shared.catch_up();
        world
            .on(api.engine)
            .filter(shown)
            .take(query.limit.unwrap_or(usize::MAX))
            .map(|container| Seen::of(container, world.now))
            .collect()
    };
    let summaries: Vec<Summary<'_>> = seen.iter().map(Seen::summary).collect();
    let body = serde_json::to_vec(&summaries)
        .map_err(|error| ApiError::BadParameter(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl Seen {
    fn of(container: &Container, now: Nanos) -> Self {
        Self {
            identity: Arc::clone(&container.identity),
            spec: Arc::clone(&container.spec),
            status: container.status,
            text: status_text(container, now),
            life: container.life.number,
        }
    }

    fn summary(&self) -> Summary<'_> {
        let identity = &*self.identity;
        Summary {
            id: &identity.id,
            names: [format!("/{}", identity.name)],
            image: &identity.image,
            image_id: &identity.image_id,
            command: "/bin/service",
            created: identity.created_at.timestamp(),
            ports: probe::ports(&self.spec)
                .iter()
                .map(|port| json!({"PrivatePort": port, "Type": "tcp"}))
                .collect(),
            labels: &identity.labels,
            state: self.status.name(),
            status: &self.text,
            host_config: HostConfig {
                network_mode: "bridge",
            },
            network_settings: networks(identity, &self.spec, self.status, self.life),
            mounts: [],
        }
    }
}

/// The text that `docker ps` shows.
fn status_text(container: &Container, now: Nanos) -> String {
    let ago = |then: Nanos| rough((now - then) / SECOND);
    let finished = || {
        container
            .finished_at
            .map_or_else(String::new, |at| format!(" {} ago", ago(at)))
    };
    match container.status {
        Status::Created => "Created".into(),
        Status::Running => format!("Up {}", ago(container.life.started_at)),
        Status::Restarting => format!("Restarting ({}){}", container.exit_code, finished()),
        Status::Exited => format!("Exited ({}){}", container.exit_code, finished()),
    }
}

/// A duration in Docker's words.
fn rough(seconds: i64) -> String {
    match seconds {
        ..1 => "Less than a second".into(),
        1 => "1 second".into(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".into(),
        120..3_600 => format!("{} minutes", seconds / 60),
        3_600..7_200 => "About an hour".into(),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

impl Filters {
    /// Reads `{"key": ["value"]}` and its older form `{"key": {"value": true}}`.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Values {
            List(Vec<String>),
            Set(HashMap<String, bool>),
        }
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let parsed: HashMap<String, Values> = serde_json::from_str(text)
            .map_err(|error| ApiError::BadParameter(format!("invalid filters: {error}")))?;
        let plain = |values| match values {
            Values::List(list) => list,
            Values::Set(set) => set
                .into_iter()
                .filter_map(|(value, on)| on.then_some(value))
                .collect(),
        };
        Ok(Self(
            parsed
                .into_iter()
                .map(|(key, values)| (key, plain(values)))
                .collect(),
        ))
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Whether one of the key's values holds, or none was asked for.
    pub(super) fn any(&self, key: &str, holds: impl Fn(&str) -> bool) -> bool {
        self.0
            .get(key)
            .is_none_or(|values| values.is_empty() || values.iter().any(|value| holds(value)))
    }

    /// Whether all values of the key hold.
    pub(super) fn all(&self, key: &str, holds: impl Fn(&str) -> bool) -> bool {
        self.0
            .get(key)
            .is_none_or(|values| values.iter().all(|value| holds(value)))
    }

    fn keep(&self, container: &Container) -> bool {
        let identity = &*container.identity;
        self.any("id", |id| identity.id.starts_with(id))
            && self.any("name", |name| {
                identity.name.contains(name.trim_start_matches('/'))
            })
            && self.any("status", |status| container.status.name() == status)
            && self.all("label", |label| has_label(&identity.labels, label))
    }
}

/// Whether labels hold `key` or `key=value`.
pub(super) fn has_label(labels: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|have| have == value),
        None => labels.contains_key(wanted),
    }
}

/// A boolean as moby reads it: everything but `0`, `no`, `false`, `none` and nothing is true.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer).map_err(D::Error::custom)?;
    Ok(!matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "" | "0" | "no" | "false" | "none"
    ))
}
