//! Nothing to show: one sentence why, one action.

use leptos::prelude::*;

use crate::erase::Content;

/// A headline, the reason, and what can be done.
#[component]
pub fn Empty(
    /// What there is none of.
    #[prop(into)]
    title: String,
    /// The reason, and the action in an element of class `bar`.
    children: Content,
) -> impl IntoView {
    view! {
        <section class="state mt6">
            <h2>{title}</h2>
            {children.build()}
        </section>
    }
}
