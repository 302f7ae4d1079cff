//! What people wrote, and the forms with which they do.

use domain::{
    incident::IncidentState,
    view::{EntryKind, IncidentDetail, MAX_NAME, MAX_NOTE},
};
use leptos::prelude::*;

use crate::{
    documents::{
        Draft,
        draft::{FieldProblem, in_textarea},
    },
    erase::Erase,
    format::{day_clock, rfc3339},
};

/// Notes, oldest first, and on the live page the forms.
#[component]
pub fn People(
    /// The incident.
    incident: IncidentDetail,
    /// Whether there is a server to send forms to.
    is_live: bool,
) -> impl IntoView {
    let mut notes = incident
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Note)
        .map(|entry| {
            let at = entry.at.timestamp_millis();
            let who = entry.who.clone().unwrap_or_else(|| "Somebody".to_owned());
            view! {
                <div class="note-i">
                    <b>{who}</b>
                    " "
                    <time datetime=rfc3339(at)>{day_clock(at)}</time>
                    <p>{entry.text.clone()}</p>
                </div>
            }
            .erase()
        })
        .collect::<Vec<_>>();
    if notes.is_empty() && !is_live {
        return ().erase();
    }
    if notes.is_empty() {
        notes.push(
            view! {
                <p class="mut">
                    "Nobody has written anything down yet. What is known now is soon forgotten; notes stay with the incident and go into its exports."
                </p>
            }
            .erase(),
        );
    }
    let forms = is_live.then(|| view! { <Forms incident /> });
    view! {
        <section aria-labelledby="notes">
            <div class="sect-h">
                <h2 id="notes">"Notes"</h2>
            </div>
            {notes}
            {forms}
        </section>
    }
    .erase()
}

#[component]
fn Forms(incident: IncidentDetail) -> impl IntoView {
    let row = incident.row;
    let draft = Draft::of_request();
    let typed = |field: &str| draft.value(field).unwrap_or_default().to_owned();
    let owner = draft
        .value("owner")
        .map(str::to_owned)
        .or_else(|| row.owner.clone())
        .unwrap_or_default();
    let to = |what: &str| format!("/incidents/{}/{what}", row.id);
    let acknowledge = (row.state == IncidentState::Open).then(|| {
        view! {
            <button class="btn" type="submit" formaction=to("acknowledge")>
                "Acknowledge"
            </button>
        }
    });
    let end = match row.state {
        IncidentState::Resolved => view! {
            <button class="btn" type="submit" formaction=to("reopen")>
                "Reopen"
            </button>
        }
        .erase(),
        _ => view! {
            <button class="btn" type="submit" formaction=to("resolve")>
                "Resolve, with this as the reason"
            </button>
        }
        .erase(),
    };
    let wrong = |field: &str| draft.problem(field).map(|_| format!("problem-{field}"));
    let is_wrong = |field: &str| draft.problem(field).map(|_| "true");
    view! {
        <form class="stacked no-print" method="post" action=to("notes")>
            <label for="text">"Add a note"</label>
            <textarea
                id="text"
                name="text"
                class="field note"
                rows="4"
                maxlength=MAX_NOTE
                aria-describedby=wrong("text")
                aria-invalid=is_wrong("text")
            >
                {in_textarea(&typed("text"))}
            </textarea>
            <FieldProblem draft=draft.clone() field="text" />
            <label for="who">"Your name"</label>
            <input
                id="who"
                name="who"
                class="field"
                type="text"
                autocomplete="name"
                maxlength=MAX_NAME
                value=typed("who")
                aria-describedby=wrong("who")
                aria-invalid=is_wrong("who")
            />
            <FieldProblem draft=draft.clone() field="who" />
            <div class="bar">
                <button class="btn pri" type="submit">
                    "Save note"
                </button>
                {acknowledge}
                {end}
            </div>
            <FieldProblem draft=draft.clone() field="" />
        </form>
        <form class="stacked no-print" method="post" action=to("owner")>
            <label for="owner">"Owner"</label>
            <div class="bar">
                <input
                    id="owner"
                    name="owner"
                    class="field"
                    type="text"
                    maxlength=MAX_NAME
                    value=owner
                    placeholder="a person or a team"
                    aria-describedby=wrong("owner")
                    aria-invalid=is_wrong("owner")
                />
                <button class="btn" type="submit">
                    "Set owner"
                </button>
            </div>
            <FieldProblem draft=draft.clone() field="owner" />
        </form>
    }
}
