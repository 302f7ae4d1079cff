//! Who the workload is, and its numbers.

use domain::{
    source::SourceState,
    verdict::CauseGroup,
    view::{RestartCounts, WorkloadDetail},
    workload::ContainerState,
};
use leptos::prelude::*;

use super::finding::capitalised;
use crate::{
    components::{CauseMark, Glyph, Notice},
    erase::Erase,
    format::{bytes, bytes_of, clock_minute, count, duration, duration_short, percent},
};

/// Name, state, image, source and policy.
#[component]
pub fn Head(
    /// The workload.
    detail: WorkloadDetail,
    /// Now, milliseconds since the epoch.
    now: i64,
) -> impl IntoView {
    let row = detail.row;
    let lasts = row
        .started_at
        .map(|at| duration(now - at.timestamp_millis()));
    let (glyph, state) = state_words(row.state);
    let origin = if row.group.is_empty() {
        row.source.clone()
    } else {
        format!("{}, {}", row.source, row.group)
    };
    let incident = detail.incident.map(|id| {
        view! {
            <a class="link" rel="external" href=format!("/incidents/{id}")>
                {format!("Incident I-{id}")}
            </a>
        }
    });
    let policy = (!detail.restart_policy.is_empty())
        .then(|| view! { <span>"restart policy "{detail.restart_policy}</span> });
    view! {
        <nav class="crumb" aria-label="Breadcrumb">
            <a href="/">"Overview"</a>
            " / "
            {if row.group.is_empty() { row.source } else { row.group }}
        </nav>
        <div class="head">
            <div>
                <h1>{row.name}</h1>
                <p class="strip">
                    <span>
                        <CauseMark glyph=glyph tone="c-none" />
                        <b>{state}</b>
                        {lasts}
                    </span>
                    <span class="mono">{row.image}</span>
                    <span>{origin}</span>
                    {policy}
                    {incident}
                </p>
            </div>
        </div>
    }
    .erase()
}

fn state_words(state: ContainerState) -> (Glyph, &'static str) {
    match state {
        ContainerState::Running => (Glyph::Ok, "Running"),
        ContainerState::Created => (Glyph::No, "Created, not started"),
        ContainerState::Paused => (Glyph::No, "Paused"),
        ContainerState::Restarting => (Glyph::Restart, "Restarting"),
        ContainerState::Exited => (Glyph::No, "Down"),
        ContainerState::Removed => (Glyph::No, "Removed"),
    }
}

/// Said when the source does not answer: the numbers below are old.
#[component]
pub fn StaleNotice(
    /// The workload.
    detail: WorkloadDetail,
    /// Now, milliseconds since the epoch.
    now: i64,
) -> impl IntoView {
    let row = detail.row;
    let what = match row.source_state {
        SourceState::Healthy | SourceState::Connecting => return None,
        SourceState::Unreachable => "has not answered",
        SourceState::PermissionDenied => "has refused us",
        SourceState::Unsupported => "speaks an API we do not know",
    };
    let seen = row.seen_at.timestamp_millis();
    Some(view! {
        <Notice glyph=Glyph::Platform tone="c-platform">
                <b>{format!("{} {what} since {} ({}). ", row.source, clock_minute(seen), duration_short(now - seen))}</b>
                "The values are the last ones seen; restarts in this time may be seen late. "
                <a class="link" href="/sources">
                    "Sources"
                </a>
            </Notice>
    }.erase())
}

/// Restarts, memory and tasks in numbers.
#[component]
pub fn Tiles(
    /// The workload.
    detail: WorkloadDetail,
    /// The largest working set of the range, in bytes.
    peak: Option<f64>,
    /// Now, milliseconds since the epoch.
    now: i64,
) -> impl IntoView {
    let WorkloadDetail {
        row,
        causes_30d,
        newest_restart,
        ..
    } = detail;
    let RestartCounts {
        last_10m,
        last_24h,
        last_7d,
        last_30d,
    } = row.restarts;
    let last = row.last_restart.map_or_else(
        || "none seen".to_owned(),
        |restart| {
            format!(
                "last {} ago",
                duration_short(now - restart.at.timestamp_millis())
            )
        },
    );
    let from_memory: u32 = causes_30d
        .iter()
        .filter(|c| c.cause.group() == CauseGroup::Memory)
        .map(|c| c.count)
        .sum();
    let causes = match (last_30d, from_memory) {
        (0, _) => String::new(),
        (all, memory) if all == memory => "all from memory".to_owned(),
        (_, memory) => format!("{} from memory", count(f64::from(memory))),
    };

    let used = row.memory.working_set_bytes.map(|used| used as f64);
    let limit = row.memory.limit_bytes.map(|limit| limit as f64);
    let (memory, of) = match (used, limit, row.memory.ratio) {
        (Some(used), Some(limit), Some(ratio)) => (percent(ratio), bytes_of(used, limit)),
        (Some(used), ..) => (bytes(used), "no limit set".to_owned()),
        (None, ..) => ("–".to_owned(), "not seen".to_owned()),
    };
    let peak = peak.map_or_else(String::new, |peak| {
        format!("peak in this range {}", bytes(peak))
    });

    let kind = row
        .tasks
        .kind
        .map_or("tasks", domain::metric::TaskKind::label);
    let tasks = row
        .tasks
        .count
        .map_or_else(|| "–".to_owned(), |n| count(n as f64));
    let at_death = newest_restart
        .filter(|r| r.task_kind == row.tasks.kind)
        .and_then(|r| r.tasks_at_end);
    let tasks_note = row
        .tasks
        .problem
        .or_else(|| at_death.map(|n| format!("was {} when the last run ended", count(n as f64))));

    let (next, next_range, next_note) = row.forecast.map_or_else(
        || ("–".to_owned(), String::new(), "not judged yet".to_owned()),
        |forecast| {
            let (likely, range) = forecast.text.split_once(" (").map_or(
                (forecast.text.as_str(), String::new()),
                |(likely, range)| (likely, format!("({range}")),
            );
            (likely.to_owned(), range, forecast.reason)
        },
    );

    let stale = !matches!(
        row.source_state,
        SourceState::Healthy | SourceState::Connecting
    );
    view! {
        <dl class="tiles six">
            <Tile name="Restarts, 10 min" value=count(f64::from(last_10m)) note=last />
            <Tile name="Restarts, 24 h" value=count(f64::from(last_24h)) note=format!("{} in 7 d", count(f64::from(last_7d))) />
            <Tile name="Restarts, 30 d" value=count(f64::from(last_30d)) note=causes />
            <Tile name="Memory now" value=memory beside=of note=peak stale=stale />
            <Tile name=format!("{} now", capitalised(kind)) value=tasks note=tasks_note.unwrap_or_default() stale=stale />
            <Tile name="Next limit" value=next beside=next_range note=next_note stale=stale />
        </dl>
    }
    .erase()
}

#[component]
fn Tile(
    #[prop(into)] name: String,
    value: String,
    #[prop(optional)] beside: String,
    note: String,
    #[prop(optional)] stale: bool,
) -> impl IntoView {
    view! {
        <div class:stale=stale>
            <dt>{name}</dt>
            <dd>{value} " " <small>{beside}</small></dd>
            <dd class="note">{note}</dd>
        </div>
    }
}
