//! The list of rules.

use domain::view::RuleRow;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{Tabs, alerting};
use crate::{
    documents::{
        asking, failed,
        folding::{Column, FoldingTable},
    },
    erase::Erase,
};

const RULES_COLUMNS: [Column; 5] = [
    Column::Text("Rule"),
    Column::Text("Alerts when"),
    Column::Text("Severity"),
    Column::Number("Firing"),
    Column::Unseen("Switch"),
];

/// The page at `/alerts/rules`.
#[component]
pub fn Rules() -> impl IntoView {
    let (backend, caller) = asking();
    view! {
        <Title text="Alert rules" />
        <h1>"Alerts"</h1>
        <Tabs here="/alerts/rules" />
        {Suspend::new(async move {
            let rules = match alerting(&backend) {
                Ok(alerts) => alerts.rules(&caller).await,
                Err(error) => Err(error),
            };
            match rules {
                Ok(rules) => view! { <div class="lists" id="lists" data-live><List rules /></div> }.erase(),
                Err(error) => failed("Alert rules", error),
            }
        })}
    }
}

#[component]
fn List(rules: Vec<RuleRow>) -> impl IntoView {
    let total = rules.len();
    let on = rules.iter().filter(|rule| is_on(rule)).count();
    let rows = rules
        .into_iter()
        .map(|rule| view! { <Row rule /> })
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="rules">
            <div class="sect-h">
                <h2 id="rules">"Rules"</h2>
                <p>{format!("{on} of {total} on")}</p>
                <div class="bar end">
                    <a class="btn ghost" href="/alerts/rules.toml" rel="external">"Export as TOML"</a>
                    <a class="btn pri" href="/alerts/rules/new">"New rule"</a>
                </div>
            </div>
            <FoldingTable named_by="rules" columns=&RULES_COLUMNS>{rows}</FoldingTable>
        </section>
    }
}

fn is_on(rule: &RuleRow) -> bool {
    rule.fields.get("enabled") != Some("false")
}

#[component]
fn Row(rule: RuleRow) -> impl IntoView {
    let on = is_on(&rule);
    let name = rule.fields.get("name").unwrap_or_default().to_owned();
    let scope: Vec<String> = ["workloads", "sources", "images", "labels"]
        .iter()
        .filter_map(|field| {
            rule.fields
                .get(field)
                .map(|text| format!("{field}: {text}"))
        })
        .collect();
    let switch = if rule.from_file {
        view! { <span class="tag">"from a file"</span> }.erase()
    } else {
        let (value, word) = if on {
            ("false", "Switch off")
        } else {
            ("true", "Switch on")
        };
        view! {
            <form method="post" action=format!("/alerts/rules/{}/switch", rule.id)>
                <input type="hidden" name="enabled" value=value />
                <button class="btn">{word}<span class="vh">" "{name.clone()}</span></button>
            </form>
        }
        .erase()
    };
    view! {
        <tr role="row" class=(!on).then_some("off")>
            <td role="cell">
                <a class="b" href=format!("/alerts/rules/{}", rule.id)>{name}</a>
                <span class="sub">{if scope.is_empty() { "all workloads".to_owned() } else { scope.join("; ") }}</span>
            </td>
            <td role="cell" data-l="Alerts when">{rule.summary.clone()}</td>
            <td role="cell" data-l="Severity">{rule.fields.get("severity").unwrap_or_default().to_owned()}</td>
            <td role="cell" class="num" data-l="Firing">{rule.firing.to_string()}</td>
            <td role="cell" class="num acts">{switch}</td>
        </tr>
    }
}
