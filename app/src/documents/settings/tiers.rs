//! The kinds of data and their sizes. The roles are there for narrow screens, where the table is laid out as blocks.

use domain::view::{StorageView, TierSize};
use leptos::prelude::*;

use super::words;
use crate::{
    components::ShareBar,
    format::{bytes, clock, day, percent, rfc3339},
};

/// A table, a kind of data each row.
#[component]
pub fn Tiers(
    /// What is stored.
    storage: StorageView,
) -> impl IntoView {
    let total = storage.total_bytes;
    let measured = format!("measured at {} UTC", clock(storage.at.timestamp_millis()));
    view! {
        <section class="sect" aria-labelledby="tiers-h">
            <div class="sect-h">
                <h2 id="tiers-h">"What is stored"</h2>
                <p>{measured} ", rows as the database estimates them"</p>
            </div>
            <table role="table" class="plain sizes" aria-labelledby="tiers-h">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Data"</th>
                        <th role="columnheader" scope="col" class="num">
                            "Size"
                        </th>
                        <th role="columnheader" scope="col">"Share"</th>
                        <th role="columnheader" scope="col" class="num">
                            "In a day"
                        </th>
                        <th role="columnheader" scope="col" class="num">
                            "Rows"
                        </th>
                        <th role="columnheader" scope="col" class="num">
                            "Oldest"
                        </th>
                        <th role="columnheader" scope="col" class="num">
                            "Kept"
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {storage
                        .tiers
                        .into_iter()
                        .map(|tier| view! { <Row tier total /> })
                        .collect_view()}
                </tbody>
            </table>
        </section>
    }
}

#[component]
fn Row(tier: TierSize, total: u64) -> impl IntoView {
    let (name, content) = words::tier(tier.tier);
    let share = tier.bytes as f64 / total.max(1) as f64;
    let daily = tier.bytes_per_day.map_or_else(|| "–".to_owned(), bytes);
    let oldest = tier.oldest_at.map(|at| {
        let at = at.timestamp_millis();
        view! { <time datetime=rfc3339(at)>{day(at)}</time> }
    });
    let oldest_or_none = if oldest.is_none() { "–" } else { "" };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="what">
                {name} <span class="sub">{content}</span>
            </th>
            <td role="cell" class="num" data-l="Size">
                {bytes(tier.bytes as f64)}
            </td>
            <td role="cell" class="share" data-l="Share">
                <ShareBar share />
                {percent(share)}
            </td>
            <td role="cell" class="num" data-l="In a day">
                {daily}
            </td>
            <td role="cell" class="num" data-l="Rows">
                {words::rows(tier.rows)}
            </td>
            <td role="cell" class="num" data-l="Oldest">
                {oldest}
                {oldest_or_none}
            </td>
            <td role="cell" class="num" data-l="Kept">
                {words::kept(tier.tier, tier.keep_days)}
            </td>
        </tr>
    }
}
