//! The overview: which workloads restart, and why, in one table.

pub mod controls;
#[cfg(test)]
mod example;
pub mod filter;
pub mod keys;
pub mod notices;
pub mod order;
pub mod table;
pub mod words;

use std::sync::Arc;

use domain::{
    source::SourceState,
    view::{FleetSummary, FleetView, SourceRow},
};
use leptos::{html, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{
    controls::{Controls, Tally},
    filter::Filter,
    notices::{SourceNotices, workloads_of},
    order::Order,
    table::{Entry, FleetTable},
};
use crate::{
    components::{CauseMark, Empty, Failure, Glyph, Skeleton},
    erase::Erase,
    server_fns::fleet,
    state::{Change, Live},
    wire::Wire,
};

/// The page.
#[component]
pub fn Overview() -> impl IntoView {
    let live = expect_context::<Live>();
    let data = Resource::<_, Wire>::new_with_options(
        move || live.version(&[Change::Poll, Change::Restart, Change::Source]),
        |_| fleet(),
        false,
    );
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(Filter::from_query));
    let order = Order::default();
    let search = NodeRef::new();
    Effect::new(move |_| keys::listen(search));

    view! {
        <Title text="Overview" />
        <Transition fallback=|| {
            view! {
                <h1>"Overview"</h1>
                <Skeleton rows=8 />
            }
            .erase()
        }>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(fleet) => view! { <Fleet fleet filter order search /> }.erase(),
                    Err(error) => {
                        view! {
                            <h1>"Overview"</h1>
                            <Failure what="The overview" error />
                        }
                            .erase()
                    }
                }
            })}
        </Transition>
    }
}

/// All there is to say about a fleet.
#[component]
fn Fleet(
    fleet: FleetView,
    filter: Memo<Filter>,
    order: Order,
    search: NodeRef<html::Input>,
) -> impl IntoView {
    let FleetView {
        at,
        summary,
        workloads,
        sparks,
        sources,
    } = fleet;
    if workloads.is_empty() {
        return view! { <NothingSeen sources /> }.erase();
    }
    let now = at.timestamp_millis();
    let tally = Tally::of(&workloads, &sources);
    let headline = words::headline(&summary, &workloads);
    let strip = view! { <Strip summary sources=sources.clone() now /> };
    let blind = workloads_of(&sources, &workloads);
    let entries: Vec<Arc<Entry>> = workloads
        .into_iter()
        .zip(sparks)
        .map(|(row, spark)| Arc::new(Entry { row, spark }))
        .collect();

    let table = move || {
        let filter = filter.get();
        let mut shown: Vec<Arc<Entry>> = entries
            .iter()
            .filter(|entry| filter.admits(&entry.row))
            .cloned()
            .collect();
        if shown.is_empty() {
            return view! { <NothingMatches filter total=entries.len() /> }.erase();
        }
        order.arrange(&mut shown, filter.sort, &|entry| &entry.row);
        view! { <FleetTable entries=shown now=at order /> }.erase()
    };
    view! {
        <div class="head">
            <div>
                <h1>{headline}</h1>
                {strip}
            </div>
        </div>
        <SourceNotices sources workloads=blind now=at />
        <Controls filter tally search />
        {table}
    }
    .erase()
}

/// The fleet in numbers.
#[component]
fn Strip(summary: FleetSummary, sources: Vec<SourceRow>, now: i64) -> impl IntoView {
    let healthy = sources
        .iter()
        .filter(|source| source.state == SourceState::Healthy)
        .count();
    let all_well = healthy == sources.len();
    let workloads = if summary.workloads == 1 {
        "workload"
    } else {
        "workloads"
    };
    let tone = if summary.memory_24h > 0 {
        "c-memory"
    } else {
        "c-none"
    };
    view! {
        <p class="strip">
            <span>
                <b>{summary.workloads}</b>
                {workloads}
            </span>
            <span>
                <CauseMark glyph=Glyph::Restart tone />
                <b>{summary.restarts_24h}</b>
                {words::restarts(&summary)}
            </span>
            <span>
                <CauseMark
                    glyph=if all_well { Glyph::Ok } else { Glyph::Platform }
                    tone=if all_well { "c-none" } else { "c-platform" }
                />
                <b>{healthy}</b>
                {words::sources(&sources, now)}
            </span>
        </p>
    }
}

/// No workload is known: nothing is watched, or nothing runs there.
#[component]
fn NothingSeen(sources: Vec<SourceRow>) -> impl IntoView {
    let (title, reason, action) = if sources.is_empty() {
        (
            "Nothing is being watched yet",
            "Inquest found no container engine at the usual socket paths. Connect one, or start with invented data to look around: inquest demo.",
            "Connect a source",
        )
    } else if sources.iter().all(|source| source.last_poll_at.is_none()) {
        (
            "No source has answered yet",
            "Workloads appear here with the first answer, which takes some seconds.",
            "See the sources",
        )
    } else {
        (
            "No containers yet",
            "The sources answer, and have no container. The first one appears here within seconds of its start.",
            "See the sources",
        )
    };
    view! {
        <h1>"Overview"</h1>
        <Empty title>
            <p>{reason}</p>
            <div class="bar">
                <a class="btn pri" href="/sources">
                    {action}
                </a>
            </div>
        </Empty>
    }
}

/// The filter leaves nothing.
#[component]
fn NothingMatches(filter: Filter, total: usize) -> impl IntoView {
    let hidden = if total == 1 {
        "1 workload is hidden by the filter.".to_owned()
    } else {
        format!("{total} workloads are hidden by the filter.")
    };
    view! {
        <Empty title=format!("No workload {}", filter.words())>
            <p>{hidden}</p>
            <div class="bar">
                <a class="btn" href=filter.cleared().to_href() data-noscroll>
                    "Clear filters"
                </a>
            </div>
        </Empty>
    }
}
