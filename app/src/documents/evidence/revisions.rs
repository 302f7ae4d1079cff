//! Verdicts that were replaced.

use domain::{
    verdict::{Cause, Confidence},
    view::Revision,
};
use leptos::prelude::*;

use crate::{
    components::{CauseLabel, ConfidenceDots},
    erase::Erase,
    format::{day_clock, rfc3339},
};

/// What was thought before, what became known, and what is thought now. Nothing where no verdict was replaced.
#[component]
pub fn Revisions(
    /// The oldest first.
    revisions: Vec<Revision>,
    /// What is thought now.
    now: (Cause, Confidence),
) -> impl IntoView {
    if revisions.is_empty() {
        return ().erase();
    }
    let after: Vec<_> = revisions
        .iter()
        .skip(1)
        .map(|revision| (revision.cause, revision.confidence))
        .chain([now])
        .collect();
    let rows = revisions
        .into_iter()
        .zip(after)
        .map(|(revision, (cause, confidence))| {
            let at = revision.at.timestamp_millis();
            view! {
                <tr>
                    <td class="nw">
                        <time datetime=rfc3339(at)>{day_clock(at)}</time>
                    </td>
                    <td>
                        <CauseLabel cause=revision.cause />
                        " "
                        <ConfidenceDots confidence=revision.confidence />
                    </td>
                    <td>
                        <CauseLabel cause />
                        " "
                        <ConfidenceDots confidence />
                    </td>
                    <td>{revision.reason.sentence()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="revisions">
            <div class="sect-h">
                <h2 id="revisions">"Earlier verdicts"</h2>
                <p>"kept as they were given"</p>
            </div>
            <div class="scroll">
                <table class="plain">
                    <thead>
                        <tr>
                            <th scope="col">"Replaced (UTC)"</th>
                            <th scope="col">"It said"</th>
                            <th scope="col">"Then"</th>
                            <th scope="col">"Because"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .erase()
}
