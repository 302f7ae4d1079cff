//! How sure a verdict is: three dots and the word.

use domain::verdict::Confidence;
use leptos::prelude::*;

/// ●●● confirmed, ●●○ probable, ●○○ possible.
#[component]
pub fn ConfidenceDots(
    /// How sure.
    confidence: Confidence,
) -> impl IntoView {
    let lit = match confidence {
        Confidence::Possible => ["on", "", ""],
        Confidence::Probable => ["on", "on", ""],
        Confidence::Confirmed => ["on", "on", "on"],
    };
    view! {
        <span class="conf">
            {lit.map(|class| view! { <i class=class aria-hidden="true"></i> })}
            {confidence.name()}
        </span>
    }
}
