//! Silences: what holds now, what will, and a form for another.

use chrono::Utc;
use domain::{alert::Fields, view::SilenceRow};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{Tabs, alerting, form::Form, now};
use crate::{
    chart::{scale::TimeScale, svg::Svg},
    components::Empty,
    documents::{
        Draft, asking, failed,
        folding::{Column, FoldingTable},
        name,
    },
    erase::Erase,
    format::{day, day_clock, duration_short},
};

const SHOWN: [&str; 13] = [
    "rules",
    "workloads",
    "sources",
    "images",
    "labels",
    "at_most",
    "reason",
    "by",
    "from",
    "to",
    "for",
    "days",
    "at",
];
/// Those that say what a silence covers.
const COVERED: &[&str] = SHOWN.split_at(6).0;

const SILENCES_COLUMNS: [Column; 6] = [
    Column::Text("State"),
    Column::Text("Reason"),
    Column::Text("Covers"),
    Column::Text("When"),
    Column::Text("Next seven days"),
    Column::Unseen("Actions"),
];

/// The page at `/alerts/silences`.
#[component]
pub fn Silences() -> impl IntoView {
    let (backend, caller) = asking();
    let draft = Draft::of_request();
    // Alerts lead here with what to be silent about.
    let query = use_query_map().read_untracked().clone();
    let form = Form::of(&draft, || {
        let mut fields: Fields = query
            .into_iter()
            .filter(|(name, text)| SHOWN.contains(&name.as_ref()) && !text.trim().is_empty())
            .map(|(name, text)| (name.to_string(), text))
            .collect();
        fields.set_some("by", name::of_request());
        fields
    });
    view! {
        <Title text="Silences" />
        <h1>"Alerts"</h1>
        <Tabs here="/alerts/silences" />
        {Suspend::new(async move {
            let silences = match alerting(&backend) {
                Ok(alerts) => alerts.silences(&caller).await,
                Err(error) => Err(error),
            };
            match silences {
                Ok(silences) => {
                    view! {
                        <div class="lists" id="lists" data-live><List silences /></div>
                        <New form />
                    }
                    .erase()
                }
                Err(error) => failed("Silences", error),
            }
        })}
    }
}

#[component]
fn List(silences: Vec<SilenceRow>) -> impl IntoView {
    if silences.is_empty() {
        return view! {
            <Empty title="No silences">
                <p>"A silence holds back words, not alerts: they are still seen and listed. What lasts when it ends is said then."</p>
            </Empty>
        }
        .erase();
    }
    let rows = silences
        .into_iter()
        .map(|silence| view! { <Row silence /> })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="silences">
            <div class="sect-h"><h2 id="silences">"Silences"</h2><p>"times in UTC"</p></div>
            <FoldingTable named_by="silences" columns=&SILENCES_COLUMNS>{rows}</FoldingTable>
        </section>
    }
    .erase()
}

#[component]
fn Row(silence: SilenceRow) -> impl IntoView {
    let get = |name: &str| silence.fields.get(name).unwrap_or_default().to_owned();
    let state = match (silence.is_over, silence.is_active) {
        (true, _) => "Over",
        (false, true) => "Holds now",
        (false, false) => "Waits",
    };
    let covers: Vec<String> = COVERED
        .iter()
        .filter(|name| !get(name).is_empty())
        .map(|name| format!("{}: {}", name.replace('_', " "), get(name)))
        .collect();
    let when = if get("days").is_empty() {
        let short = |name: &str| {
            get(name)
                .parse::<chrono::DateTime<Utc>>()
                .map_or_else(|_no_time| get(name), |at| day_clock(at.timestamp_millis()))
        };
        let to = silence.ended_at.map_or_else(
            || short("to"),
            |at| format!("{}, ended by hand", day_clock(at.timestamp_millis())),
        );
        format!("{} to {to}", short("from"))
    } else {
        format!("{} at {} for {}", get("days"), get("at"), get("for"))
    };
    let end = (!silence.is_over).then(|| {
        view! {
            <form method="post" action=format!("/alerts/silences/{}/end", silence.id)>
                <button class="btn">"End silence"</button>
            </form>
        }
    });
    let by = get("by");
    let calendar = (!silence.is_over).then(|| calendar(&silence));
    view! {
        <tr role="row" class=silence.is_over.then_some("off")>
            <td role="cell" class="b">{state}</td>
            <td role="cell">{get("reason")} {(!by.is_empty()).then(|| view! { <span class="sub">"by "{by}</span> })}</td>
            <td role="cell" data-l="Covers">{if covers.is_empty() { "everything".to_owned() } else { covers.join("; ") }}</td>
            <td role="cell" data-l="When">{when}</td>
            <td role="cell" class="week" data-l="Next seven days">{calendar}</td>
            <td role="cell" class="num acts">{end}</td>
        </tr>
    }
}

/// A line of seven days with the stretches in which it holds, and under it when it holds next.
fn calendar(silence: &SilenceRow) -> AnyView {
    const DAY: i64 = 86_400_000;
    let from = now().timestamp_millis();
    let time = TimeScale::new(from, from + 7 * DAY);
    let mut svg = Svg::default();
    svg.bar("rail", (0.0, 100.0), 4.0, 4.0);
    for days in 1..=7 {
        let at = from - from.rem_euclid(DAY) + days * DAY;
        svg.vertical("day", time.percent(at), 0.0, 12.0);
    }
    for stretch in &silence.next {
        if let Some((x, width)) = time.clip(
            stretch.from.timestamp_millis(),
            stretch.to.timestamp_millis(),
        ) {
            svg.bar("fill", (x, width.max(0.8)), 2.0, 8.0);
        }
    }
    let stretches: Vec<String> = silence
        .next
        .iter()
        .map(|stretch| {
            format!(
                "{} to {}",
                day_clock(stretch.from.timestamp_millis()),
                day_clock(stretch.to.timestamp_millis())
            )
        })
        .collect();
    let label = if stretches.is_empty() {
        format!("not before {}", day(from + 7 * DAY))
    } else {
        stretches.join(", ")
    };
    let next = match silence
        .next
        .first()
        .map(|stretch| (stretch.from, stretch.to))
    {
        None => label.clone(),
        Some((begins, ends)) if begins.timestamp_millis() <= from => {
            format!("until {}", day_clock(ends.timestamp_millis()))
        }
        Some((begins, _)) => {
            let begins = begins.timestamp_millis();
            format!(
                "next {}, in {}",
                day_clock(begins),
                duration_short(begins - from)
            )
        }
    };
    view! {
        <svg class="track" width="100%" height="12" role="img" aria-label=label inner_html=svg.finish()></svg>
        <span class="sub">{next}</span>
    }
    .erase()
}

#[component]
fn New(form: Form) -> impl IntoView {
    view! {
        <section class="sect" aria-labelledby="new">
            <div class="sect-h"><h2 id="new">"Be silent"</h2><p>"once, or every week; times in UTC"</p></div>
            {form.refusal()}
            {form.others(&SHOWN)}
            <form method="post" action="/alerts/silences#new" class="mt4">
                <div class="flds">
                    {form.line("reason", "Why", "for whoever wonders later")}
                    {form.line("by", "Who", "your name")}
                    {form.line("workloads", "Workloads", "checkout, shop/*: patterns; empty for all")}
                    {form.line("rules", "Rules", "Restarting?in?a?loop: patterns of names; empty for all")}
                    {form.line("sources", "Sources", "edge-*: patterns; empty for all")}
                    {form.line("labels", "Labels", "team=payments: all that are named; empty for all")}
                    {form.choice("at_most", "Severity at most", "what is more severe is said all the same", &[("", "any"), ("warning", "warning"), ("info", "info")])}
                    {form.line("for", "For", "2h: from now, or from the begin")}
                    {form.input("from", "From", "now when it is empty", "datetime-local")}
                    {form.input("to", "Until", "in place of a length; the last week of a window", "datetime-local")}
                    {form.line("days", "Every week on", "sat, sun: for a maintenance window")}
                    {form.line("at", "At", "02:00: when that begins")}
                </div>
                <div class="bar mt4"><button class="btn pri">"Be silent"</button></div>
            </form>
        </section>
    }
}
