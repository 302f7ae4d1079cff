//! The frame around every page, and which page stands at which address.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::TopBar,
    erase::Erase,
    pages::{NotFound, Overview, Sources, WorkloadPage},
    state::{Handover, Live},
};

/// The whole interface.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let handover = Handover::take();
    let live = Live::new(handover.rendered_at);
    provide_context(live);
    Effect::new(move |_| live.connect());

    view! {
        <Title formatter=|page: String| format!("{page} · Inquest") />
        <Router>
            <a class="skip" href="#main" rel="external">
                "Skip to content"
            </a>
            <TopBar about=handover.about theme=handover.theme />
            <main id="main" tabindex="-1">
                // Each page is complete in the first HTML, so that it needs no script to be read.
                <FlatRoutes fallback=|| view! { <NotFound /> }.erase()>
                    <Route path=path!("/") view=|| view! { <Overview /> }.erase() ssr=SsrMode::Async />
                    <Route path=path!("/workloads/:id") view=|| view! { <WorkloadPage /> }.erase() ssr=SsrMode::Async />
                    <Route path=path!("/sources") view=|| view! { <Sources /> }.erase() ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
        </Router>
    }
}
