//! No page stands at this address.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, to programs too.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <h1>"There is no page at this address"</h1>
        <p class="mt2 ink2">
            "The link may be old or mistyped. "<a class="link" href="/">
                "All workloads"
            </a>
        </p>
    }
}
