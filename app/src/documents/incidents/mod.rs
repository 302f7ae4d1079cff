//! All incidents, open ones first.

pub mod filter;
pub mod table;

use chrono::Utc;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{filter::Filter, table::Table};
use super::{asking, failed};
use crate::{components::Empty, erase::Erase};

/// The page at `/incidents`.
#[component]
pub fn Incidents() -> impl IntoView {
    let (backend, caller) = asking();
    let filter = {
        let query = use_query_map();
        let query = query.read_untracked();
        Filter::parse(
            query.get_str("state"),
            query.get_str("workload"),
            query.get_str("cursor"),
        )
    };
    view! {
        <Title text="Incidents" />
        <h1>"Incidents"</h1>
        <p class="ink2 measure">
            "Consecutive restarts for the same reason, until it was quiet for long enough. What takes a whole engine or host down is one incident."
        </p>
        <Chips filter=filter.clone() />
        {Suspend::new(async move {
            match backend.incidents(&caller, &filter.query()).await {
                Ok(page) if page.data.is_empty() => view! { <Nothing filter /> }.erase(),
                Ok(page) => view! { <Table page filter now=Utc::now() /> }.erase(),
                Err(error) => failed("The list of incidents", error),
            }
        })}
    }
}

/// Which states are shown, as links.
#[component]
fn Chips(filter: Filter) -> impl IntoView {
    let chips = Filter::STATES.map(|(state, name)| {
        let current = (filter.state == state).then_some("true");
        view! {
            <a class="chip" href=filter.of_state(state).address() rel="external" aria-current=current>
                {name}
            </a>
        }
    });
    let workload = filter.workload.map(|_| {
        view! {
            <a class="chip" aria-current="true" href=filter.of_all_workloads().address() rel="external">
                "of one workload" <span class="vh">", show all"</span> <span aria-hidden="true">"×"</span>
            </a>
        }
    });
    view! {
        <nav class="bar mt4" aria-label="Filter">
            {chips} {workload}
        </nav>
    }
}

/// Why there are none, and what to do next.
#[component]
fn Nothing(filter: Filter) -> impl IntoView {
    let (title, why, (href, action)) = if filter == Filter::default() {
        (
            "No incident goes on",
            "Nothing has restarted for a reason that is not known to be over, as far as was seen.",
            ("/incidents?state=all", "Those that are over"),
        )
    } else if filter.workload.is_none() && filter.state == filter::State::All {
        (
            "No incident yet",
            "An incident begins with the first restart that nobody asked for. Whether your engines are watched is on the sources page.",
            ("/sources", "Sources"),
        )
    } else {
        (
            "No such incident",
            "None matches this filter.",
            ("/incidents?state=all", "All incidents"),
        )
    };
    view! {
        <Empty title>
            <p>{why}</p>
            <div class="bar">
                <a class="btn" href=href rel="external">
                    {action}
                </a>
            </div>
        </Empty>
    }
}
