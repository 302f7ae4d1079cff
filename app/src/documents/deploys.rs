//! Every deploy of a workload and what it did: before and after at the same age of the runs.

use std::collections::HashMap;

use domain::{
    ids::RunId,
    leak::Reading,
    metric::{TaskKind, Unit},
    view::{BeforeAfter, DeployOutcome, DeployRow, RunRow, WorkloadDetail},
};
use leptos::prelude::*;

use super::{
    ages::{Ages, Line},
    asking,
    runs::summary,
    workload::{AgeChart, Framed, id_in_path, missing, tasks_title},
};
use crate::{
    backend::BackendError,
    components::{Empty, Fact, Tab},
    erase::Erase,
    format::{bytes, count, day_clock, duration, rfc3339, version},
    pages::workload::{finding::capitalised, said::change},
};

/// Deploys that are told of; the API has all.
const SHOWN: usize = 20;
/// Of these the newest are drawn, if there is something to see.
const DRAWN: usize = 4;
/// Runs of either side that are drawn.
const RUNS: usize = 12;

/// The page at `/workloads/:id/deploys`.
#[component]
pub fn Deploys() -> impl IntoView {
    let id = id_in_path();
    let (backend, caller) = asking();
    view! {
        {Suspend::new(async move {
            let asked = async {
                let id = id?;
                futures::try_join!(
                    backend.workload(&caller, id), backend.runs(&caller, id), backend.deploys(&caller, id)
                )
            };
            match asked.await {
                Ok((detail, runs, deploys)) => {
                    view! { <Loaded detail runs=runs.data deploys=deploys.data /> }.erase()
                }
                Err::<_, BackendError>(error) => missing(error),
            }
        })}
    }
}

#[component]
fn Loaded(detail: WorkloadDetail, runs: Vec<RunRow>, deploys: Vec<DeployRow>) -> impl IntoView {
    let body = if deploys.is_empty() {
        view! {
            <Empty title="No deploy was seen in the last 30 days">
                <p>
                    "A deploy is another image or another memory limit. With the next one, Inquest compares the runs after it with those before at the same age, and says whether the restarts are gone."
                </p>
            </Empty>
        }
        .erase()
    } else {
        let all = deploys.len();
        let by_id: HashMap<RunId, &RunRow> = runs.iter().map(|run| (run.id, run)).collect();
        let more = (all > SHOWN).then(|| {
            view! { <p class="mut t2 mt4">{format!("The newest {SHOWN} of {all} are listed.")}</p> }
        });
        let mut drawn = 0;
        let sections: Vec<_> = deploys
            .into_iter()
            .take(SHOWN)
            .map(|deploy| {
                let charts = if drawn < DRAWN {
                    charts(&deploy, &by_id)
                } else {
                    Vec::new()
                };
                drawn += usize::from(!charts.is_empty());
                section(&deploy, charts)
            })
            .collect();
        view! {
            {sections}
            {more}
        }
        .erase()
    };
    view! {
        <Framed detail current=Tab::Deploys title="Deploys">
            {body}
        </Framed>
    }
}

fn section(deploy: &DeployRow, charts: Vec<AnyView>) -> AnyView {
    let at = deploy.at.timestamp_millis();
    let (head, figures) = deploy.text.split_once("; ").unwrap_or((&deploy.text, ""));
    let figures = if figures.is_empty() {
        String::new()
    } else {
        format!("{}.", capitalised(figures))
    };
    let decided = deploy.decided_at.map(|decided| {
        let when = day_clock(decided.timestamp_millis());
        match deploy
            .decided_text
            .as_ref()
            .filter(|text| !same_head(text, head))
        {
            Some(then) => format!("On the timeline at {when} UTC: {then}."),
            None => format!("On the timeline at {when} UTC."),
        }
    });
    let against = deploy.cause.map_or_else(
        || "restarts of every cause".to_owned(),
        |cause| format!("restarts from {}", cause.label().to_lowercase()),
    );
    let facts = (deploy.outcome != DeployOutcome::NothingBefore || deploy.restarts_after > 0).then(|| {
        view! {
            <dl class="facts">
                <Fact name="Compared" value=against />
                <Fact
                    name="Before"
                    value=format!(
                        "{} in {}",
                        times(deploy.restarts_before),
                        long(deploy.watched_before_s),
                    )
                />
                <Fact
                    name="After"
                    value=format!("{} in {}", times(deploy.restarts_after), long(deploy.watched_after_s))
                />
                {deploy.growth.map(|growth| view! { <Fact name="Growth of memory" value=growth_words(growth) /> })}
            </dl>
        }
    });
    view! {
        <section class="sect">
            <div class="sect-h">
                <h2>{change(deploy)}</h2>
                <p>
                    <time datetime=rfc3339(at)>{day_clock(at)}" UTC"</time>
                </p>
            </div>
            <p class="say">
                <b>{format!("{}.", capitalised(head))}</b>
                " "
                <span class="q">{figures} " " {decided}</span>
            </p>
            {facts}
            {charts}
        </section>
    }
    .erase()
}

fn same_head(then: &str, head: &str) -> bool {
    let kind = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
    kind(then) == kind(head)
}

fn times(restarts: u32) -> String {
    let noun = if restarts == 1 { "restart" } else { "restarts" };
    format!("{} {noun}", count(f64::from(restarts)))
}

fn long(seconds: f64) -> String {
    duration((seconds * 1e3) as i64)
}

/// How fast memory grew, an hour.
fn growth_words(growth: BeforeAfter) -> String {
    let an_hour = |per_s: f64| bytes(per_s.max(0.0) * 3_600.0);
    format!(
        "{} an hour instead of {}",
        an_hour(growth.after),
        an_hour(growth.before)
    )
}

/// Memory and tasks of before and after.
fn charts(deploy: &DeployRow, runs: &HashMap<RunId, &RunRow>) -> Vec<AnyView> {
    let newest = |ids: &[RunId]| -> Vec<&RunRow> {
        let known = ids.iter().rev().filter_map(|id| runs.get(id).copied());
        let seen = known.filter(|run| !run.memory.is_empty());
        seen.take(RUNS).collect()
    };
    let (before, after) = (newest(&deploy.runs_before), newest(&deploy.runs_after));
    if before.is_empty() || after.is_empty() {
        return Vec::new();
    }
    let keys = || {
        let key = |image: &str, runs: &[&RunRow], when: &str| {
            let noun = if runs.len() == 1 { "run" } else { "runs" };
            format!("{when}, {}: {} {noun}", version(image, None), runs.len())
        };
        vec![
            ("ln old", key(&deploy.from_image, &before, "before")),
            ("ln", key(&deploy.to_image, &after, "after")),
        ]
    };
    let lines = |readings: fn(&RunRow) -> &Vec<Reading>| {
        let old = before
            .iter()
            .rev()
            .map(|run| Line::of(run, readings(run), "old"));
        let new = after
            .iter()
            .rev()
            .map(|run| Line::of(run, readings(run), ""));
        old.chain(new).collect::<Vec<_>>()
    };
    let same_limit = deploy.from_limit_bytes == deploy.to_limit_bytes;
    let memory = Ages {
        lines: lines(|run| &run.memory),
        limit: deploy
            .to_limit_bytes
            .filter(|_| same_limit)
            .map(|limit| limit as f64),
        unit: Unit::Bytes,
        cone: None,
    };
    let tasks = Ages {
        lines: lines(|run| &run.tasks),
        limit: None,
        unit: Unit::Count,
        cone: None,
    };
    let kind: Option<TaskKind> = after.iter().chain(&before).find_map(|run| run.task_kind);
    [
        (
            "Memory by age of the run".to_owned(),
            memory,
            bytes as fn(f64) -> String,
        ),
        (tasks_title(kind), tasks, count),
    ]
    .into_iter()
    .filter(|(_, ages, _)| !ages.is_empty())
    .map(|(title, ages, say)| {
        let (summary, picture) = (summary(&ages, say), ages.render());
        view! { <AgeChart title summary picture keys=keys() /> }.erase()
    })
    .collect()
}
