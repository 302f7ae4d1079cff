//! One incident: the post-mortem, complete in one answer, and to take away.

pub mod beside;
pub mod charts;
pub mod evidence;
pub mod export;
pub mod load;
pub mod markdown;
pub mod people;
pub mod picture;
pub mod restarts;
pub mod said;
pub mod story;
pub mod view;
pub mod words;

use chrono::Utc;
use domain::ids::IncidentId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

pub use self::{
    export::html,
    load::{PostMortem, load},
    markdown::markdown,
};
use self::{view::View, words::headline};
use super::{asking, failed, missing};
use crate::{backend::BackendError, erase::Erase};

/// The page at `/incidents/:id`.
#[component]
pub fn IncidentDocument() -> impl IntoView {
    let (backend, caller) = asking();
    let id = use_params_map()
        .read_untracked()
        .get("id")
        .unwrap_or_default();
    Suspend::new(async move {
        let Ok(parsed) = id.parse::<IncidentId>() else {
            return gone();
        };
        match load(&*backend, &caller, parsed, Utc::now()).await {
            Ok(page) => view! {
                <Title text=format!("I-{} {}", page.incident.row.id, headline(&page.incident.row)) />
                <View page is_live=true />
            }
            .erase(),
            Err(BackendError::NotFound { .. }) => gone(),
            Err(error) => view! {
                <Title text="Not shown" />
                <h1>"Incident"</h1>
                {failed("The incident", error)}
            }
            .erase(),
        }
    })
}

fn gone() -> AnyView {
    missing(
        "incident",
        "It was removed because it is older than incidents are kept, its one restart turned out to be part of another, or the link is from another Inquest.",
        ("/incidents", "All incidents"),
    )
}
