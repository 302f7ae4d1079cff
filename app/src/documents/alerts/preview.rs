//! What a rule would have said of the last 30 days: a chart with its threshold, and a table of every time.

use domain::{
    alert::{Quantity, Rule},
    view::{RulePreview, WorkloadPreview},
};
use leptos::prelude::*;

use super::{chart, words::times};
use crate::{
    erase::Erase,
    format::{day_clock, duration_short, rfc3339},
};

/// Times that are listed.
const LISTED: usize = 10;

/// The claim, the chart and the table.
#[component]
pub fn Preview(
    /// What the rule in the form would have said.
    preview: RulePreview,
    /// What the saved one would have, when that is another.
    before: Option<RulePreview>,
    /// The rule in the form.
    rule: Option<Rule>,
) -> impl IntoView {
    let on = preview
        .workloads
        .iter()
        .filter(|one| !one.episodes.is_empty())
        .count();
    let claim = match preview.fired {
        _ if !preview.is_computed => "No preview of such a rule".to_owned(),
        _ if preview.in_scope == 0 => "No workload is in its scope".to_owned(),
        0 => "In the last 30 days this would not have fired".to_owned(),
        fired => format!(
            "In the last 30 days this would have fired {} on {}",
            times(fired),
            workloads(on)
        ),
    };
    let ground = match before {
        Some(before) if before.is_computed => format!(
            "the saved rule fired {}; {} in scope",
            times(before.fired),
            workloads(preview.in_scope as usize)
        ),
        _ => format!("{} in scope", workloads(preview.in_scope as usize)),
    };
    let threshold = rule
        .as_ref()
        .and_then(|rule| rule.condition.threshold())
        .cloned();
    let quantity = threshold
        .as_ref()
        .map(|threshold| threshold.signal.quantity());
    let drawing = threshold
        .as_ref()
        .and_then(|threshold| chart::draw(&preview, threshold));
    let label = rule
        .map(|rule| rule.condition.summary())
        .unwrap_or_default();
    let figure = drawing.map(|chart::Drawing { svg, grip }| {
        view! {
            <figure
                class="drags"
                data-height=chart::HEIGHT.to_string()
                data-top=grip.map(|grip| grip.top.to_string())
                data-step=grip.map(|grip| grip.step.to_string())
                data-unit=grip.map(|grip| grip.unit)
            >
                <figcaption class="chart-h">
                    <h3>{label.clone()}</h3>
                    <span class="key"><svg viewBox="0 0 16 8" aria-hidden="true"><path class="thr" d="M0 4H16"></path></svg><span>"threshold"<span class="how">", drag or ↑ ↓"</span></span></span>
                    <span class="key"><svg viewBox="0 0 16 8" aria-hidden="true"><rect class="band" width="16" height="8"></rect></svg>"would have fired"</span>
                </figcaption>
                <svg class="plot" width="100%" height=chart::OUTER.to_string() role="img" aria-label=format!("{label}: {claim}") inner_html=svg></svg>
            </figure>
        }
    });
    let to_ms = preview.to.timestamp_millis();
    let has_table = preview.fired > 0;
    let table =
        has_table.then(|| view! { <Times workloads=preview.workloads.clone() quantity to_ms /> });
    view! {
        <section class="sect" id="preview" aria-labelledby="claim">
            <div class="sect-h"><h2 id="claim">{claim}</h2><p>{ground}</p></div>
            {preview.note.clone().map(|note| view! { <p class="ink2 measure">{note}</p> })}
            <div class=if has_table { "split mt4" } else { "mt4" }>{figure} {table}</div>
        </section>
    }
}

/// What stands there while the form cannot be previewed.
#[component]
pub fn NoPreview() -> impl IntoView {
    view! {
        <section class="sect" id="preview" aria-labelledby="claim">
            <div class="sect-h"><h2 id="claim">"No preview yet"</h2></div>
            <p class="ink2 measure">"It shows how often the rule would have fired in the last 30 days, once what is above can be read."</p>
        </section>
    }
}

#[component]
fn Times(
    workloads: Vec<WorkloadPreview>,
    quantity: Option<Quantity>,
    /// End of what was looked at, in milliseconds: the last step reaches beyond it.
    to_ms: i64,
) -> impl IntoView {
    let mut all: Vec<_> = workloads
        .into_iter()
        .flat_map(|one| {
            one.episodes
                .into_iter()
                .map(move |episode| (one.workload, one.name.clone(), episode))
        })
        .collect();
    all.sort_by_key(|(_, _, one)| std::cmp::Reverse(one.fired_at));
    let left_out = all.len().saturating_sub(LISTED);
    let rows = all
        .into_iter()
        .take(LISTED)
        .map(|(id, name, episode)| {
            let from = episode.fired_at.timestamp_millis().min(to_ms);
            let lasted = episode.resolved_at.map_or_else(
                || "still firing".to_owned(),
                |at| match at.timestamp_millis() - from {
                    // Shorter than a step of the series.
                    ..=0 => "briefly".to_owned(),
                    lasted => duration_short(lasted),
                },
            );
            let peak = quantity
                .zip(episode.peak)
                .map_or_else(|| "–".to_owned(), |(quantity, peak)| quantity.show(peak));
            view! {
                <tr>
                    <td class="nw"><time datetime=rfc3339(from)>{day_clock(from)}</time></td>
                    <td><a class="b" href=format!("/workloads/{id}")>{name}</a></td>
                    <td class="nw">{lasted}</td>
                    <td class="num">{peak}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div>
            <div class="scroll">
                <table class="plain" aria-label="When it would have fired">
                    <thead><tr><th scope="col">"Fired (UTC)"</th><th scope="col">"Workload"</th><th scope="col">"For"</th><th scope="col" class="num">"Peak"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(left_out > 0).then(|| view! { <p class="mut t2 mt2">{format!("and {left_out} earlier ones")}</p> })}
        </div>
    }
    .erase()
}

fn workloads(count: usize) -> String {
    if count == 1 {
        "1 workload".to_owned()
    } else {
        format!("{count} workloads")
    }
}
