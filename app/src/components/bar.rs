//! Memory as a share of its limit.

use domain::view::MemoryNow;
use leptos::prelude::*;

use crate::{
    chart::{bands::AT_LIMIT, svg::percent as svg_percent},
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
    view! {
        <div class="membar">
            <b>{share}</b>
            <svg class="track" class:full={filled >= ARMED} aria-hidden="true">
                {memory
                    .ratio
                    .map(|_| {
                        let width = if filled >= AT_LIMIT { 100.0 } else { filled * 100.0 };
                        view! {
                            <rect class="rail" y="3" width="100%" height="4"></rect>
                            <rect class="fill" y="3" width=svg_percent(width) height="4"></rect>
                            <line class="stop" x1="100%" x2="100%" y1="0" y2="10"></line>
                        }
                    })}
            </svg>
            <span class="sub">{age.unwrap_or(sizes)}</span>
        </div>
    }
}
