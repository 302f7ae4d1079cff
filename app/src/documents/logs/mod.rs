//! Searching what runs wrote before they ended.

pub mod filter;
pub mod form;
pub mod panics;
pub mod results;

use chrono::Utc;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{filter::Filter, form::Search, panics::Panics, results::Results};
use super::{asking, failed};
use crate::{backend::BackendError, components::Empty, erase::Erase};

/// The page at `/logs`.
#[component]
pub fn Logs() -> impl IntoView {
    let (backend, caller) = asking();
    let filter = {
        let query = use_query_map();
        let query = query.read_untracked();
        Filter::parse(|name| query.get(name))
    };
    let title = if filter.text.is_empty() {
        "Logs".to_owned()
    } else {
        format!("{} in logs", filter.text)
    };
    view! {
        <Title text=title />
        <h1>"Logs"</h1>
        <p class="ink2 measure">
            "The last lines of every run that ended while it was watched, without its secrets. They are searched together, also those of containers that are long gone."
        </p>
        {Suspend::new(async move {
            if filter.text.is_empty() {
                // One box: a form that was sent empty says nothing wrong.
                let found = backend.panics(&caller, &panics::newest(filter.workload)).await;
                return view! {
                    <Search filter problem=None />
                    <Panics found />
                }
                .erase();
            }
            let now = Utc::now();
            match backend.logs(&caller, &filter.query(now)).await {
                Ok(page) if page.data.is_empty() => view! {
                    <Search filter=filter.clone() problem=None />
                    <Nothing filter />
                }
                .erase(),
                Ok(page) => view! {
                    <Search filter=filter.clone() problem=None />
                    <Results page filter now />
                }
                .erase(),
                Err(BackendError::Invalid { field, problem }) => {
                    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
                        response.set_status(axum::http::StatusCode::BAD_REQUEST);
                    }
                    view! { <Search filter problem=Some((field, problem)) /> }.erase()
                }
                Err(error) => failed("The search", error),
            }
        })}
    }
}

/// Nothing was found: why that may be, and what else to try.
#[component]
fn Nothing(filter: Filter) -> impl IntoView {
    let is_later = filter.cursor.is_some();
    let title = if is_later {
        "Nothing older"
    } else {
        "No log has that"
    };
    let wider = filter.is_narrowed().then(|| {
        view! {
            <a class="btn" href=filter.of_everything().address() rel="external">
                "Look in all logs"
            </a>
        }
    });
    view! {
        <Empty title=title>
            <p>
                "All words must be in the same log, each as it stands: \u{201c}time\u{201d} does not find \u{201c}timeout\u{201d}. Put \u{201c}or\u{201d} between words of which one is enough. Only runs that ended have a log here, for as long as the settings say."
            </p>
            <div class="bar">
                {wider.clone()}
                <a class="btn" href="/logs" rel="external">
                    "Start again"
                </a>
            </div>
        </Empty>
    }
    .erase()
}
