//! The range of time: links that work without JavaScript, and exact times for who needs them.

use leptos::prelude::*;

use crate::{
    chart::{
        range::{PRESETS, RangeQuery},
        scale::TimeScale,
    },
    erase::Erase,
    format::{rfc3339, span},
};

/// Ranges by name, the range shown, the way to earlier and later, and a form for exact times.
#[component]
pub fn RangeControls(
    /// What the URL asks for.
    query: RangeQuery,
    /// The range shown.
    time: TimeScale,
    /// Now, as the server saw it: there is nothing later.
    now: i64,
) -> impl IntoView {
    let presets = PRESETS.map(|preset| {
        let current = (query.preset() == Some(preset)).then_some("true");
        view! {
            <a href=RangeQuery::Last(preset).to_query() data-noscroll="" aria-current=current>
                {spelled(preset.name)}
            </a>
        }
    });
    let to = |time: TimeScale| RangeQuery::Fixed(time).to_query();
    let later = (time.end() < now).then(|| {
        let href = to(time.shifted(0.5).within(TimeScale::new(i64::MIN / 4, now)));
        view! {
            <a class="btn ghost" href=href data-noscroll="">
                "Later →"
            </a>
        }
    });
    view! {
        <div class="bar mt4 no-print">
            <nav class="seg" aria-label="Time range">
                {presets}
            </nav>
            <span class="ink2 t2 nw tabular">{span(time.start(), time.end())}</span>
            <a class="btn ghost" href=to(time.shifted(-0.5)) data-noscroll="">
                "← Earlier"
            </a>
            {later}
            <details class="exact">
                <summary class="btn ghost">"Exact times"</summary>
                <form action="" method="get" class="rangeform">
                    <label>
                        "From "
                        <input class="field" name="from" value=rfc3339(time.start()) />
                    </label>
                    <label>
                        "to "
                        <input class="field" name="to" value=rfc3339(time.end()) />
                    </label>
                    <button class="btn">"Show"</button>
                </form>
            </details>
            <span class="end no-phone mut t2">
                "Drag to zoom · " <kbd>"←"</kbd> " " <kbd>"→"</kbd> " move · " <kbd>"R"</kbd> " next restart"
            </span>
        </div>
    }
    .erase()
}

/// `9h` as people write it: `9 h`.
fn spelled(name: &str) -> String {
    let (number, unit) = name.split_at(name.len() - 1);
    format!("{number}\u{a0}{unit}")
}
