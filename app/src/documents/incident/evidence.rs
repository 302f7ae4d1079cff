//! The evidence of the restart that stands for the others, and of how many the same was found.

use domain::{
    verdict::{Evidence, Stance},
    view::RestartRow,
};
use leptos::prelude::*;

use super::PostMortem;
use crate::{
    components::{CauseMark, Glyph},
    documents::address::address,
    erase::Erase,
    format::{clock, day_clock, rfc3339},
};

/// For, against, missing.
#[component]
pub fn EvidenceOf(
    /// The incident.
    page: PostMortem,
) -> impl IntoView {
    let row = page.representative()?.clone();
    let ended = row.ended_at.timestamp_millis();
    let which = if page.incident.confidences.total() > 1 {
        format!(
            "of the restart on {} UTC, and of how many the same was found",
            day_clock(ended)
        )
    } else {
        "of its restart".to_owned()
    };
    let columns = [Stance::For, Stance::Against, Stance::Missing]
        .map(|stance| view! { <Column page=page.clone() row=row.clone() stance /> }.erase());
    Some(
        view! {
            <section class="sect" aria-labelledby="evidence">
                <div class="sect-h">
                    <h2 id="evidence">"Evidence"</h2>
                    <p>{which}</p>
                    <p class="end no-print">
                        <a class="link" href=address(format!("/restarts/{}", row.id)) rel="external">
                            "This restart with its readings"
                        </a>
                    </p>
                </div>
                <div class="ev3">{columns}</div>
            </section>
        }
        .erase(),
    )
}

#[component]
fn Column(page: PostMortem, row: RestartRow, stance: Stance) -> impl IntoView {
    let (glyph, name) = match stance {
        Stance::For => (Glyph::Ok, "For"),
        Stance::Against => (Glyph::No, "Against"),
        Stance::Missing => (Glyph::Unknown, "Missing"),
    };
    let items: Vec<&Evidence> = row
        .evidence
        .iter()
        .filter(|item| item.stance == stance)
        .collect();
    let number = items.len();
    let nothing = items
        .is_empty()
        .then(|| view! { <p class="mut">"Nothing."</p> });
    let all = page.incident.confidences.total();
    let items = items
        .into_iter()
        .map(|item| {
            let found = page
                .incident
                .evidence
                .iter()
                .find(|known| known.stance == item.stance && known.kind == item.kind);
            let share = found
                .filter(|_| all > 1)
                .map(|found| format!("{} of {all}", found.restarts));
            let at = item.at.map(|at| {
                let at = at.timestamp_millis();
                view! { <time datetime=rfc3339(at)>{clock(at)}</time> }
            });
            view! {
                <li>
                    <span>{at}</span>
                    <span>{item.text.clone()}</span>
                    <span class="v">{share}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div>
            <h3>
                <CauseMark glyph tone="c-none" />
                {name}
                " "
                <span class="mut">{number}</span>
            </h3>
            {nothing}
            <ul>{items}</ul>
        </div>
    }
}
