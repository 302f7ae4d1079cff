//! Keys beside titles, and what the coverage strip means.

use leptos::prelude::*;

use crate::{
    chart::plot::Frame,
    erase::Erase,
    format::{NBSP, percent, trimmed},
};

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swatch {
    /// The measured line.
    Line,
    /// What is stacked on it.
    Stacked,
    /// The limit.
    Limit,
    /// A stretch at the limit.
    Band,
    /// Seen.
    Seen,
    /// Not seen.
    Blind,
}

/// A name with a sample of how it is drawn.
#[component]
pub fn Key(
    /// The sample.
    swatch: Swatch,
    /// The name.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let sample = match swatch {
        Swatch::Line => r#"<path class="ln" d="M0 4H16"/>"#,
        Swatch::Limit => r#"<path class="lim" d="M0 4H16"/>"#,
        Swatch::Stacked => r#"<rect class="cache" width="16" height="8"/>"#,
        Swatch::Band => r#"<rect class="band" width="16" height="8"/>"#,
        Swatch::Seen => r#"<rect class="cov" y="2" width="16" height="4"/>"#,
        Swatch::Blind => r#"<rect class="blind" x=".5" y="2.5" width="15" height="3"/>"#,
    };
    view! {
        <span class="key">
            <svg viewBox="0 0 16 8" aria-hidden="true" inner_html=sample></svg>
            {text}
        </span>
    }
}

/// What was seen and what was not, with the reasons.
#[component]
pub fn CoverageLegend(
    /// The axis and its coverage.
    frame: Frame,
    /// Every stretch that was not seen, in a sentence.
    blind: Vec<String>,
) -> impl IntoView {
    let share = frame.strip.share;
    let share = if share >= 1.0 {
        percent(1.0)
    } else {
        format!("{}{NBSP}%", trimmed((share * 1000.0).floor() / 10.0))
    };
    view! {
        <p class="legend">
            <Key swatch=Swatch::Seen text="seen" />
            {blind.into_iter().map(|text| view! { <Key swatch=Swatch::Blind text=text /> }).collect_view()}
            <span class="mut">{format!("Coverage of this range: {share}")}</span>
        </p>
    }
    .erase()
}
