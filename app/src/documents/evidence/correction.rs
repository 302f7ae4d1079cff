//! What people say it was. Verdict and correction both stay visible.

use domain::{
    ids::RestartId,
    verdict::Cause,
    view::{Correction, LONGEST_NOTE},
};
use leptos::prelude::*;

use crate::{
    components::CauseLabel,
    documents::draft::in_textarea,
    erase::Erase,
    format::{day_clock, rfc3339},
};

/// A correction that was not taken, with what was typed. The page is shown again with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `cause` or `note`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
    /// The cause as it was sent.
    pub cause: String,
    /// The note as it was typed.
    pub note: String,
}

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
    /// What was refused just now.
    refused: Option<Refused>,
) -> impl IntoView {
    let chosen = refused
        .as_ref()
        .and_then(|refused| Cause::from_name(&refused.cause))
        .unwrap_or(cause);
    let note = refused
        .as_ref()
        .map(|refused| refused.note.clone())
        .unwrap_or_default();
    let problem = |field: &str| {
        refused
            .as_ref()
            .filter(|refused| refused.field == field)
            .map(|refused| {
                view! { <p class="problem" role="alert" id=format!("{field}-problem")>{refused.problem.clone()}</p> }
            })
    };
    let told = |field: &str| {
        refused
            .as_ref()
            .filter(|refused| refused.field == field)
            .map(|refused| format!("{}-problem", refused.field))
    };
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
            {problem("cause")}
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
            {problem("note")}
            <button class="btn">"Keep correction"</button>
        </form>
    }
    .erase()
}
