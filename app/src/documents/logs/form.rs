//! The words, and what narrows them.

use domain::verdict::Cause;
use leptos::prelude::*;

use super::filter::{Filter, Window};
use crate::erase::Erase;

/// A plain form that leads back to the page.
#[component]
pub fn Search(
    /// What was asked for.
    filter: Filter,
    /// Which parameter cannot be taken, and why.
    problem: Option<(String, String)>,
) -> impl IntoView {
    let (of_words, of_others): (Option<String>, Option<String>) = match problem {
        Some((field, problem)) if field == "q" => (Some(problem), None),
        Some((field, problem)) => (None, Some(format!("{field}: {problem}"))),
        None => (None, None),
    };
    let causes = Cause::ALL.map(|cause| {
        view! {
            <option value=cause.name() selected=filter.cause == Some(cause)>
                {cause.label()}
            </option>
        }
    });
    let windows = Window::ALL.map(|(window, name, words)| {
        view! {
            <option value=name selected=filter.window == window>
                {words}
            </option>
        }
    });
    let workload = filter.workload.map(|id| {
        view! {
            <input type="hidden" name="workload" value=id.to_string() />
            <a class="chip" aria-current="true" href=filter.of_all_workloads().address() rel="external">
                "of one workload"
                <span class="vh">", look in all"</span>
                " "
                <span aria-hidden="true">"×"</span>
            </a>
        }
    });
    let is_wrong = of_words.is_some().then_some("true");
    let wrong = |problem: Option<String>| {
        problem.map(|problem| {
            view! { <p class="problem" id="problem-q" role="alert">{problem}</p> }
        })
    };
    view! {
        <form class="find mt4" method="get" action="/logs" role="search" aria-label="Logs">
            <label class="words">
                <span>"Words"</span>
                <input
                    class="field"
                    type="search"
                    name="q"
                    value=filter.text
                    maxlength="500"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="\"connection refused\" redis -debug"
                    aria-describedby="hint-q problem-q"
                    aria-invalid=is_wrong
                />
            </label>
            <label>
                <span>"Workload"</span>
                <input class="field" type="text" name="name" value=filter.name autocomplete="off" placeholder="part of its name" />
            </label>
            <label>
                <span>"Ended because"</span>
                <select class="field" name="cause">
                    <option value="">"of anything"</option>
                    {causes}
                </select>
            </label>
            <label>
                <span>"Within"</span>
                <select class="field" name="within">
                    {windows}
                </select>
            </label>
            <button class="btn pri">"Search"</button>
            {workload}
        </form>
        {wrong(of_words)}
        {wrong(of_others)}
        <p class="mut mt2" id="hint-q">
            "All words must be there; " <code>"\"in quotes\""</code> " next to each other, " <code>"or"</code>
            " between them, " <code>"-"</code> " before one that must not be there."
        </p>
    }
    .erase()
}
