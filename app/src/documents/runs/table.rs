//! The runs as a table, newest first.

use domain::{
    metric::TaskKind,
    view::{GrowthState, RunRow},
};
use leptos::prelude::*;

use crate::{
    components::{CauseLabel, ConfidenceDots},
    erase::Erase,
    format::{bytes, count, day_clock, duration, percent, rfc3339, version},
    pages::workload::finding::capitalised,
};

/// Rows of the table; the API has more.
const ROWS: usize = 60;

/// The newest runs.
#[component]
pub fn RunTable(
    /// Newest first.
    runs: Vec<RunRow>,
) -> impl IntoView {
    let all = runs.len();
    let kind = runs.iter().find_map(|run| run.task_kind);
    let tasks = format!(
        "{} at end",
        capitalised(kind.map_or("tasks", TaskKind::label))
    );
    let how_many = if all > ROWS {
        format!("the newest {ROWS} of {}", count(all as f64))
    } else {
        format!("all {all} of the last 30 days")
    };
    let rows = runs
        .into_iter()
        .take(ROWS)
        .map(|run| row(run, &tasks))
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="runs">
            <div class="sect-h">
                <h2 id="runs">"Runs"</h2>
                <p>{how_many}</p>
            </div>
            <table class="plain restarts">
                <thead>
                    <tr>
                        <th scope="col">"Began (UTC)"</th>
                        <th scope="col">"Ended by"</th>
                        <th scope="col" class="num">"Age"</th>
                        <th scope="col" class="num">"Memory at end"</th>
                        <th scope="col" class="num">{tasks}</th>
                        <th scope="col">"Memory"</th>
                        <th scope="col">"Version"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(run: RunRow, tasks_label: &str) -> impl IntoView + use<> {
    let began = run.started_at.timestamp_millis();
    let end = match (run.ended_at, run.cause, run.confidence) {
        (None, ..) => view! { <b>"Running"</b> }.erase(),
        (Some(_), Some(cause), Some(confidence)) => view! {
            <CauseLabel cause />
            " "
            <ConfidenceDots confidence />
        }
        .erase(),
        (Some(_), ..) => view! { <span class="mut">"not judged"</span> }.erase(),
    };
    let memory = run.memory_at_end_bytes.map_or_else(
        || "–".to_owned(),
        |used| match run.limit_bytes.filter(|limit| *limit > 0) {
            Some(limit) => format!(
                "{}, {}",
                bytes(used as f64),
                percent(used as f64 / limit as f64)
            ),
            None => bytes(used as f64),
        },
    );
    let tasks = run
        .tasks_at_end
        .map_or_else(|| "–".to_owned(), |tasks| count(tasks as f64));
    let unknown = run.memory_growth.state == GrowthState::Unknown;
    let growth = if run.memory.is_empty() {
        String::new()
    } else {
        run.memory_growth.text
    };
    view! {
        <tr>
            <td class="nw b">
                <time datetime=rfc3339(began)>{day_clock(began)}</time>
            </td>
            <td class="end">{end}</td>
            <td class="num" data-l="age">
                {duration(run.age_ms)}
            </td>
            <td class="num end" data-l="memory at end">
                {memory}
            </td>
            <td class="num" data-l=tasks_label.to_lowercase()>
                {tasks}
            </td>
            <td class="end" class:mut=unknown>{growth}</td>
            <td class="nw mut">{version(&run.image, None)}</td>
        </tr>
    }
}
