//! What stands where the data will be. It appears only if they take longer than a blink.

use leptos::prelude::*;

/// Rows of a table to come.
#[component]
pub fn Skeleton(
    /// How many.
    rows: usize,
) -> impl IntoView {
    let row = || {
        view! {
            <div class="sk-row">
                <span class="sk"></span>
                <span class="sk"></span>
                <span class="sk"></span>
                <span class="sk"></span>
            </div>
        }
    };
    view! {
        <div class="mt6" aria-busy="true" aria-label="Loading">
            {std::iter::repeat_with(row).take(rows).collect_view()}
        </div>
    }
}
