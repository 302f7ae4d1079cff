//! Incidents, one a row. The roles are there for narrow screens, where the table is laid out as blocks.

use domain::{
    Timestamp,
    incident::IncidentState,
    view::{IncidentRow, Page},
};
use leptos::prelude::*;

use super::filter::Filter;
use crate::{
    components::{Ago, CauseLabel, CauseMark, ConfidenceDots, Glyph},
    documents::incident::words,
    erase::Erase,
    format::{count, duration},
};

/// A page of the list.
#[component]
pub fn Table(
    /// The incidents.
    page: Page<IncidentRow>,
    /// What was asked for.
    filter: Filter,
    /// Now.
    now: Timestamp,
) -> impl IntoView {
    let rows = page
        .data
        .into_iter()
        .map(|row| table_row(row, now))
        .collect_view();
    let next = page.meta.next.map(|cursor| {
        view! {
            <p class="mt4">
                <a class="btn" href=filter.after(cursor).address() rel="external">
                    "Older incidents"
                </a>
            </p>
        }
    });
    view! {
        <table role="table" class="plain incidents mt4" aria-label="Incidents">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Incident"</th>
                    <th role="columnheader" scope="col">"Cause"</th>
                    <th role="columnheader" scope="col">"State"</th>
                    <th role="columnheader" scope="col" class="num">"Restarts"</th>
                    <th role="columnheader" scope="col" class="num">"Lasted"</th>
                    <th role="columnheader" scope="col" class="num">"Newest end"</th>
                    <th role="columnheader" scope="col">"Owner"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        {next}
    }
}

fn table_row(row: IncidentRow, now: Timestamp) -> AnyView {
    let whose = match (&row.workload_name, row.group.is_empty(), row.workloads) {
        (Some(_), true, _) => format!("I-{} · {}", row.id, row.source),
        (Some(_), false, _) => format!("I-{} · {}, {}", row.id, row.source, row.group),
        (None, _, 1) => format!("I-{} · 1 workload", row.id),
        (None, _, n) => format!("I-{} · {} workloads", row.id, count(f64::from(n))),
    };
    let name = row
        .workload_name
        .clone()
        .unwrap_or_else(|| row.source.clone());
    let glyph = match row.state {
        IncidentState::Open => Glyph::Restart,
        IncidentState::Acknowledged => Glyph::Person,
        IncidentState::Resolved => Glyph::Ok,
    };
    let lasted = match (row.last_at - row.began_at).num_milliseconds() {
        0 => "–".to_owned(),
        lasted => duration(lasted),
    };
    let confidence = row
        .confidence
        .map(|confidence| view! { <ConfidenceDots confidence /> });
    let no_owner = if row.owner.is_none() { "–" } else { "" };
    view! {
        <tr role="row" class:over=row.state == IncidentState::Resolved>
            <th role="rowheader" scope="row" class="what">
                <a class="wl" href=format!("/incidents/{}", row.id) rel="external">
                    {name}
                </a>
                <span class="sub">{whose}</span>
            </th>
            <td role="cell" class="why">
                <CauseLabel cause=row.cause />
                <span class="sub">{confidence}</span>
            </td>
            <td role="cell" class="state-c" data-l="State">
                <span class="nw">
                    <CauseMark glyph tone="c-none" />
                    " "
                    {words::state_name(row.state)}
                </span>
            </td>
            <td role="cell" class="num" data-l="Restarts">
                <b class="b">{count(f64::from(row.restarts))}</b>
            </td>
            <td role="cell" class="num" data-l="Lasted">
                {lasted}
            </td>
            <td role="cell" class="num" data-l="Newest end">
                <Ago at=row.last_at now />
            </td>
            <td role="cell" class="owner" data-l="Owner">
                {row.owner}
                {no_owner}
            </td>
        </tr>
    }
    .erase()
}
