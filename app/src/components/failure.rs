//! Something failed: what, what it means, and the way on.

use leptos::prelude::*;

use crate::server_fns::AppError;

/// Takes the place of what could not be shown.
#[component]
pub fn Failure(
    /// What could not be shown: `The overview`.
    what: &'static str,
    /// Why.
    error: AppError,
    /// Whether the page tries again by itself.
    #[prop(default = true)]
    is_live: bool,
) -> impl IntoView {
    let next = is_live.then_some(" The page tries again with the next change.");
    view! {
        <section class="state mt6" role="alert">
            <h2>{format!("{what} could not be loaded")}</h2>
            <p>{format!("{error}.")}</p>
            <p>
                "Polling goes on meanwhile; nothing is lost by it."{next}
            </p>
            <div class="bar">
                // Not a link of the router: the whole page is asked for anew.
                <a class="btn" href="" rel="external">
                    "Try now"
                </a>
            </div>
        </section>
    }
}
