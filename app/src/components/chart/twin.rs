//! The charts as a table: for screen readers, for copying, for doubt.

use domain::metric::Unit;
use leptos::prelude::*;

use super::plot::in_unit;
use crate::{
    chart::{
        scale::TimeScale,
        series::{Bucket, Series},
    },
    erase::Erase,
    format::{day_clock, rfc3339},
};

/// Rows of the table: enough to see the course, few enough to read.
const ROWS: i64 = 24;

/// The lowest and highest value of every metric in equal parts of the range.
#[component]
pub fn DataTwin(
    /// The time shown.
    time: TimeScale,
    /// Name, unit and course of every metric.
    columns: Vec<(String, Unit, Series)>,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|(name, ..)| view! { <th scope="col" class="num">{name.clone()}</th> })
        .collect_view();
    let part = (time.span() / ROWS).max(1);
    let rows = (0..ROWS)
        .map(|i| {
            let (from, to) = (time.start() + i * part, time.start() + (i + 1) * part);
            let cells = columns
                .iter()
                .map(|(_, unit, series)| view! { <td class="num">{within(series, from, to, *unit)}</td> })
                .collect_view();
            view! {
                <tr>
                    <td class="nw">
                        <time datetime=rfc3339(from)>{day_clock(from)}</time>
                    </td>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="twin no-print">
            <summary>"Show as a table"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="The charts as a table">
                <table class="plain">
                    <thead>
                        <tr>
                            <th scope="col">"From (UTC)"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .erase()
}

/// Lowest and highest value from `from` up to `to`, or that nothing was seen.
fn within(series: &Series, from: i64, to: i64, unit: Unit) -> String {
    let buckets = series.buckets.iter().enumerate();
    let inside = buckets.filter(|(i, _)| (from..to).contains(&series.middle(*i)));
    match inside
        .filter_map(|(_, bucket)| *bucket)
        .reduce(Bucket::then)
    {
        None => "not seen".to_owned(),
        Some(bucket) => {
            let (low, high) = (in_unit(unit, bucket.min), in_unit(unit, bucket.max));
            if low == high {
                low
            } else {
                format!("{low} – {high}")
            }
        }
    }
}
