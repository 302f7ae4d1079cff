//! Channels: who is told, how the last try went, what could not be delivered.

use domain::{
    alert::Fields,
    ids::ChannelId,
    view::{ChannelKind, ChannelRow, DeadLetter},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{Tabs, alerting, form::Form, now};
use crate::{
    backend::{BackendError, Caller, SharedBackend},
    components::{Ago, Empty},
    documents::{
        Draft, asking, failed,
        folding::{Column, FoldingTable},
        missing,
    },
    erase::Erase,
    format::day_clock,
};

const CHANNELS_COLUMNS: [Column; 5] = [
    Column::Text("Channel"),
    Column::Text("Kind"),
    Column::Text("Last try"),
    Column::Number("Waiting"),
    Column::Unseen("Actions"),
];

const DEAD_COLUMNS: [Column; 5] = [
    Column::Text("What"),
    Column::Text("Channel"),
    Column::Number("Tries"),
    Column::Text("Why"),
    Column::Unseen("Actions"),
];

/// The page at `/alerts/channels`.
#[component]
pub fn Channels() -> impl IntoView {
    let (backend, caller) = asking();
    let draft = Draft::of_request();
    let chosen = draft
        .value("kind")
        .map(str::to_owned)
        .or_else(|| use_query_map().read_untracked().get("kind"));
    view! {
        <Title text="Channels" />
        <h1>"Alerts"</h1>
        <Tabs here="/alerts/channels" />
        {Suspend::new(async move {
            match load(&backend, &caller).await {
                Ok((channels, dead, kinds)) => {
                    let chosen = chosen.and_then(|kind| kinds.iter().find(|known| known.kind == kind).cloned());
                    let form = Form::of(&draft, Fields::default);
                    view! {
                        <div class="lists" id="lists" data-live>
                            <List channels kinds=kinds.clone() />
                            <Dead dead />
                        </div>
                        <New kinds chosen form />
                    }
                    .erase()
                }
                Err(error) => failed("Channels", error),
            }
        })}
    }
}

type Loaded = (Vec<ChannelRow>, Vec<DeadLetter>, Vec<ChannelKind>);

async fn load(backend: &SharedBackend, caller: &Caller) -> Result<Loaded, BackendError> {
    let alerts = alerting(backend)?;
    Ok((
        alerts.channels(caller).await?,
        alerts.dead_letters(caller).await?,
        alerts.channel_kinds(),
    ))
}

#[component]
fn List(channels: Vec<ChannelRow>, kinds: Vec<ChannelKind>) -> impl IntoView {
    if channels.is_empty() {
        return view! {
            <Empty title="Nobody is told">
                <p>"There is no channel, so alerts are only shown on these pages. Choose below how to be told."</p>
            </Empty>
        }
        .erase();
    }
    let rows = channels
        .into_iter()
        .map(|channel| {
            let label = kinds
                .iter()
                .find(|kind| Some(kind.kind.as_str()) == channel.fields.get("kind"))
                .map_or_else(String::new, |kind| kind.label.clone());
            view! { <Row channel label /> }
        })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="channels">
            <div class="sect-h"><h2 id="channels">"Channels"</h2></div>
            <FoldingTable named_by="channels" columns=&CHANNELS_COLUMNS>{rows}</FoldingTable>
        </section>
    }
    .erase()
}

#[component]
fn Row(channel: ChannelRow, label: String) -> impl IntoView {
    let now = now();
    let name = channel.fields.get("name").unwrap_or_default().to_owned();
    let off = channel.fields.get("enabled") == Some("false");
    let last = match (
        channel.last_problem.clone(),
        channel.last_failed_at,
        channel.last_ok_at,
    ) {
        (Some(problem), Some(at), _) => {
            view! { <b>"failed "<Ago at now /></b>": "{problem} }.erase()
        }
        (_, _, Some(at)) => view! { "worked " <Ago at now /> }.erase(),
        _ => "not tried yet".into_any(),
    };
    let id = channel.id;
    view! {
        <tr role="row" class=off.then_some("off")>
            <td role="cell">
                <a class="b" href=format!("/alerts/channels/{id}")>{name}</a>
                {off.then(|| view! { <span class="sub">"switched off"</span> })}
            </td>
            <td role="cell" data-l="Kind">{label}</td>
            <td role="cell" data-l="Last try" class="wrap">{last}</td>
            <td role="cell" class="num" data-l="Waiting">{channel.waiting.to_string()}</td>
            <td role="cell" class="num acts">
                <form method="post" action=format!("/alerts/channels/{id}/test")>
                    <button class="btn">"Send a test"</button>
                </form>
            </td>
        </tr>
    }
}

#[component]
fn New(kinds: Vec<ChannelKind>, chosen: Option<ChannelKind>, form: Form) -> impl IntoView {
    let chips = kinds
        .into_iter()
        .map(|kind| {
            let current = chosen.as_ref().is_some_and(|chosen| chosen.kind == kind.kind).then_some("true");
            view! { <a class="chip" href=format!("/alerts/channels?kind={}#new", kind.kind) aria-current=current>{kind.label}</a> }
        })
        .collect_view();
    let form = chosen.map(|kind| {
        view! { <Edit kind form action="/alerts/channels#new".to_owned() kept=Vec::new() button="Add channel" /> }
    });
    view! {
        <section class="sect" aria-labelledby="new">
            <div class="sect-h"><h2 id="new">"Add a channel"</h2><p>"addresses that are not public must be allowed in the configuration"</p></div>
            <div class="bar">{chips}</div>
            {form}
        </section>
    }
}

/// The form of a channel.
#[component]
fn Edit(
    kind: ChannelKind,
    form: Form,
    action: String,
    kept: Vec<String>,
    button: &'static str,
) -> impl IntoView {
    let came_back = !form.problems.is_empty();
    let shown: Vec<&str> = kind
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .chain(["name", "group_wait", "enabled"])
        .collect();
    let others = form.others(&shown);
    let refused = form.refusal();
    let own = kind
        .fields
        .iter()
        .map(|field| {
            let hint = match (kept.contains(&field.name), field.is_optional) {
                (true, _) => "set, and never shown again; leave it empty to keep it".to_owned(),
                (false, _) if field.is_secret && came_back => {
                    format!(
                        "{}. What is secret does not come back: enter it again",
                        field.hint
                    )
                }
                (false, true) => format!("{} (optional)", field.hint),
                (false, false) => field.hint.clone(),
            };
            match (field.name.as_str(), field.is_secret) {
                ("template", _) => form.lines(&field.name, &field.label, &hint),
                (_, true) => form.input(&field.name, &field.label, &hint, "password"),
                (_, false) => form.input(&field.name, &field.label, &hint, "text"),
            }
        })
        .collect_view();
    view! {
        <form method="post" action=action class="mt4">
            <input type="hidden" name="kind" value=kind.kind.clone() />
            {refused} {others}
            <div class="flds mt4">
                {form.line("name", "Name", "what rules call it")}
                {own}
                {form.line("group_wait", "Wait for others", "30s: alerts of that time come in one message; empty for at once")}
                {form.choice("enabled", "State", "nothing is sent through one that is off", &[("true", "on"), ("false", "off")])}
            </div>
            <div class="bar mt4"><button class="btn pri">{button}</button></div>
        </form>
    }
}

#[component]
fn Dead(dead: Vec<DeadLetter>) -> impl IntoView {
    if dead.is_empty() {
        return ().into_any();
    }
    let rows = dead
        .into_iter()
        .map(|letter| {
            view! {
                <tr role="row">
                    <td role="cell">{letter.title}<span class="sub">{letter.notice.name()}", "{day_clock(letter.created_at.timestamp_millis())}</span></td>
                    <td role="cell" data-l="Channel">{letter.channel}</td>
                    <td role="cell" class="num" data-l="Tries">{letter.attempts.to_string()}</td>
                    <td role="cell" data-l="Why" class="wrap">{letter.problem}</td>
                    <td role="cell" class="num acts">
                        <form method="post" action=format!("/alerts/deliveries/{}/again", letter.id)>
                            <button class="btn">"Send again"</button>
                        </form>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="dead">
            <div class="sect-h"><h2 id="dead">"Not delivered"</h2><p>"given up after the receiver refused, or after a night of tries"</p></div>
            <FoldingTable named_by="dead" columns=&DEAD_COLUMNS>{rows}</FoldingTable>
        </section>
    }
    .erase()
}

/// The page at `/alerts/channels/:id`.
#[component]
pub fn ChannelPage() -> impl IntoView {
    let (backend, caller) = asking();
    let id: Option<ChannelId> = use_params_map()
        .read_untracked()
        .get("id")
        .and_then(|id| id.parse().ok());
    let draft = Draft::of_request();
    Suspend::new(async move {
        let (channels, _, kinds) = match load(&backend, &caller).await {
            Ok(loaded) => loaded,
            Err(error) => return failed("This channel", error),
        };
        let channel = channels.into_iter().find(|channel| Some(channel.id) == id);
        let kind = channel.as_ref().and_then(|channel| {
            kinds
                .into_iter()
                .find(|kind| Some(kind.kind.as_str()) == channel.fields.get("kind"))
        });
        let (Some(channel), Some(kind)) = (channel, kind) else {
            return missing(
                "channel",
                "It was removed, or the address is mistyped.",
                ("/alerts/channels", "All channels"),
            );
        };
        let form = Form::of(&draft, || channel.fields.clone());
        let name = channel.fields.get("name").unwrap_or_default().to_owned();
        let action = format!("/alerts/channels/{}", channel.id);
        view! {
            <Title text=name.clone() />
            <nav class="crumb" aria-label="Breadcrumb"><a href="/alerts">"Alerts"</a>" / "<a href="/alerts/channels">"Channels"</a></nav>
            <h1>{name}</h1>
            <p class="strip"><span>{kind.label.clone()}</span></p>
            <Edit kind form action=action.clone() kept=channel.secrets button="Save channel" />
            <form method="post" action=format!("{action}/remove") class="mt6">
                <button class="btn ghost">"Remove this channel"</button>
                <span class="hint">" With what waits for it."</span>
            </form>
        }
        .erase()
    })
}
