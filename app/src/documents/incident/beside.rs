//! What stands beside an incident: who went down with it, and others like it.

use domain::view::{IncidentDetail, Similarity};
use leptos::prelude::*;

use super::words;
use crate::{
    components::CauseLabel,
    documents::address::address,
    erase::Erase,
    format::{count, day},
};

/// The workloads that went down, where these are several.
#[component]
pub fn Victims(
    /// The incident.
    incident: IncidentDetail,
) -> impl IntoView {
    if incident.row.workload.is_some() || incident.victims.is_empty() {
        return None;
    }
    let rows = incident
        .victims
        .into_iter()
        .map(|victim| {
            let now = if victim.is_down { "down" } else { "came back" };
            view! {
                <tr>
                    <td>
                        <a class="b" href=address(format!("/workloads/{}", victim.workload)) rel="external">
                            {victim.name}
                        </a>
                        " "
                        <span class="mut">{victim.group}</span>
                    </td>
                    <td class="num">{words::restarts(victim.restarts as usize)}</td>
                    <td>{now}</td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="sect" aria-labelledby="victims">
                <div class="sect-h">
                    <h2 id="victims">"Who went down"</h2>
                </div>
                <table class="plain narrow">
                    <thead>
                        <tr>
                            <th scope="col">"Workload"</th>
                            <th scope="col" class="num">"How often"</th>
                            <th scope="col">"Then"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
        .erase(),
    )
}

/// Others like it.
#[component]
pub fn Similar(
    /// The incident.
    incident: IncidentDetail,
) -> impl IntoView {
    if incident.similar.is_empty() {
        return None;
    }
    let rows = incident
        .similar
        .into_iter()
        .map(|similar| {
            let row = similar.incident;
            let (from, to) = (row.began_at.timestamp_millis(), row.last_at.timestamp_millis());
            let when = if day(from) == day(to) {
                day(from)
            } else {
                format!("{}–{}", day(from), day(to))
            };
            let why = match similar.similarity {
                Similarity::SameFault => "the same fault in the log",
                Similarity::SameSubject if row.workload.is_some() => "the same workload and cause",
                Similarity::SameSubject => "the same source and cause",
            };
            view! {
                <tr>
                    <td class="nw">
                        <a class="b link" href=address(format!("/incidents/{}", row.id)) rel="external">
                            {format!("I-{}", row.id)}
                        </a>
                    </td>
                    <td>{row.workload_name.unwrap_or(row.source)}</td>
                    <td>
                        <CauseLabel cause=row.cause />
                    </td>
                    <td class="num">{count(f64::from(row.restarts))}</td>
                    <td class="nw">{when}</td>
                    <td class="mut">{why}</td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="sect" aria-labelledby="similar">
                <div class="sect-h">
                    <h2 id="similar">"Similar incidents"</h2>
                </div>
                <div class="scroll">
                    <table class="plain">
                        <thead>
                            <tr>
                                <th scope="col">"Incident"</th>
                                <th scope="col">"Workload"</th>
                                <th scope="col">"Cause"</th>
                                <th scope="col" class="num">"Restarts"</th>
                                <th scope="col">"When"</th>
                                <th scope="col">"Why similar"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
        .erase(),
    )
}
