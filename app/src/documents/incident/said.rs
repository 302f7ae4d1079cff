//! What the restart that stands for the others said of its own end, and who used memory then.

use domain::verdict::Cause;
use leptos::prelude::*;

use super::{PostMortem, words};
use crate::{
    documents::evidence::{Goroutines, LogExcerpt, Neighbours, PanicBlock},
    erase::Erase,
    format::{NBSP, day_clock},
};

/// The panic, what goroutines were doing, the log in brief, and the neighbours where it was for want of memory of the host.
#[component]
pub fn Said(
    /// The incident.
    page: PostMortem,
) -> impl IntoView {
    let restart = page.restart?;
    let row = restart.row;
    let of = format!(
        "{}, ended {}{NBSP}UTC",
        row.workload_name,
        day_clock(row.ended_at.timestamp_millis())
    );
    let panic = restart
        .panic
        .clone()
        .map(|panic| view! { <PanicBlock panic /> });
    let goroutines = restart
        .goroutines
        .map(|growth| view! { <Goroutines growth ended_at=row.ended_at /> });
    let log = page
        .log
        .map(|log| view! { <LogExcerpt restart=row.id of log panic=restart.panic /> });
    let is_told =
        page.incident.row.cause == Cause::NodeOutOfMemory && !restart.neighbours.is_empty();
    let neighbours = is_told.then(|| view! { <Neighbours neighbours=restart.neighbours /> });
    Some(
        view! {
            {panic}
            {goroutines}
            {log}
            {neighbours}
        }
        .erase(),
    )
}

/// Whether its ends follow memory at its limit, or tasks at their highest, and how likely that is by chance.
#[component]
pub fn Follows(
    /// The incident.
    page: PostMortem,
) -> impl IntoView {
    let said = words::follows(&page);
    let (first, rest) = said.split_first()?;
    let first = first.clone();
    let rest = rest.join(" ");
    Some(
        view! {
            <section class="sect" aria-labelledby="follows">
                <div class="sect-h">
                    <h2 id="follows">"What its ends follow"</h2>
                </div>
                <p class="say">
                    <b>{first}</b>
                    " "
                    <span class="q">{rest}</span>
                </p>
            </section>
        }
        .erase(),
    )
}
