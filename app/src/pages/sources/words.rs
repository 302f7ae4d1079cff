//! What is said about sources.

use domain::{source::SourceState, view::SourceRow};

use crate::{
    components::Glyph,
    format::{NBSP, bytes, count, percent, trimmed},
};

/// How many answer: `2 of 3 sources answer.`
pub fn summary(sources: &[SourceRow]) -> String {
    let healthy = sources
        .iter()
        .filter(|source| source.state == SourceState::Healthy)
        .count();
    match (healthy, sources.len()) {
        (1, 1) => "The source answers.".to_owned(),
        (0, 1) => "The source does not answer.".to_owned(),
        (healthy, all) => format!("{healthy} of {all} sources answer."),
    }
}

/// A state as a glyph, the class of its colour and a word.
pub const fn state(state: SourceState) -> (Glyph, &'static str, &'static str) {
    match state {
        SourceState::Healthy => (Glyph::Ok, "c-none", "Healthy"),
        SourceState::Connecting => (Glyph::Unknown, "c-unknown", "Connecting"),
        SourceState::Unreachable => (Glyph::Platform, "c-platform", "Unreachable"),
        SourceState::PermissionDenied => (Glyph::Platform, "c-platform", "Access refused"),
        SourceState::Unsupported => (Glyph::Platform, "c-platform", "Not supported"),
    }
}

/// What it says about itself: product, version, API, cgroup, host.
pub fn engine(source: &SourceRow) -> String {
    let Some(engine) = &source.engine else {
        return "not known: it has never answered".to_owned();
    };
    let mut parts = vec![format!("{} {}", engine.product, engine.version)];
    if !engine.api_version.is_empty() {
        parts.push(format!("API {}", engine.api_version));
    }
    if !engine.cgroup.is_empty() {
        parts.push(format!("cgroup {}", engine.cgroup));
    }
    parts.join(", ")
}

/// The host and its memory; `None` when it did not say.
pub fn host(source: &SourceRow) -> Option<String> {
    let engine = source.engine.as_ref()?;
    let memory = engine.memory_bytes.map(|total| bytes(total as f64));
    match (engine.host.as_str(), memory) {
        ("", memory) => memory,
        (host, None) => Some(host.to_owned()),
        (host, Some(memory)) => Some(format!("{host}, {memory}")),
    }
}

/// `12 containers, 11 running`.
pub fn containers(source: &SourceRow) -> String {
    let noun = if source.containers == 1 {
        "container"
    } else {
        "containers"
    };
    let [all, running] = [source.containers, source.running].map(|n| count(f64::from(n)));
    format!("{all} {noun}, {running} running")
}

/// How much of the last day was seen.
pub fn coverage(source: &SourceRow) -> String {
    source.coverage_24h.map_or_else(
        || "not known yet".to_owned(),
        |share| format!("{} of the last 24 h", percent(share)),
    )
}

/// `every 10 s`.
pub fn interval(source: &SourceRow) -> String {
    format!(
        "every {}{NBSP}s",
        trimmed(source.interval_ms as f64 / 1000.0)
    )
}
