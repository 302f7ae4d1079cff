//! What each workload takes. The roles are there for narrow screens, where the table is laid out as blocks.

use domain::view::{StorageView, WorkloadSize};
use leptos::prelude::*;

use super::SEARCH;
use crate::{
    components::ShareBar,
    erase::Erase,
    format::{bytes, count, percent},
};

/// The largest workloads, and a form to find others.
#[component]
pub fn Workloads(
    /// What is stored, the workloads that match `search` in it.
    storage: StorageView,
    /// What was searched for; empty for all.
    search: String,
) -> impl IntoView {
    let all = f64::from(storage.workloads_total);
    let shown = storage.workloads.len();
    let how_many = match (search.is_empty(), storage.workloads_total as usize > shown) {
        (true, true) => format!("the {shown} largest of {}", count(all)),
        (true, false) => format!("all {}", count(all)),
        (false, true) => format!("the {shown} largest of {} that match", count(all)),
        (false, false) => format!("{} that match", count(all)),
    };
    let extrapolated = (storage.samples.seen_ratio < 1.0).then(|| {
        format!(
            ", extrapolated from {} of the chunks",
            percent(storage.samples.seen_ratio)
        )
    });
    let largest = storage.workloads.first().map_or(1, |first| first.bytes);
    let clear = (!search.is_empty()).then(|| {
        view! {
            <a class="btn ghost" href="/settings#workloads">
                "Clear"
            </a>
        }
    });
    let table = if storage.workloads.is_empty() {
        view! { <p class="mt4 ink2">"No workload with stored samples has a name like that."</p> }
            .erase()
    } else {
        let rows = storage
            .workloads
            .into_iter()
            .map(|workload| view! { <Row workload largest /> })
            .collect_view();
        view! {
            <table role="table" class="plain sizes mt4" aria-labelledby="workloads">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Workload"</th>
                        <th role="columnheader" scope="col" class="num">
                            "Size"
                        </th>
                        <th role="columnheader" scope="col">"Beside the largest"</th>
                        <th role="columnheader" scope="col" class="num">
                            "Source"
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        }
        .erase()
    };
    view! {
        <section class="sect">
            <div class="sect-h">
                <h2 id="workloads">"Samples by workload"</h2>
                <p>{how_many} {extrapolated} ", without indexes and rollups"</p>
            </div>
            <form class="bar" method="get" action="/settings#workloads" role="search">
                <input
                    class="field search"
                    type="search"
                    name=SEARCH
                    value=search
                    placeholder="Name or project"
                    aria-label="Search workloads"
                />
                <button class="btn">"Search"</button>
                {clear}
            </form>
            {table}
        </section>
    }
}

#[component]
fn Row(workload: WorkloadSize, largest: u64) -> impl IntoView {
    let share = workload.bytes as f64 / largest.max(1) as f64;
    let group =
        (!workload.group.is_empty()).then(|| view! { <span class="sub">{workload.group}</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="what">
                <a href=format!("/workloads/{}", workload.workload)>{workload.name}</a>
                {group}
            </th>
            <td role="cell" class="num" data-l="Size">
                {bytes(workload.bytes as f64)}
            </td>
            <td role="cell" class="share" data-l="Beside the largest">
                <ShareBar share />
            </td>
            <td role="cell" class="num" data-l="Source">
                {workload.source}
            </td>
        </tr>
    }
}
