//! The frame around every page, which page stands at which address, and which pages run in the browser.
//!
//! There are two kinds. The pages of [`App`] are hydrated: the WebAssembly takes them over and keeps them live. The pages of
//! [`Documents`] need links and plain forms and nothing else: the server renders them with the same components, without any script,
//! and the browser never downloads their code. A link between the two kinds loads the page anew.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

#[cfg(feature = "ssr")]
use crate::documents::{
    Alerts, ChannelPage, Channels, Deploys, EditRule, IncidentDocument, Incidents, Logs, NewRule,
    RestartPage, Rules, Runs, Settings, Silences,
};
use crate::{
    components::TopBar,
    erase::{Content, Erase},
    pages::{NotFound, Overview, Sources, WorkloadPage},
    state::{Handover, Live},
};

/// A page that the bar on top leads to.
pub struct Place {
    /// Its address.
    pub path: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Whether it is one of [`Documents`], not of [`App`].
    pub is_document: bool,
}

impl Place {
    /// Whether a page is this place or, where the place is a list of documents, in it.
    pub fn leads_to(&self, path: &str) -> bool {
        path == self.path || self.is_document && path.starts_with(self.path)
    }

    /// The `rel` of links to it: the browser has no route to a document, so it loads the page.
    pub fn rel(&self) -> Option<&'static str> {
        self.is_document.then_some("external")
    }
}

/// The address of the page of alerts.
pub const ALERTS: &str = "/alerts";

/// What the bar leads to.
pub const PLACES: [Place; 6] = [
    Place {
        path: "/",
        name: "Overview",
        is_document: false,
    },
    Place {
        path: "/incidents",
        name: "Incidents",
        is_document: true,
    },
    Place {
        path: ALERTS,
        name: "Alerts",
        is_document: true,
    },
    Place {
        path: "/logs",
        name: "Logs",
        is_document: true,
    },
    Place {
        path: "/sources",
        name: "Sources",
        is_document: false,
    },
    Place {
        path: "/settings",
        name: "Settings",
        is_document: true,
    },
];

/// The whole interface that runs in the browser.
#[component]
pub fn App() -> impl IntoView {
    let handover = Handover::take();
    let live = Live::new(handover.rendered_at, handover.about.firing);
    provide_context(live);
    Effect::new(move |_| live.connect());

    view! {
        <Frame handover>
            // Each page is complete in the first HTML, so that it needs no script to be read.
            <FlatRoutes fallback=|| view! { <NotFound /> }.erase()>
                <Route path=path!("/") view=|| view! { <Overview /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/workloads/:id") view=|| view! { <WorkloadPage /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/sources") view=|| view! { <Sources /> }.erase() ssr=SsrMode::Async />
            </FlatRoutes>
        </Frame>
    }
}

/// The pages that the server alone renders.
#[cfg(feature = "ssr")]
#[component]
pub fn Documents() -> impl IntoView {
    let handover = Handover::make();
    provide_context(Live::new(handover.rendered_at, handover.about.firing));

    view! {
        <Frame handover>
            <FlatRoutes fallback=|| view! { <NotFound /> }.erase()>
                <Route path=path!("/restarts/:id") view=|| view! { <RestartPage /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/incidents") view=|| view! { <Incidents /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/incidents/:id") view=|| view! { <IncidentDocument /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/logs") view=|| view! { <Logs /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts") view=|| view! { <Alerts /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/rules") view=|| view! { <Rules /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/rules/new") view=|| view! { <NewRule /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/rules/:id") view=|| view! { <EditRule /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/silences") view=|| view! { <Silences /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/channels") view=|| view! { <Channels /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/alerts/channels/:id") view=|| view! { <ChannelPage /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/settings") view=|| view! { <Settings /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/workloads/:id/runs") view=|| view! { <Runs /> }.erase() ssr=SsrMode::Async />
                <Route path=path!("/workloads/:id/deploys") view=|| view! { <Deploys /> }.erase() ssr=SsrMode::Async />
            </FlatRoutes>
        </Frame>
    }
}

/// The bar on top, and the page.
#[component]
fn Frame(
    /// What is known of the server and the visitor.
    handover: Handover,
    /// The routes.
    children: Content,
) -> impl IntoView {
    provide_meta_context();
    // The title is put together when the page is done with, and what it owned is gone: this outlives it.
    let firing = ArcRwSignal::from(expect_context::<Live>().firing());
    let title = move |page: String| match firing.get() {
        0 => format!("{page} · Inquest"),
        firing => format!("({firing}) {page} · Inquest"),
    };
    view! {
        <Title formatter=title />
        <Router>
            <a class="skip" href="#main" rel="external">
                "Skip to content"
            </a>
            <TopBar about=handover.about theme=handover.theme />
            <main id="main" tabindex="-1">
                {children.build()}
            </main>
        </Router>
    }
}
