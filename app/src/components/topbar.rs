//! The bar on top of every page: where one is, how fresh the page is, the theme.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::ThemeButton;
use crate::{
    backend::About,
    erase::Erase,
    format::{clock, rfc3339},
    routes::{ALERTS, PLACES},
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
    let places = PLACES.map(|place| {
        let count = (place.path == ALERTS).then(|| view! { <Firing /> }.erase());
        view! {
            <a
                href=place.path
                rel=place.rel()
                aria-current=move || place.leads_to(&path.read()).then_some("page")
            >
                {place.name}
                {count}
            </a>
        }
    });
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
                    {places}
                </nav>
                <div class="top-r">
                    {about.demo.then(|| view! { <span class="tag demo">"Demo data"</span> })}
                    <Freshness /> <ThemeButton initial=theme />
                </div>
            </div>
        </header>
    }
}

/// How many alerts fire, where there are any.
#[component]
fn Firing() -> impl IntoView {
    let firing = expect_context::<Live>().firing();
    move || {
        let count = Some(firing.get()).filter(|firing| *firing > 0)?;
        Some(view! {
            <span class="n">
                {count} <span class="vh">" firing"</span>
            </span>
        })
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
