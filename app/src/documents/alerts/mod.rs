//! Alerts: what fires, what was said, rules with their previews, silences and channels. Everything is done with links and plain forms;
//! two small modules keep the lists up to date and let thresholds be dragged.

pub mod channels;
mod chart;
mod drag;
pub mod editor;
mod form;
pub mod preview;
pub mod rules;
pub mod silences;
mod words;

pub use channels::{ChannelPage, Channels};
pub use editor::{EditRule, NewRule};
pub use rules::Rules;
pub use silences::Silences;

use domain::{
    Timestamp,
    alert::Fields,
    view::{AlertPhase, AlertQuery, AlertRow, DeadLetter, RuleRow},
};
use leptos::prelude::*;
use leptos_meta::Title;

use self::words::{since, state};
use super::{
    Draft, asking, failed,
    folding::{Column, FoldingTable},
    module::Module,
    name,
};
use crate::{
    alerts::AlertBackend,
    backend::{BackendError, Caller, SharedBackend},
    components::Empty,
    documents::address::with_query,
    erase::Erase,
    format::{day_clock, duration_short, rfc3339},
    state::now_ms,
};

/// The form of who takes alerts.
const TAKING: &str = "taking";

/// How many that are over are listed.
const HISTORY: u32 = 100;

const NOW_COLUMNS: [Column; 7] = [
    Column::Text("State"),
    Column::Text("Workload"),
    Column::Text("Rule"),
    Column::Number("Value"),
    Column::Text("When"),
    Column::Text("Told"),
    Column::Unseen("Actions"),
];

const OVER_COLUMNS: [Column; 6] = [
    Column::Text("Fired"),
    Column::Text("Workload"),
    Column::Text("Rule"),
    Column::Text("Taken by"),
    Column::Number("Lasted"),
    Column::Number("Peak"),
];

/// When the page is made.
fn now() -> Timestamp {
    chrono::DateTime::from_timestamp_millis(now_ms()).unwrap_or_default()
}

/// The part of the backend that is about alerts.
fn alerting(backend: &SharedBackend) -> Result<&dyn AlertBackend, BackendError> {
    backend.alerting().ok_or_else(|| BackendError::Unavailable {
        problem: "alerts are not looked at here".to_owned(),
    })
}

/// The links between the pages about alerts.
#[component]
fn Tabs(
    /// The address of the page on which they are.
    here: &'static str,
) -> impl IntoView {
    let tabs = [
        ("/alerts", "Alerts"),
        ("/alerts/rules", "Rules"),
        ("/alerts/silences", "Silences"),
        ("/alerts/channels", "Channels"),
    ];
    let links = tabs.map(|(path, name)| {
        view! { <a href=path aria-current=(path == here).then_some("page")>{name}</a> }
    });
    view! {
        <nav class="tabs mt4" aria-label="Alerts">
            {links}
        </nav>
        <Module name="live" />
    }
}

/// The page at `/alerts`.
#[component]
pub fn Alerts() -> impl IntoView {
    let (backend, caller) = asking();
    let form = form::Form::of(&Draft::of_request(), || {
        Fields::from_iter([("by", name::of_request())])
    });
    view! {
        <Title text="Alerts" />
        <h1>"Alerts"</h1>
        <Tabs here="/alerts" />
        {form.others(&["by"])}
        {Suspend::new(async move {
            match load(&backend, &caller).await {
                Ok(loaded) => view! { <Loaded loaded form /> }.erase(),
                Err(error) => failed("Alerts", error),
            }
        })}
    }
}

struct Everything {
    open: Vec<AlertRow>,
    over: Vec<AlertRow>,
    rules: Vec<RuleRow>,
    dead: Vec<DeadLetter>,
    channels: usize,
}

async fn load(backend: &SharedBackend, caller: &Caller) -> Result<Everything, BackendError> {
    let alerts = alerting(backend)?;
    let history = AlertQuery {
        phase: Some(AlertPhase::Resolved),
        limit: Some(HISTORY),
        ..AlertQuery::default()
    };
    Ok(Everything {
        open: alerts.alerts(caller, &AlertQuery::default()).await?,
        over: alerts.alerts(caller, &history).await?,
        rules: alerts.rules(caller).await?,
        dead: alerts.dead_letters(caller).await?,
        channels: alerts.channels(caller).await?.len(),
    })
}

#[component]
fn Loaded(loaded: Everything, form: form::Form) -> impl IntoView {
    let Everything {
        open,
        over,
        rules,
        dead,
        channels,
    } = loaded;
    let count = |phase: AlertPhase, silenced: bool| {
        open.iter()
            .filter(|alert| alert.phase == phase && alert.suppressed.is_some() == silenced)
            .count()
    };
    let strip = format!(
        "{} firing, {} pending, {} held back",
        count(AlertPhase::Firing, false),
        open.iter()
            .filter(|alert| alert.phase == AlertPhase::Pending)
            .count(),
        count(AlertPhase::Firing, true),
    );
    let enabled = rules
        .iter()
        .filter(|rule| rule.fields.get("enabled") != Some("false"))
        .count();
    let nobody = (channels == 0).then(|| {
        view! {
            <div class="notice">
                <p>
                    <b>"Nobody is told."</b>
                    " There is no channel yet, so alerts are only shown here. "
                    <a class="link" href="/alerts/channels">"Add a channel"</a>
                </p>
            </div>
        }
    });
    let lost = (!dead.is_empty()).then(|| {
        let how_many = format!("{} could not be delivered.", dead.len());
        view! {
            <div class="notice">
                <p><b>{how_many}</b>" "<a class="link" href="/alerts/channels#dead">"Why, and send again"</a></p>
            </div>
        }
    });
    let now = if open.is_empty() {
        let watched =
            format!("{enabled} rules are looked at every ten seconds, and at every end of a run.");
        view! {
            <Empty title="Nothing fires">
                <p>{watched}</p>
                <div class="bar"><a class="btn" href="/alerts/rules">"Look at the rules"</a></div>
            </Empty>
        }
        .erase()
    } else {
        view! { <Open open /> }.erase()
    };
    view! {
        <p class="strip" id="strip" data-live aria-live="polite"><span>{strip}</span></p>
        <Taking form />
        <div class="lists" id="lists" data-live>
            {nobody} {lost} {now} <History over />
        </div>
    }
}

/// Who takes alerts. The buttons beside them belong to this form; sent by itself, it only remembers the name. It is there while no alert can be
/// taken, unseen: one may come while the page is open.
#[component]
fn Taking(form: form::Form) -> impl IntoView {
    view! {
        <form method="post" action="/alerts/name" id=TAKING class="taking mt4">
            {form.line("by", "Your name", "who takes an alert, for others to read; remembered in this browser")}
            <button class="btn ghost">"Remember"</button>
        </form>
    }
}

#[component]
fn Open(open: Vec<AlertRow>) -> impl IntoView {
    let rows = open
        .into_iter()
        .map(|alert| view! { <OpenRow alert /> })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="now">
            <div class="sect-h"><h2 id="now">"Alerts now"</h2></div>
            <FoldingTable named_by="now" columns=&NOW_COLUMNS>{rows}</FoldingTable>
        </section>
    }
}

fn can_be_taken(alert: &AlertRow) -> bool {
    alert.phase == AlertPhase::Firing && alert.acknowledged.is_none()
}

#[component]
fn OpenRow(alert: AlertRow) -> impl IntoView {
    let now = now();
    let value = alert
        .value
        .clone()
        .or_else(|| (alert.occurrences > 0).then(|| words::times(alert.occurrences)));
    let told = match (&alert.acknowledged, alert.channels.is_empty()) {
        (Some(taken), _) if taken.by.is_empty() => {
            format!("taken {}", day_clock(taken.at.timestamp_millis()))
        }
        (Some(taken), _) => format!(
            "{} took it {}",
            taken.by,
            day_clock(taken.at.timestamp_millis())
        ),
        (None, false) => alert.channels.join(", "),
        (None, true) => "–".to_owned(),
    };
    let take = can_be_taken(&alert).then(|| {
        view! { <button class="btn" form=TAKING formaction=format!("/alerts/{}/acknowledge", alert.id)>"Acknowledge"</button> }
    });
    let silence = with_query(
        "/alerts/silences",
        &[
            ("rules", &words::as_pattern(&alert.rule_name)),
            ("workloads", &words::workload_pattern(&alert)),
            ("for", "2h"),
        ],
    );
    view! {
        <tr role="row" id=format!("alert-{}", alert.id)>
            <td role="cell">{state(&alert)}</td>
            <td role="cell">{words::whom(&alert)}</td>
            <td role="cell" data-l="Rule">{words::rule_link(&alert)}</td>
            <td role="cell" class="num b" data-l="Value">{value.unwrap_or_else(|| "–".to_owned())}</td>
            <td role="cell" data-l="When">{since(&alert, now)}</td>
            <td role="cell" data-l="Told">{told}</td>
            <td role="cell" class="num acts">
                {take} <a class="btn ghost" href=silence>"Silence"</a>
            </td>
        </tr>
    }
}

/// Who took an alert.
fn taken_by(alert: &AlertRow) -> String {
    match &alert.acknowledged {
        None => "–".to_owned(),
        Some(taken) if taken.by.is_empty() => "somebody".to_owned(),
        Some(taken) => taken.by.clone(),
    }
}

#[component]
fn History(over: Vec<AlertRow>) -> impl IntoView {
    if over.is_empty() {
        return view! {
            <Empty title="No alert is over yet">
                <p>"Alerts that are over are listed here with how long they lasted."</p>
            </Empty>
        }
        .erase();
    }
    let rows = over
        .into_iter()
        .map(|alert| {
            let from = alert.since.timestamp_millis();
            let to = alert.resolved_at.map_or(from, |at| at.timestamp_millis());
            let peak = alert.peak.clone().or_else(|| (alert.occurrences > 0).then(|| words::times(alert.occurrences)));
            view! {
                <tr role="row" id=format!("alert-{}", alert.id)>
                    <td role="cell"><time datetime=rfc3339(from)>{day_clock(from)}</time></td>
                    <td role="cell">{words::whom(&alert)}</td>
                    <td role="cell" data-l="Rule">{words::rule_link(&alert)}</td>
                    <td role="cell" data-l="Taken by">{taken_by(&alert)}</td>
                    <td role="cell" class="num" data-l="Lasted">{duration_short(to - from)}</td>
                    <td role="cell" class="num" data-l="Peak">{peak.unwrap_or_else(|| "–".to_owned())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="over">
            <div class="sect-h"><h2 id="over">"Over"</h2><p>"times in UTC"</p></div>
            <FoldingTable named_by="over" columns=&OVER_COLUMNS>{rows}</FoldingTable>
        </section>
    }
    .erase()
}
