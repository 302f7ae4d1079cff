//! One source.

use domain::{Timestamp, view::SourceRow};
use leptos::prelude::*;

use super::words;
use crate::{
    components::{CauseMark, Fact},
    format::{NBSP, duration_short},
    pages::overview::words::sentence,
};

/// Its name and state, what is wrong with it and how to mend it, and what is known about it.
#[component]
pub fn SourceCard(
    /// The source.
    source: SourceRow,
    /// Now, from the same answer.
    now: Timestamp,
) -> impl IntoView {
    let (glyph, tone, word) = words::state(source.state);
    let since = source.since.map(|at| {
        view! {
            <span class="mut">
                "for " {duration_short((now - at).num_milliseconds())}
            </span>
        }
    });
    let next = source
        .next_try_at
        .map(|at| duration_short((at - now).num_milliseconds()));
    let problem = source.problem.as_deref().map(|problem| {
        view! {
            <p class="mt2 problem">
                {sentence(problem)} {next.map(|next| format!(" Next try in {next}."))}
            </p>
        }
    });
    let polled = match (source.last_poll_at, source.last_poll_ms) {
        (Some(at), Some(ms)) => format!(
            "last {} ago, took {ms}{NBSP}ms",
            duration_short((now - at).num_milliseconds())
        ),
        (Some(at), None) => format!("last {} ago", duration_short((now - at).num_milliseconds())),
        (None, _) => "not yet".to_owned(),
    };
    let polled = format!("{}, {polled}", words::interval(&source));
    let events = if source.events_connected {
        "open"
    } else {
        "closed: restarts are still found by polling, their causes may be missing"
    };
    let engine = words::engine(&source);
    let host = words::host(&source);
    let watched = words::containers(&source);
    let seen = words::coverage(&source);
    view! {
        <li class="source">
            <div class="source-h">
                <h2>{source.name}</h2>
                <span class=format!("cause {tone}")>
                    <CauseMark glyph />
                    {word}
                </span>
                {since}
            </div>
            {problem}
            <dl class="facts">
                <Fact name="Endpoint" value=source.endpoint />
                <Fact name="Engine" value=engine />
                {host.map(|host| view! { <Fact name="Host" value=host /> })}
                <Fact name="Watched" value=watched />
                <Fact name="Polled" value=polled />
                <Fact name="Event stream" value=events.to_owned() />
                <Fact name="Seen" value=seen />
            </dl>
        </li>
    }
}
