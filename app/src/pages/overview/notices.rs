//! Sources that do not answer: named before the rows, because they make numbers old.

use domain::{
    Timestamp,
    view::{SourceRow, WorkloadRow},
};
use leptos::prelude::*;

use super::words;
use crate::{
    components::{Glyph, Notice},
    format::duration_short,
};

/// One line for each source in trouble.
#[component]
pub fn SourceNotices(
    /// All sources.
    sources: Vec<SourceRow>,
    /// How many workloads each has, in the same order.
    workloads: Vec<usize>,
    /// When the data were put together.
    now: Timestamp,
) -> impl IntoView {
    let now = now.timestamp_millis();
    sources
        .into_iter()
        .zip(workloads)
        .filter_map(|(source, workloads)| {
            let trouble = words::trouble(&source, now)?;
            let next = source.next_try_at.map(|at| {
                format!(
                    " Next try in {}.",
                    duration_short(at.timestamp_millis() - now)
                )
            });
            Some(view! {
                <Notice glyph=Glyph::Platform tone="c-platform">
                    <b>{format!("{} {trouble}.", source.name)}</b>
                    {source.problem.map(|problem| format!(" {}", words::sentence(&problem)))}
                    {format!(" {}", consequence(workloads))}
                    {next}
                    " "
                    <a class="link" href="/sources">
                        "Sources"
                    </a>
                </Notice>
            })
        })
        .collect_view()
}

/// The number of workloads of each source.
pub fn workloads_of(sources: &[SourceRow], rows: &[WorkloadRow]) -> Vec<usize> {
    sources
        .iter()
        .map(|source| rows.iter().filter(|row| row.source == source.name).count())
        .collect()
}

fn consequence(workloads: usize) -> String {
    match workloads {
        0 => "Nothing of it is shown.".to_owned(),
        1 => "1 workload shows its last known values, and its restarts in this time may be seen late.".to_owned(),
        n => format!("{n} workloads show their last known values, and restarts in this time may be seen late."),
    }
}
