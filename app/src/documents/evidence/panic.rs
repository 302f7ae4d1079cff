//! What the program said of its own end, and how often it has said that.

use domain::view::PanicDetail;
use leptos::prelude::*;

use super::{Frames, words};
use crate::{documents::address::address, erase::Erase};

/// A panic with its group.
#[component]
pub fn PanicBlock(
    /// What was found in the log.
    panic: PanicDetail,
) -> impl IntoView {
    let PanicDetail { group, frames, .. } = panic;
    let back = words::came_back(&group);
    view! {
        <section class="sect" aria-labelledby="panic">
            <div class="sect-h">
                <h2 id="panic">"What it said"</h2>
                <p>
                    {words::seen(&group)}
                    " "
                    <a href=address(format!("/api/v1/panics?fingerprint={}", group.fingerprint)) rel="external">
                        <code>{group.fingerprint.clone()}</code>
                    </a>
                </p>
            </div>
            <p class="say">
                <b>{group.kind.clone()}</b>
                ": "
                {group.message.clone()}
            </p>
            <p class="ink2">{back}</p>
            <Frames frames />
        </section>
    }
    .erase()
}
