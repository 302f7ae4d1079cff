//! `[[source]]`: what is polled.

use std::{collections::BTreeMap, time::Duration};

use domain::source::SourceKind;

use super::{problem::Problem, reader::Reader, values};
use crate::collect::sources::docker::{BadEndpoint, Endpoint};

/// An engine to poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it speaks.
    pub kind: SourceKind,
    /// What people call it. Unique, and the identity of its history: renaming a source starts a new one.
    pub name: String,
    /// Where it listens: `unix:///var/run/docker.sock` or `tcp://host:2375`.
    pub endpoint: String,
    /// How often it is polled.
    pub interval: Duration,
}

/// Faster than this a large engine cannot answer; slower, and a leak of minutes goes unseen.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_mins(5);

/// Reads every source there is.
pub(super) fn read_all(reader: &mut Reader) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut names = BTreeMap::new();
    for table in reader.tables("source") {
        let key = |name: &str| format!("{table}.{name}");
        let kind = reader.setting(&key("kind"), "docker", kind);
        let name = reader.required(&key("name"), name);
        let endpoint = reader.required(&key("endpoint"), endpoint);
        let interval = reader.setting(&key("interval"), "10s", interval);
        if let Some(name) = &name
            && let Some(first) = names.insert(name.clone(), table.clone())
        {
            let (origin, first) = (
                reader.origin(&key("name")),
                reader.origin(&format!("{first}.name")),
            );
            reader.problem(Problem {
                origin,
                key: Some("source.name".to_owned()),
                text: format!("`{name}` is taken by the source of {first}; names must differ"),
            });
        }
        if let (Some(kind), Some(name), Some(endpoint), Some(interval)) =
            (kind, name, endpoint, interval)
        {
            sources.push(Source {
                kind,
                name,
                endpoint,
                interval,
            });
        }
    }
    sources
}

fn kind(text: &str) -> Result<SourceKind, String> {
    match text {
        "docker" => Ok(SourceKind::Docker),
        _ => Err(format!(
            "`{text}` is no kind of source; this version knows `docker` (Podman speaks it too)"
        )),
    }
}

fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > 100 || text.chars().any(char::is_control) {
        return Err(format!("`{text}` is no name; use 1 to 100 characters"));
    }
    Ok(text.to_owned())
}

fn endpoint(text: &str) -> Result<String, String> {
    let endpoint: Endpoint = text
        .parse()
        .map_err(|error: BadEndpoint| error.to_string())?;
    Ok(endpoint.to_string())
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = values::duration(text)?;
    if !INTERVALS.contains(&interval) {
        return Err(format!("`{text}` is out of range; use 1s to 5m"));
    }
    Ok(interval)
}
