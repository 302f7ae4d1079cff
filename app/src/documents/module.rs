//! Small modules for documents, written by hand in `app/public/modules`. A document is whole without one: a module only spares loading it
//! anew by hand, or offers the pointer what can be typed as well.

use leptos::prelude::*;

/// Lets our own modules run in the document that is being made. The server provides it, since it writes the policy of what may run.
#[derive(Clone, Copy, Debug)]
pub struct ModulesMayRun(pub fn());

/// Brings a module into the document, and lets it run there. Every other document keeps its policy, which forbids all scripts.
#[component]
pub fn Module(
    /// The name of its file.
    name: &'static str,
) -> impl IntoView {
    if let Some(ModulesMayRun(allow)) = use_context() {
        allow();
    }
    view! { <script type="module" src=format!("/modules/{name}.js")></script> }
}
