//! The sources: how each is, what it sees, and how to connect one more.

pub mod card;
pub mod connect;
pub mod words;

use domain::{Timestamp, view::SourceRow};
use leptos::prelude::*;
use leptos_meta::Title;

use self::{card::SourceCard, connect::Connect};
use crate::{
    components::{Empty, Failure, Skeleton},
    erase::Erase,
    server_fns::sources,
    state::{Change, Live, now_ms},
    wire::Wire,
};

/// The page.
#[component]
pub fn Sources() -> impl IntoView {
    let live = expect_context::<Live>();
    // The answer has no time of its own; the moment of asking is taken along, so that server and browser tell the same ages.
    let data = Resource::<_, Wire>::new_with_options(
        move || live.version(&[Change::Poll, Change::Source]),
        |_| async { sources().await.map(|page| (now_ms(), page.data)) },
        false,
    );
    view! {
        <Title text="Sources" />
        <h1>"Sources"</h1>
        <Transition fallback=|| view! { <Skeleton rows=3 /> }.erase()>
            {move || Suspend::new(async move {
                match data.await {
                    Ok((now, sources)) => view! { <List sources now=at(now) /> }.erase(),
                    Err(error) => view! { <Failure what="The list of sources" error /> }.erase(),
                }
            })}
        </Transition>
        <Connect />
    }
}

/// Times outside chrono's range are shown as the epoch.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(ms).unwrap_or_default()
}

#[component]
fn List(sources: Vec<SourceRow>, now: Timestamp) -> impl IntoView {
    if sources.is_empty() {
        return view! {
            <Empty title="Nothing is being watched yet">
                <p>
                    "Inquest found no container engine: no source is configured, DOCKER_HOST is not set, and nothing answers at the usual socket paths of Docker and Podman."
                </p>
            </Empty>
        }
        .erase();
    }
    view! {
        <p class="ink2">{words::summary(&sources)}</p>
        <ul class="sources mt4">
            {sources.into_iter().map(|source| view! { <SourceCard source now /> }).collect_view()}
        </ul>
    }
    .erase()
}
