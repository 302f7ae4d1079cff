//! The pages that the server alone renders. They are made of the same components as [`pages`](crate::pages) but ask the
//! [`Backend`](crate::backend::Backend) directly, hold no signals, and change when they are loaded anew. They are whole without a script;
//! a few bring a small [module] that makes them livelier.

pub mod address;
pub mod ages;
pub mod alerts;
pub mod deploys;
pub mod draft;
pub mod evidence;
pub mod folding;
pub mod incident;
pub mod incidents;
pub mod logs;
pub mod module;
pub mod name;
pub mod restart;
pub mod runs;
pub mod serve;
pub mod settings;
pub mod workload;

pub use alerts::{Alerts, ChannelPage, Channels, EditRule, NewRule, Rules, Silences};
pub use deploys::Deploys;
pub use draft::Draft;
pub use incident::IncidentDocument;
pub use incidents::Incidents;
pub use logs::Logs;
pub use module::ModulesMayRun;
pub use restart::RestartPage;
pub use runs::Runs;
pub use serve::{add_documents, render_document};
pub use settings::Settings;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    backend::{Caller, SharedBackend},
    components::{Empty, Failure},
    erase::Erase,
    server_fns::AppError,
};

/// The backend, and who asks it.
fn asking() -> (SharedBackend, Caller) {
    (expect_context(), use_context().unwrap_or(Caller::Anonymous))
}

/// What stands in place of a document that could not be put together, with the status that says so.
fn failed(what: &'static str, error: impl Into<AppError>) -> AnyView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::BAD_GATEWAY);
    }
    view! { <Failure what error=error.into() is_live=false /> }.erase()
}

/// What stands in place of a document about something that is not there, with the status that says so.
fn missing(
    what: &'static str,
    why: &'static str,
    (href, name): (&'static str, &'static str),
) -> AnyView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text=format!("No such {what}") />
        <h1>{format!("There is no such {what}")}</h1>
        <Empty title="Nothing to show">
            <p>{why}</p>
            <div class="bar">
                <a class="btn" href=href rel="external">
                    {name}
                </a>
            </div>
        </Empty>
    }
    .erase()
}
