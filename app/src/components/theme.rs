//! The button that changes the theme.

use leptos::{prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

use crate::{server_fns::SetTheme, state::Theme};

/// Goes round: as the system wants it, light, dark. It is a form, so it works without a script.
#[component]
pub fn ThemeButton(
    /// The theme the page was rendered in.
    initial: Theme,
) -> impl IntoView {
    let theme = RwSignal::new(initial);
    let change = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let next = theme.get_untracked().next();
        theme.set(next);
        apply(next);
    };
    let label = move || match theme.get() {
        Theme::System => "Theme: as the system. Switch to light",
        Theme::Light => "Theme: light. Switch to dark",
        Theme::Dark => "Theme: dark. Switch to the system’s",
    };
    let filling = move || match theme.get() {
        Theme::System => "M8 2a6 6 0 0 1 0 12Z",
        Theme::Light => "M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 1 1 0-5Z",
        Theme::Dark => "M8 2a6 6 0 1 1 0 12 6 6 0 1 1 0-12Z",
    };
    view! {
        <form method="post" action=SetTheme::url() on:submit=change>
            <button
                class="theme"
                name="theme"
                value=move || theme.get().next().name()
                aria-label=label
                title=label
            >
                <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
                    <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"></circle>
                    <path d=filling fill="currentColor"></path>
                </svg>
            </button>
        </form>
    }
}

/// Changes the page's colours at once, and remembers them for the next page.
fn apply(theme: Theme) {
    let document = document();
    if let Some(root) = document.document_element() {
        let _only_fails_for_malformed_names = match theme.attribute() {
            Some(value) => root.set_attribute("data-theme", value),
            None => root.remove_attribute("data-theme"),
        };
    }
    let _fails_where_cookies_are_forbidden = document
        .unchecked_into::<HtmlDocument>()
        .set_cookie(theme.to_cookie());
}
