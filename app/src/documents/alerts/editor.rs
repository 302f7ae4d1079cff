//! The editor of a rule, with its preview.

use domain::{
    alert::{FieldProblem, Fields, Rule},
    ids::RuleId,
    view::{RulePreview, RuleRow},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{alerting, form::Form, preview::Preview};
use crate::{
    alerts::ChangeError,
    backend::{BackendError, Caller, SharedBackend},
    documents::{asking, failed, missing},
    erase::Erase,
};

/// Fields that the form shows, in its order.
const SHOWN: [&str; 20] = [
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
    /// Whether what is shown was typed and not saved.
    is_draft: bool,
    preview: Option<RulePreview>,
    /// What the rule as it is saved would have said, beside a draft.
    before: Option<RulePreview>,
}

async fn load(
    backend: &SharedBackend,
    caller: &Caller,
    id: Option<RuleId>,
    typed: Fields,
    refused: Option<String>,
) -> Result<Loaded, BackendError> {
    let alerts = alerting(backend)?;
    let stored = match id {
        Some(id) => Some(alerts.rule(caller, id).await?),
        None => None,
    };
    let is_draft = typed.iter().next().is_some();
    let fields = match (&stored, is_draft) {
        (_, true) => typed,
        (Some(stored), false) => stored.fields.clone(),
        (None, false) => [
            ("when", "memory_ratio"),
            ("above", "90%"),
            ("for", "1m"),
            ("severity", "warning"),
        ]
        .into_iter()
        .collect(),
    };
    let mut form = Form {
        fields,
        problems: Vec::new(),
    };
    let mut preview = None;
    // An empty form is not wrong yet.
    if is_draft || stored.is_some() {
        match alerts.preview_rule(caller, &form.fields).await {
            Ok(found) => preview = Some(found),
            Err(ChangeError::Fields(problems)) => form.problems = problems,
            Err(ChangeError::Backend(error)) => return Err(error),
        }
    }
    // What only the other rules and the channels tell.
    let problem = match refused.as_deref() {
        Some("name") => Some("another rule has this name; names must differ"),
        Some("channels") => Some("names a channel that is not there"),
        _ => None,
    };
    if let (Some(field), Some(problem)) = (refused, problem) {
        form.problems.push(FieldProblem {
            field,
            problem: problem.to_owned(),
        });
    }
    let before = match &stored {
        Some(stored) if is_draft && preview.is_some() => {
            alerts.preview_rule(caller, &stored.fields).await.ok()
        }
        _ => None,
    };
    Ok(Loaded {
        stored,
        form,
        is_draft,
        preview,
        before,
    })
}

#[component]
fn Editor(id: Option<RuleId>) -> impl IntoView {
    let (backend, caller) = asking();
    let typed: Fields = use_query_map()
        .read_untracked()
        .clone()
        .into_iter()
        .filter(|(name, text)| SHOWN.contains(&name.as_ref()) && !text.trim().is_empty())
        .map(|(name, text)| (name.to_string(), text))
        .collect();
    let refused = use_query_map().read_untracked().get("refused");
    Suspend::new(async move {
        match load(&backend, &caller, id, typed, refused).await {
            Ok(loaded) => view! { <Page loaded /> }.erase(),
            Err(BackendError::NotFound { .. }) => none(),
            Err(error) => failed("This rule", error),
        }
    })
}

#[component]
fn Page(loaded: Loaded) -> impl IntoView {
    let Loaded {
        stored,
        form,
        is_draft,
        preview,
        before,
    } = loaded;
    let title = stored
        .as_ref()
        .and_then(|rule| rule.fields.get("name"))
        .unwrap_or("New rule")
        .to_owned();
    let here = stored.as_ref().map_or_else(
        || "/alerts/rules/new".to_owned(),
        |rule| format!("/alerts/rules/{}", rule.id),
    );
    let action = stored.as_ref().map_or_else(
        || "/alerts/rules".to_owned(),
        |rule| format!("/alerts/rules/{}", rule.id),
    );
    let is_fixed = stored.as_ref().is_some_and(|rule| rule.from_file);
    let strip = match (&stored, is_draft, is_fixed) {
        (_, _, true) => {
            "From a file of the configuration, which alone may change it. Previews are computed all the same."
        }
        (Some(_), true, _) => "Edited, not saved",
        (None, true, _) => "Not saved yet",
        (Some(_), false, _) => "As it is saved",
        (None, false, _) => "Fill in what matters; what is left empty has a default",
    };
    let summary = Rule::read(&form.fields).ok().map(|rule| rule.summary());
    let rule = Rule::read(&form.fields).ok();
    let save = (!is_fixed).then(|| view! { <button class="btn pri" formmethod="post" formaction=action>"Save rule"</button> });
    let remove = stored.filter(|rule| !rule.from_file).map(|rule| {
        view! {
            <form method="post" action=format!("/alerts/rules/{}/remove", rule.id) class="mt4">
                <button class="btn ghost">"Remove this rule"</button>
                <span class="hint">" What it found stays in the history."</span>
            </form>
        }
    });
    let kinds: Vec<(&str, &str)> = Rule::kinds().to_vec();
    view! {
        <Title text=title.clone() />
        <nav class="crumb" aria-label="Breadcrumb"><a href="/alerts">"Alerts"</a>" / "<a href="/alerts/rules">"Rules"</a></nav>
        <form method="get" action=here>
            <div class="head">
                <div>
                    <h1>{title}</h1>
                    <p class="strip"><span>{strip}</span><span>{summary}</span></p>
                </div>
                <div class="bar">
                    <a class="btn ghost" href="/alerts/rules">"Back"</a>
                    <button class="btn">"Preview"</button>
                    {save}
                </div>
            </div>
            {form.others(&SHOWN)}
            <div class="flds mt6">
                {form.line("name", "Name", "what people will read first")}
                {form.choice("when", "Alert when", "what is looked at", &kinds)}
                {form.line("above", "is at least", "90%, 512 MiB, 5: the threshold, this value included")}
                {form.line("below", "or at most", "30m for a time to the limit; one of the two")}
                {form.line("clear", "Clears beyond", "85%: between the two, what was stays")}
                {form.choice("pick", "Of the readings since the last look", "there is no average, which would hide a spike", &[("", "the worst"), ("last", "the newest")])}
                {form.line("window", "Window", "10m, 1h, 24h, 30d: for restarts")}
                {form.line("causes", "Causes", "memory, crash, …: for restarts; empty for all that count")}
                {form.line("for", "For", "1m: how long it must have held, as far as was seen")}
                {form.line("keep_firing_for", "Keep firing for", "5m: how long it must have been clear")}
                {form.line("grace", "After a deploy or stop, wait", "2m: no alert begins before that")}
                {form.line("remind_every", "Remind every", "4h, until somebody takes it; empty for never")}
                {form.choice("severity", "Severity", "page wakes people where channels can", &[("info", "info"), ("warning", "warning"), ("page", "page")])}
                {form.line("workloads", "Workloads", "checkout, shop/*: patterns; empty for all")}
                {form.line("sources", "Sources", "edge-*: patterns; empty for all")}
                {form.line("images", "Images", "shop/*: patterns; empty for all")}
                {form.line("channels", "Channels", "names; empty for all, none for nobody")}
                {form.line("runbook", "Runbook", "a link that says what to do")}
                {form.lines("text", "Text", "what to do about it, in a sentence or two")}
                {form.choice("enabled", "State", "a rule that is off is not looked at", &[("", "on"), ("false", "off")])}
            </div>
        </form>
        {preview.map(|preview| view! { <Preview preview before rule /> })}
        {remove}
    }
}
