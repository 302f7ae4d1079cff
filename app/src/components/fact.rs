//! An entry of a list of facts.

use leptos::prelude::*;

/// A name and what there is to say, for a `<dl class="facts">`.
#[component]
pub fn Fact(
    /// What it is about.
    name: &'static str,
    /// What is known.
    value: String,
) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}
