//! Memory as a share of its limit.

use domain::view::MemoryNow;
use leptos::prelude::*;

use crate::{
    chart::{
        bands::AT_LIMIT,
        svg::{Svg, percent as svg_percent},
    },
    format::{bytes, bytes_of, percent},
};

/// Share from which the bar takes the colour of memory: from here on samples are taken every second.
const ARMED: f64 = 0.8;

/// The percentage, a bar and the sizes; without a limit the size alone, without a sample a dash.
#[component]
pub fn MemoryBar(
    /// Memory now.
    memory: MemoryNow,
    /// What stands below the bar in place of the sizes: the age of a reading that is old.
    #[prop(optional_no_strip)]
    age: Option<String>,
) -> impl IntoView {
    let used = memory.working_set_bytes.map(|used| used as f64);
    let sizes = match (used, memory.limit_bytes) {
        (Some(used), Some(limit)) => bytes_of(used, limit as f64),
        (Some(used), None) => format!("{}, no limit set", bytes(used)),
        (None, _) => "not seen yet".to_owned(),
    };
    let share = memory.ratio.map_or_else(|| "–".to_owned(), percent);
    let filled = memory.ratio.unwrap_or(0.0);
    let bar = memory.ratio.map(draw).unwrap_or_default();
    view! {
        <div class="membar">
            <b>{share}</b>
            <svg class="track" class:full={filled >= ARMED} aria-hidden="true" inner_html=bar></svg>
            <span class="sub">{age.unwrap_or(sizes)}</span>
        </div>
    }
}

/// The bar as SVG, and the stop at its end.
fn draw(filled: f64) -> String {
    let mut svg = bar(if filled >= AT_LIMIT { 1.0 } else { filled });
    svg.element(
        "line",
        &[
            ("class", "stop"),
            ("x1", "100%"),
            ("x2", "100%"),
            ("y2", "10"),
        ],
    );
    svg.finish()
}

/// The rail, and the part of it that is filled.
fn bar(filled: f64) -> Svg {
    let mut svg = Svg::default();
    let mut part = |class, width: &str| {
        svg.element(
            "rect",
            &[
                ("class", class),
                ("y", "3"),
                ("width", width),
                ("height", "4"),
            ],
        );
    };
    part("rail", "100%");
    part("fill", &svg_percent(filled * 100.0));
    svg
}

/// A share of a whole, drawn; the number stands beside it.
#[cfg(feature = "ssr")]
#[component]
pub fn ShareBar(
    /// From 0 to 1.
    share: f64,
) -> impl IntoView {
    view! { <svg class="track" aria-hidden="true" inner_html=bar(share).finish()></svg> }
}
