//! The bar on top of every page: where one is, how fresh the page is, the theme.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::ThemeButton;
use crate::{
    backend::About,
    format::{clock, rfc3339},
    state::{Live, Status, Theme},
};

/// Brand, pages, freshness and theme.
#[component]
pub fn TopBar(
    /// What is true of the server as a whole.
    about: About,
    /// The visitor's theme.
    theme: Theme,
) -> impl IntoView {
    let path = use_location().pathname;
    let here = move |page| (*path.read() == page).then_some("page");
    view! {
        <header class="top">
            <div class="top-in">
                <a class="brand" href="/">
                    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                        <path d="M1 15 6.5 5v10L12 5v10h7"></path>
                    </svg>
                    "Inquest"
                </a>
                <nav class="nav" aria-label="Main">
                    <a href="/" aria-current=move || here("/")>
                        "Overview"
                    </a>
                    <a href="/sources" aria-current=move || here("/sources")>
                        "Sources"
                    </a>
                </nav>
                <div class="top-r">
                    {about.demo.then(|| view! { <span class="tag demo">"Demo data"</span> })}
                    <Freshness /> <ThemeButton initial=theme />
                </div>
            </div>
        </header>
    }
}

/// Whether the page is kept up to date, and the time of what it shows.
#[component]
fn Freshness() -> impl IntoView {
    let status = expect_context::<Live>().status();
    let class = move || match status.get() {
        Status::Live { .. } => "live",
        Status::Rendered { .. } | Status::Stale { .. } => "live off",
    };
    let words = move || match status.get() {
        Status::Live { .. } => "Live",
        Status::Rendered { .. } => "As of",
        Status::Stale { .. } => "No connection since",
    };
    let at = move || match status.get() {
        Status::Live { at } | Status::Rendered { at } | Status::Stale { since: at } => at,
    };
    view! {
        <span class=class>
            <i></i>
            <span role="status">{words}</span>
            <time class="no-phone" datetime=move || rfc3339(at())>
                {move || format!("{} UTC", clock(at()))}
            </time>
        </span>
    }
}
