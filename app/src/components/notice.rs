//! A line across the page about something that people should know before they read on.

use leptos::prelude::*;

use super::{CauseMark, Glyph};

use crate::erase::Content;

/// A glyph and a sentence.
#[component]
pub fn Notice(
    /// Which glyph.
    glyph: Glyph,
    /// The `c-…` class of its colour.
    tone: &'static str,
    /// The sentence.
    children: Content,
) -> impl IntoView {
    view! {
        <div class=format!("notice {tone}") role="note">
            <CauseMark glyph />
            <div>{children.build()}</div>
        </div>
    }
}
