//! Every run of a workload, aligned at its start: what it did, how old it became, and what is ahead of the one that lasts.

pub mod table;

use domain::{
    leak::Reading,
    metric::Unit,
    view::{AnalysisQuery, AnalysisView, GrowthState, RunRow, TimeRange, WorkloadDetail},
};
use leptos::prelude::*;

use self::table::RunTable;
use super::{
    ages::{Ages, Cone, Line},
    asking,
    workload::{AgeChart, Framed, id_in_path, missing, tasks_title},
};
use crate::{
    backend::BackendError,
    components::{Empty, Tab},
    erase::Erase,
    format::{bytes, count, duration},
    pages::workload::finding::capitalised,
};

/// Runs that are drawn: more lines would be one area.
const DRAWN: usize = 24;
/// Restarts of so many days are correlated here.
const DAYS: i64 = 7;

/// The page at `/workloads/:id/runs`.
#[component]
pub fn Runs() -> impl IntoView {
    let id = id_in_path();
    let (backend, caller) = asking();
    view! {
        {Suspend::new(async move {
            let asked = async {
                let id = id?;
                let now = chrono::DateTime::from_timestamp_millis(crate::state::now_ms()).unwrap_or_default();
                let query = AnalysisQuery {
                    range: TimeRange {
                        from: now - chrono::TimeDelta::days(DAYS),
                        to: now,
                    },
                };
                futures::try_join!(
                    backend.workload(&caller, id), backend.runs(&caller, id), backend.analysis(&caller, id, &query)
                )
            };
            match asked.await {
                Ok((detail, runs, analysis)) => view! { <Loaded detail runs=runs.data analysis /> }.erase(),
                Err::<_, BackendError>(error) => missing(error),
            }
        })}
    }
}

#[component]
fn Loaded(detail: WorkloadDetail, runs: Vec<RunRow>, analysis: AnalysisView) -> impl IntoView {
    let body = if runs.is_empty() {
        view! {
            <Empty title="No run was seen in the last 30 days">
                <p>"Runs are listed from the first one that Inquest saw begin. Start the container, and come back in a minute."</p>
            </Empty>
        }
        .erase()
    } else {
        let says = sentences(&analysis)
            .into_iter()
            .map(|(claim, rest)| {
                view! {
                    <p class="say">
                        <b>{claim}</b>
                        " "
                        <span class="q">{rest}</span>
                    </p>
                }
            })
            .collect_view();
        let memory = memory_chart(&runs, &analysis);
        let tasks = tasks_chart(&runs);
        view! {
            {says}
            <section class="mt4" aria-label="Runs by age">
                {memory}
                {tasks}
            </section>
            <RunTable runs />
        }
        .erase()
    };
    view! {
        <Framed detail current=Tab::Runs title="Runs">
            {body}
        </Framed>
    }
}

/// What the runs say: each a statement and what qualifies it.
fn sentences(analysis: &AnalysisView) -> Vec<(String, String)> {
    let mut says = Vec::new();
    if let Some(text) = &analysis.survival_text {
        let sawtooth = if analysis.is_sawtooth {
            "A sawtooth: memory climbs from the start of each run to its limit."
        } else {
            ""
        };
        says.push((format!("{}.", capitalised(text)), sawtooth.to_owned()));
    }
    if let Some(forecast) = &analysis.forecast {
        let record = forecast
            .hits
            .zip(forecast.tried)
            .map(|(hits, tried)| {
                format!("; {hits} of {tried} such forecasts held when they were tried on past runs")
            })
            .unwrap_or_default();
        let claim = match forecast.likely_at {
            Some(_) => format!("Next limit in {}.", forecast.text),
            None => format!("Next limit: {}.", lowered(&forecast.text)),
        };
        let claim = claim.replace("in Any moment", "at any moment");
        says.push((claim, format!("Memory {}{record}.", forecast.reason)));
    }
    if let Some(tasks) = analysis
        .tasks
        .as_ref()
        .filter(|tasks| tasks.state == GrowthState::Growing)
    {
        let cost = analysis
            .cost
            .as_ref()
            .map(|cost| format!("{}.", capitalised(&cost.text)));
        says.push((
            format!("The task count {}.", tasks.text),
            cost.unwrap_or_default(),
        ));
    } else if let Some(cost) = &analysis.cost {
        says.push((format!("{}.", capitalised(&cost.text)), String::new()));
    }
    says.push((
        "Right size:".to_owned(),
        format!("{}.", analysis.right_size_text),
    ));
    says
}

/// A text from the middle of a sentence.
fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn memory_chart(runs: &[RunRow], analysis: &AnalysisView) -> Option<AnyView> {
    let limits: Vec<u64> = drawn(runs).filter_map(|run| run.limit_bytes).collect();
    // With several limits there is no one line not to be crossed.
    let limit = limits
        .first()
        .filter(|first| limits.iter().all(|limit| limit == *first))
        .map(|limit| *limit as f64);
    let ages = Ages {
        lines: lines(runs, |run| &run.memory),
        limit,
        unit: Unit::Bytes,
        cone: runs
            .first()
            .and_then(|run| Cone::of(run, analysis.forecast.as_ref())),
    };
    let has_cone = ages.cone.is_some();
    let mut keys = keys(runs);
    if let Some(limit) = limit {
        keys.push(("lim", format!("limit {}", bytes(limit))));
    }
    if has_cone {
        keys.push(("ln likely", "forecast".to_owned()));
    }
    chart("Memory by age of the run".to_owned(), &ages, keys, bytes)
}

fn tasks_chart(runs: &[RunRow]) -> Option<AnyView> {
    let ages = Ages {
        lines: lines(runs, |run| &run.tasks),
        limit: None,
        unit: Unit::Count,
        cone: None,
    };
    let kind = runs.iter().find_map(|run| run.task_kind);
    chart(tasks_title(kind), &ages, keys(runs), count)
}

fn chart(
    title: String,
    ages: &Ages<'_>,
    keys: Vec<(&'static str, String)>,
    say: fn(f64) -> String,
) -> Option<AnyView> {
    if ages.is_empty() {
        return None;
    }
    let summary = summary(ages, say);
    let picture = ages.render();
    Some(view! { <AgeChart title summary picture keys /> }.erase())
}

/// A chart in a sentence.
pub(super) fn summary(ages: &Ages<'_>, say: fn(f64) -> String) -> String {
    let drawn = ages.lines.iter().filter(|line| !line.readings.is_empty());
    let died = drawn.clone().filter(|line| line.died.is_some()).count();
    let readings = ages.lines.iter().flat_map(|line| line.readings);
    let highest = readings.map(|reading| reading.max).fold(0.0, f64::max);
    format!(
        "{} runs by age, {died} of which died; at most {}.",
        drawn.count(),
        say(highest)
    )
}

/// The runs that are drawn, oldest first.
fn drawn(runs: &[RunRow]) -> impl Iterator<Item = &RunRow> {
    runs[..runs.len().min(DRAWN)].iter().rev()
}

fn lines(runs: &[RunRow], readings: fn(&RunRow) -> &Vec<Reading>) -> Vec<Line<'_>> {
    drawn(runs)
        .map(|run| {
            let class = if run.ended_at.is_none() {
                "now"
            } else {
                "past"
            };
            Line::of(run, readings(run), class)
        })
        .collect()
}

fn keys(runs: &[RunRow]) -> Vec<(&'static str, String)> {
    let past = drawn(runs)
        .filter(|run| run.ended_at.is_some() && !run.memory.is_empty())
        .count();
    let noun = if past == 1 { "run" } else { "runs" };
    let now = runs.first().filter(|run| run.ended_at.is_none());
    [
        (past > 0).then(|| ("ln past", format!("{past} past {noun}, ▲ died"))),
        now.map(|run| ("ln now", format!("this run, {} old", duration(run.age_ms)))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
