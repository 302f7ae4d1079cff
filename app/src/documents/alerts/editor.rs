//! The editor of a rule, with its preview.

use domain::{
    alert::{Fields, Rule},
    ids::RuleId,
    view::{RulePreview, RuleRow},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    alerting,
    form::Form,
    preview::{NoPreview, Preview},
};
use crate::{
    alerts::ChangeError,
    backend::{BackendError, Caller, SharedBackend},
    documents::{Draft, asking, failed, missing, module::Module},
    erase::Erase,
};

/// What a rule is called that has no name yet.
const UNNAMED: &str = "New rule";

/// Fields that the form shows.
const SHOWN: [&str; 21] = [
    "name",
    "when",
    "above",
    "below",
    "clear",
    "pick",
    "window",
    "causes",
    "for",
    "keep_firing_for",
    "grace",
    "remind_every",
    "severity",
    "workloads",
    "sources",
    "images",
    "labels",
    "channels",
    "text",
    "runbook",
    "enabled",
];

/// The page at `/alerts/rules/new`.
#[component]
pub fn NewRule() -> impl IntoView {
    view! { <Editor id=None /> }
}

/// The page at `/alerts/rules/:id`.
#[component]
pub fn EditRule() -> impl IntoView {
    let id = use_params_map()
        .read_untracked()
        .get("id")
        .and_then(|id| id.parse().ok());
    match id {
        Some(id) => view! { <Editor id=Some(id) /> }.erase(),
        None => none(),
    }
}

/// There is no such rule.
fn none() -> AnyView {
    missing(
        "rule",
        "It was removed, or the address is mistyped.",
        ("/alerts/rules", "All rules"),
    )
}

struct Loaded {
    stored: Option<RuleRow>,
    form: Form,
    state: State,
    /// The rule in the form, when it can be read.
    rule: Option<Rule>,
    preview: Option<RulePreview>,
    /// What the rule as it is saved would have said, beside a draft.
    before: Option<RulePreview>,
}

/// Where what is shown comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An empty form.
    New,
    /// The rule as it is saved.
    Saved,
    /// Typed, and not saved.
    Edited,
    /// Typed, and sent to be saved, which it was not.
    Refused,
}

/// What a new rule begins with.
fn begin() -> Fields {
    [
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("for", "1m"),
        ("severity", "warning"),
    ]
    .into_iter()
    .collect()
}

/// `previewed` is what a form that is not saved has in its address.
async fn load(
    backend: &SharedBackend,
    caller: &Caller,
    id: Option<RuleId>,
    draft: &Draft,
    previewed: Fields,
) -> Result<Loaded, BackendError> {
    let alerts = alerting(backend)?;
    let stored = match id {
        Some(id) => Some(alerts.rule(caller, id).await?),
        None => None,
    };
    let is_previewed = previewed.iter().next().is_some();
    let state = match (&stored, draft.is_empty()) {
        (_, false) => State::Refused,
        (_, true) if is_previewed => State::Edited,
        (Some(_), true) => State::Saved,
        (None, true) => State::New,
    };
    let mut form = Form::of(draft, || match &stored {
        _ if is_previewed => previewed,
        Some(stored) => stored.fields.clone(),
        None => begin(),
    });
    // A name is wanted when it is saved; what the rule finds does not depend on it.
    let mut asked = form.fields.clone();
    if asked.get("name").is_none() {
        asked.set("name", UNNAMED);
    }
    let rule = Rule::read(&asked);
    // What was refused says already what is wrong.
    if let (Err(problems), State::Edited) = (&rule, state) {
        form.problems.clone_from(problems);
    }
    let rule = rule.ok();
    let preview = match rule.as_ref().map(|_| alerts.preview_rule(caller, &asked)) {
        None => None,
        Some(found) => match found.await {
            Ok(found) => Some(found),
            Err(ChangeError::Fields(_)) => None,
            Err(ChangeError::Backend(error)) => return Err(error),
        },
    };
    let before = match &stored {
        Some(stored) if preview.is_some() && Rule::read(&stored.fields).ok() != rule => {
            alerts.preview_rule(caller, &stored.fields).await.ok()
        }
        _ => None,
    };
    Ok(Loaded {
        stored,
        form,
        state,
        rule,
        preview,
        before,
    })
}

#[component]
fn Editor(id: Option<RuleId>) -> impl IntoView {
    let (backend, caller) = asking();
    let draft = Draft::of_request();
    let previewed: Fields = use_query_map()
        .read_untracked()
        .clone()
        .into_iter()
        .filter(|(name, text)| SHOWN.contains(&name.as_ref()) && !text.trim().is_empty())
        .map(|(name, text)| (name.to_string(), text))
        .collect();
    view! {
        <Module name="rule" />
        {Suspend::new(async move {
            match load(&backend, &caller, id, &draft, previewed).await {
                Ok(loaded) => view! { <Page loaded /> }.erase(),
                Err(BackendError::NotFound { .. }) => none(),
                Err(error) => failed("This rule", error),
            }
        })}
    }
}

#[component]
fn Page(loaded: Loaded) -> impl IntoView {
    let Loaded {
        stored,
        form,
        state,
        rule,
        preview,
        before,
    } = loaded;
    let title = stored
        .as_ref()
        .and_then(|rule| rule.fields.get("name"))
        .unwrap_or(UNNAMED)
        .to_owned();
    let (here, action) = match &stored {
        Some(rule) => {
            let page = format!("/alerts/rules/{}", rule.id);
            (page.clone(), page)
        }
        None => ("/alerts/rules/new".to_owned(), "/alerts/rules".to_owned()),
    };
    let is_fixed = stored.as_ref().is_some_and(|rule| rule.from_file);
    let strip = match (state, is_fixed) {
        (_, true) => {
            "From a file of the configuration, which alone may change it. Previews are computed all the same."
        }
        (State::Refused, _) => "Nothing was saved: what is wrong is said beside its field",
        (State::Edited, _) if stored.is_some() => "Edited, not saved",
        (State::Edited, _) => "Not saved yet",
        (State::Saved, _) => "As it is saved",
        (State::New, _) => "Fill in what matters; what is left empty has a default",
    };
    let summary = rule.as_ref().map(Rule::summary);
    let save = (!is_fixed).then(|| view! { <button class="btn pri" formmethod="post" formaction=action>"Save rule"</button> });
    let remove = stored.filter(|rule| !rule.from_file).map(|rule| {
        view! {
            <form method="post" action=format!("/alerts/rules/{}/remove", rule.id) class="sect">
                <button class="btn">"Remove this rule"</button>
                <span class="hint">" What it found stays in the history."</span>
            </form>
        }
    });
    let preview = match preview {
        Some(preview) => view! { <Preview preview before rule /> }.erase(),
        None => view! { <NoPreview /> }.erase(),
    };
    view! {
        <Title text=title.clone() />
        <nav class="crumb" aria-label="Breadcrumb"><a href="/alerts">"Alerts"</a>" / "<a href="/alerts/rules">"Rules"</a></nav>
        <form method="get" action=here id="rule">
            <div class="head">
                <div>
                    <h1>{title}</h1>
                    <p class="strip" id="state"><span>{strip}</span><span>{summary}</span></p>
                </div>
                <div class="bar">
                    <a class="btn ghost" href="/alerts/rules">"Back"</a>
                    <button class="btn">"Preview"</button>
                    {save}
                </div>
            </div>
            {form.others(&SHOWN)}
            <Condition form=form.clone() />
            {preview}
            <Telling form />
        </form>
        {remove}
    }
}

/// What makes an alert, and of what.
#[component]
fn Condition(form: Form) -> impl IntoView {
    view! {
        <div class="flds mt6">
            {form.line("name", "Name", "what people will read first")}
            {form.choice("when", "Alert when", "what is looked at", Rule::kinds())}
            {form.line("above", "is at least", "90%, 512 MiB, 5: the threshold, this value included")}
            {form.line("below", "or at most", "30m for a time to the limit; one of the two")}
            {form.line("clear", "Clears beyond", "85%: between the two, what was stays")}
            {form.line("for", "For", "1m: how long it must have held, as far as was seen")}
            {form.line("keep_firing_for", "Keep firing for", "5m: how long it must have been clear")}
            {form.choice("pick", "Of the readings since the last look", "there is no average, which would hide a spike", &[("", "the worst"), ("last", "the newest")])}
            {form.line("window", "Window", "10m, 1h, 24h, 30d: for restarts")}
            {form.line("causes", "Causes", "memory, crash, …: for restarts; empty for all that count")}
            {form.line("grace", "After a deploy or stop, wait", "2m: no alert begins before that")}
            {form.line("workloads", "Workloads", "checkout, shop/*: patterns; empty for all")}
            {form.line("sources", "Sources", "edge-*: patterns; empty for all")}
            {form.line("images", "Images", "shop/*: patterns; empty for all")}
            {form.line("labels", "Labels", "team=payments, tier=back*: all of them; empty for all")}
        </div>
    }
}

/// What is said, and to whom.
#[component]
fn Telling(form: Form) -> impl IntoView {
    view! {
        <section class="sect" aria-labelledby="telling">
            <div class="sect-h"><h2 id="telling">"What is said, and to whom"</h2></div>
            <div class="flds">
                {form.choice("severity", "Severity", "page wakes people where channels can", &[("info", "info"), ("warning", "warning"), ("page", "page")])}
                {form.line("channels", "Channels", "names; empty for all, none for nobody")}
                {form.line("remind_every", "Remind every", "4h, until somebody takes it; empty for never")}
                {form.line("runbook", "Runbook", "a link that says what to do")}
                {form.choice("enabled", "State", "a rule that is off is not looked at", &[("", "on"), ("false", "off")])}
                {form.lines("text", "Text", "what to do about it, in a sentence or two")}
            </div>
        </section>
    }
}
