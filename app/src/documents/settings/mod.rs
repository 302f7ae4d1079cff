//! The settings: what is stored, how large it is, where that leads, and how to change it.

pub mod change;
pub mod tiers;
pub mod words;
pub mod workloads;

use domain::view::{StorageQuery, StorageView};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{change::Change, tiers::Tiers, workloads::Workloads};
use super::{asking, failed};
use crate::{
    components::Empty,
    erase::Erase,
    format::{NBSP, bytes, trimmed},
};

/// The parameter that filters the workloads.
const SEARCH: &str = "q";

/// The page at `/settings`.
#[component]
pub fn Settings() -> impl IntoView {
    let (backend, caller) = asking();
    let search = use_query_map()
        .read_untracked()
        .get(SEARCH)
        .filter(|search| !search.is_empty());
    let query = StorageQuery {
        search: search.clone(),
        limit: None,
    };
    view! {
        <Title text="Settings" />
        <h1>"Settings"</h1>
        {Suspend::new(async move {
            match backend.storage(&caller, &query).await {
                Ok(storage) => view! { <Loaded storage search=search.unwrap_or_default() /> }.erase(),
                Err(error) => failed("What is stored", error),
            }
        })}
    }
}

#[component]
fn Loaded(storage: StorageView, search: String) -> impl IntoView {
    let nothing = storage.samples.count == 0 && search.is_empty();
    let workloads = if nothing {
        view! {
            <section class="sect">
                <Empty title="No workload has been measured yet">
                    <p>
                        "Samples of the last hours wait in the head. When a window of two hours has ended they are compressed, and from then on this page tells what each workload takes."
                    </p>
                </Empty>
            </section>
        }
        .erase()
    } else {
        view! { <Workloads storage=storage.clone() search /> }.erase()
    };
    let (claim, ground) = words::forecast(&storage);
    view! {
        <p class="ink2">{words::place(&storage.database)}</p>
        <Figures storage=storage.clone() />
        <p class="say">
            <b>{claim}</b>
            " "
            <span class="q">{ground}</span>
        </p>
        <Tiers storage=storage.clone() />
        {workloads}
        <Change storage />
    }
}

/// The numbers on top.
#[component]
fn Figures(storage: StorageView) -> impl IntoView {
    let unknown = || "–".to_owned();
    let sample = storage
        .samples
        .bytes_each
        .map_or_else(unknown, |each| format!("{}{NBSP}B", trimmed(each)));
    let growth = storage
        .forecast
        .map_or_else(unknown, |forecast| bytes(forecast.bytes_per_day));
    let free = storage
        .database
        .free_bytes
        .map(|free| view! { <Figure name="Free on its disk" value=bytes(free as f64) note="for everyone who writes there" /> });
    view! {
        <dl class="figures">
            <Figure name="Stored" value=bytes(storage.total_bytes as f64) note="indexes included" />
            <Figure name="Each sample takes" value=sample note="at full resolution, compressed" />
            <Figure name="Growth in a day" value=growth note="what is removed subtracted" />
            {free}
        </dl>
    }
}

#[component]
fn Figure(name: &'static str, value: String, note: &'static str) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
            <dd class="note">{note}</dd>
        </div>
    }
}
