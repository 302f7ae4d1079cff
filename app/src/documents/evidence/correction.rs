//! What people say it was. Verdict and correction both stay visible.

use domain::{
    ids::RestartId,
    verdict::Cause,
    view::{Correction, LONGEST_NOTE},
};
use leptos::prelude::*;

use crate::{
    components::CauseLabel,
    documents::draft::{Draft, FieldProblem, in_textarea},
    erase::Erase,
    format::{day_clock, rfc3339},
};

/// Corrections, the newest first.
#[component]
pub fn Corrections(
    /// The newest first.
    corrections: Vec<Correction>,
) -> impl IntoView {
    let items = corrections
        .into_iter()
        .map(|said| {
            let at = said.at.timestamp_millis();
            view! {
                <li>
                    <CauseLabel cause=said.cause />
                    " "
                    <time class="mut" datetime=rfc3339(at)>{day_clock(at)} " UTC"</time>
                    <p>{said.note}</p>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="said">{items}</ul> }.erase()
}

/// The form in which a person says what it was.
#[component]
pub fn CorrectionForm(
    /// Which end.
    restart: RestartId,
    /// What is chosen at first.
    cause: Cause,
    /// What was sent just now and not taken.
    draft: Draft,
) -> impl IntoView {
    let chosen = draft
        .value("cause")
        .and_then(Cause::from_name)
        .unwrap_or(cause);
    let note = draft.value("note").unwrap_or_default().to_owned();
    let told = |field: &str| draft.problem(field).map(|_| format!("problem-{field}"));
    let options = Cause::ALL
        .into_iter()
        .map(|cause| {
            view! { <option value=cause.name() selected=cause == chosen>{cause.label()}</option> }
        })
        .collect_view();
    view! {
        <form class="correct no-print" method="post" action=format!("/restarts/{restart}#correction")>
            <label>
                <span>"It was"</span>
                <select class="field" name="cause" aria-describedby=told("cause")>{options}</select>
            </label>
            <FieldProblem draft=draft.clone() field="cause" />
            <label>
                <span>"Because"</span>
                <textarea
                    class="field"
                    name="note"
                    rows="3"
                    maxlength=LONGEST_NOTE
                    placeholder="What the verdict could not know"
                    aria-describedby=told("note")
                >
                    {in_textarea(&note)}
                </textarea>
            </label>
            <FieldProblem draft=draft.clone() field="note" />
            <button class="btn">"Keep correction"</button>
        </form>
    }
    .erase()
}
