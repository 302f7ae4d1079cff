//! What is said about alerts.

use chrono::{DateTime, Utc};
use domain::{
    alert::Suppressed,
    view::{AlertPhase, AlertRow},
};
use leptos::prelude::*;

use crate::{
    erase::Erase,
    format::{day_clock, duration_short, rfc3339},
};

/// Shapes of the states: a triangle, a dot, a bar. Never colour alone.
const FIRING: &str = "M6 1.2 11.4 10.8H.6Z";
const PENDING: &str = "M6 1.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8Z";
const HELD: &str = "M1 5h10v2H1z";

/// The state of an alert as shape and word.
pub(super) fn state(alert: &AlertRow) -> AnyView {
    let (class, path, word) = match (alert.phase, alert.suppressed) {
        (AlertPhase::Firing, None) => ("cause c-memory", FIRING, "Firing"),
        (AlertPhase::Firing, Some(Suppressed::Silenced)) => ("cause c-unknown", HELD, "Silenced"),
        (AlertPhase::Firing, Some(Suppressed::Inhibited)) => ("cause c-unknown", HELD, "Held back"),
        (AlertPhase::Pending, _) => ("cause c-none", PENDING, "Pending"),
        (AlertPhase::Resolved, _) => ("cause c-none", HELD, "Over"),
    };
    let severity = alert.severity.name();
    view! {
        <span class=class>
            <svg class="gl" viewBox="0 0 12 12" aria-hidden="true"><path d=path></path></svg>
            {word}
        </span>
        <span class="sub">{severity}</span>
    }
    .erase()
}

/// Whom an alert is about, with a link.
pub(super) fn whom(alert: &AlertRow) -> AnyView {
    let href = alert
        .workload
        .map_or_else(|| "/sources".to_owned(), |id| format!("/workloads/{id}"));
    let place = match (alert.workload, alert.group.is_empty()) {
        (None, _) => "source".to_owned(),
        (Some(_), true) => alert.source.clone(),
        (Some(_), false) => format!("{}, {}", alert.group, alert.source),
    };
    let incident = alert.incident.map(|id| {
        view! { ", " <a class="link" href=format!("/incidents/{id}")>"incident "{id.to_string()}</a> }
    });
    view! { <a class="b" href=href>{alert.name.clone()}</a> <span class="sub">{place}{incident}</span> }.erase()
}

/// How often: `never`, `once`, `3 times`.
pub(super) fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// The rule of an alert, with a link while it is there.
pub(super) fn rule_link(alert: &AlertRow) -> AnyView {
    let name = alert.rule_name.clone();
    match alert.rule {
        Some(id) => view! { <a href=format!("/alerts/rules/{id}")>{name}</a> }.erase(),
        None => view! { <span>{name}" (removed)"</span> }.erase(),
    }
}

/// Since when, and for how long.
pub(super) fn since(alert: &AlertRow, now: DateTime<Utc>) -> AnyView {
    let at = alert.since.timestamp_millis();
    let lasted = duration_short((now.timestamp_millis() - at).max(0));
    view! { "since " <time datetime=rfc3339(at)>{day_clock(at)}</time> ", " {lasted} }.erase()
}

/// A name as a pattern that matches it: what has a meaning in patterns, or none, becomes any character.
pub(super) fn as_pattern(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric()
                || matches!(c, '-' | '_' | '.' | '/' | ':')
                || !c.is_ascii()
            {
                c
            } else {
                '?'
            }
        })
        .collect()
}

/// The pattern that matches the workload of an alert alone.
pub(super) fn workload_pattern(alert: &AlertRow) -> String {
    match alert.workload {
        None => String::new(),
        Some(_) => as_pattern(&format!("{}/{}", alert.group, alert.name)),
    }
}
