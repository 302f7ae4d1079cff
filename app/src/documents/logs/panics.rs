//! Where to begin: the panics in kept logs.

use chrono::Utc;
use domain::{
    Timestamp,
    ids::WorkloadId,
    view::{Page, PanicGroup, PanicQuery},
};
use leptos::prelude::*;

use crate::{
    backend::BackendError,
    components::{Ago, Empty},
    documents::{evidence::words, failed},
    erase::Erase,
    format::count,
};

/// Panics that are listed.
const LIMIT: u32 = 50;

/// Those that were seen last, of one workload or of all.
pub fn newest(workload: Option<WorkloadId>) -> PanicQuery {
    PanicQuery {
        workload,
        limit: Some(LIMIT),
        ..PanicQuery::default()
    }
}

/// One a row, the last seen first.
#[component]
pub fn Panics(
    /// The panics, or why they are not known.
    found: Result<Page<PanicGroup>, BackendError>,
) -> impl IntoView {
    let page = match found {
        Ok(page) => page,
        Err(error) => return failed("The list of panics", error),
    };
    if page.data.is_empty() {
        return view! {
            <Empty title="Nothing looked for yet">
                <p>
                    "Write a word that a log may have: a message, a function, a request id. Once a program panics while it is watched, its panics are listed here."
                </p>
                <div class="bar">
                    <a class="btn" href="/incidents" rel="external">
                        "Show incidents"
                    </a>
                </div>
            </Empty>
        }
        .erase();
    }
    let now = Utc::now();
    let rows = page.data.into_iter().map(|group| row(group, now));
    view! {
        <section class="sect" aria-labelledby="panics">
            <div class="sect-h">
                <h2 id="panics">"Panics"</h2>
                <p>"the last seen first; the same fault in every build and run is one"</p>
            </div>
            <table role="table" class="plain folds" aria-labelledby="panics">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"What it said"</th>
                        <th role="columnheader" scope="col">"Workload"</th>
                        <th role="columnheader" scope="col" class="num">"Times"</th>
                        <th role="columnheader" scope="col" class="num">"First seen"</th>
                        <th role="columnheader" scope="col" class="num">"Last seen"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .erase()
}

fn row(group: PanicGroup, now: Timestamp) -> AnyView {
    let back = words::came_back(&group);
    let said = if group.message.is_empty() {
        group.kind.clone()
    } else {
        format!("{}: {}", group.kind, group.message)
    };
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <a href=format!("/restarts/{}#panic", group.last_restart) rel="external">
                    {said}
                </a>
                <span class="sub">{back}</span>
            </td>
            <td role="cell" data-l="Workload">
                <a href=format!("/workloads/{}", group.workload) rel="external">
                    {group.workload_name}
                </a>
            </td>
            <td role="cell" class="num" data-l="Times">
                {count(f64::from(group.count))}
            </td>
            <td role="cell" class="num" data-l="First seen">
                <Ago at=group.first_seen_at now />
            </td>
            <td role="cell" class="num" data-l="Last seen">
                <Ago at=group.last_seen_at now />
            </td>
        </tr>
    }
    .erase()
}
