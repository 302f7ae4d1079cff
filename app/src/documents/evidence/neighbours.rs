//! Who used memory when it ended: the one that ended is not always the one to blame.

use domain::view::NeighbourRow;
use leptos::prelude::*;

use crate::{
    components::ShareBar,
    documents::address::address,
    erase::Erase,
    format::{bytes, percent},
};

/// The largest users of memory on the same engine.
#[component]
pub fn Neighbours(
    /// The largest first.
    neighbours: Vec<NeighbourRow>,
) -> impl IntoView {
    let largest = neighbours
        .iter()
        .map(|one| one.working_set_bytes)
        .max()
        .unwrap_or(1)
        .max(1);
    let is_empty = neighbours.is_empty();
    let rows = neighbours
        .into_iter()
        .map(|one| {
            let mark = one.is_itself.then_some(" this one");
            let limit = one
                .ratio
                .map_or_else(|| "none set".to_owned(), percent);
            view! {
                <tr>
                    <th scope="row" class="what">
                        <a href=address(format!("/workloads/{}", one.workload)) rel="external">{one.name}</a>
                        <span class="sub">{mark}</span>
                    </th>
                    <td class="num" data-l="working set">{bytes(one.working_set_bytes as f64)}</td>
                    <td class="num" data-l="of limit">{limit}</td>
                    <td class="share">
                        <ShareBar share=one.working_set_bytes as f64 / largest as f64 />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let body = if is_empty {
        view! {
            <p class="mut">
                "Nobody's memory was read within half a minute of the end. It is, from the first full round of polling on."
            </p>
        }
        .erase()
    } else {
        view! {
            <div class="scroll">
                <table class="plain sizes">
                    <thead>
                        <tr>
                            <th scope="col">"Workload"</th>
                            <th scope="col" class="num">"Working set"</th>
                            <th scope="col" class="num">"Of limit"</th>
                            <th scope="col">"Beside the largest"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .erase()
    };
    view! {
        <section class="sect" aria-labelledby="neighbours">
            <div class="sect-h">
                <h2 id="neighbours">"Who used memory then"</h2>
                <p>"the largest on the same engine"</p>
            </div>
            {body}
        </section>
    }
    .erase()
}
