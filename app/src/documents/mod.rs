//! The pages that the server alone renders. They are made of the same components as [`pages`](crate::pages) but ask the
//! [`Backend`](crate::backend::Backend) directly, hold no signals, and change when they are loaded anew.

pub mod alerts;
pub mod evidence;
pub mod restart;
pub mod serve;
pub mod settings;

pub use alerts::{Alerts, ChannelPage, Channels, EditRule, NewRule, Rules, Silences};
pub use restart::RestartPage;
pub use serve::{add_documents, render_document};
pub use settings::Settings;

use leptos::prelude::*;

use crate::{
    backend::{Caller, SharedBackend},
    components::Failure,
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
