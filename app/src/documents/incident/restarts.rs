//! The restarts of an incident.

use domain::{metric::TaskKind, view::RestartRow};
use leptos::prelude::*;

use super::{PostMortem, words};
use crate::{
    components::ConfidenceDots,
    documents::address::address,
    erase::Erase,
    format::{clock, count, day_clock, duration, percent, rfc3339, version},
};

/// So many are listed; the API has all of them.
pub const LISTED: usize = 20;

/// The newest restarts, one a row.
#[component]
pub fn Restarts(
    /// The incident.
    page: PostMortem,
) -> impl IntoView {
    let rows = &page.restarts.data;
    if rows.is_empty() {
        return view! {
            <section class="sect" aria-labelledby="restarts">
                <div class="sect-h">
                    <h2 id="restarts">"Restarts"</h2>
                </div>
                <p class="mut">
                    "They are no longer kept: "<code>"[retention] restarts"</code>
                    " is shorter than " <code>"incidents"</code>"."
                </p>
            </section>
        }
        .erase();
    }
    let kind = rows.iter().find_map(|row| row.task_kind);
    let tasks = words::capitalised(kind.map_or("tasks", TaskKind::label));
    let one_day = match (rows.first(), rows.last()) {
        (Some(newest), Some(oldest)) => {
            newest.ended_at.date_naive() == oldest.ended_at.date_naive()
        }
        _ => true,
    };
    let all = page.incident.row.restarts as usize;
    let shown = rows.len().min(LISTED);
    let cut = (shown < all).then(|| format!("the newest {shown} of {}", count(all as f64)));
    let more = (shown < all).then(|| more(&page, all - shown));
    let of_source = page.incident.row.workload.is_none();
    let tasks_label = tasks.to_lowercase();
    let body = rows
        .iter()
        .take(LISTED)
        .map(|row| table_row(row, one_day, of_source, &tasks_label))
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="restarts">
            <div class="sect-h">
                <h2 id="restarts">"Restarts"</h2>
                <p>{cut}</p>
            </div>
            <table class="plain restarts">
                <thead>
                    <tr>
                        <th scope="col">"Ended (UTC)"</th>
                        {of_source.then(|| view! { <th scope="col">"Workload"</th> })}
                        <th scope="col">"Confidence"</th>
                        <th scope="col" class="num">"Exit"</th>
                        <th scope="col" class="num">"Ran for"</th>
                        <th scope="col" class="num">"Memory, last"</th>
                        <th scope="col" class="num">{format!("{tasks}, last")}</th>
                        <th scope="col" class="num">"Down for"</th>
                        <th scope="col">"Version"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
            {more}
        </section>
    }
    .erase()
}

/// Where those are that are not listed.
fn more(page: &PostMortem, n: usize) -> AnyView {
    let charts = page.incident.row.workload.map(|workload| {
        let (from, to) = (page.incident.row.began_at, page.charts.range.to);
        let href = address(format!(
            "/workloads/{workload}?from={}&to={}",
            rfc3339(from.timestamp_millis()),
            rfc3339(to.timestamp_millis())
        ));
        view! {
            ", all "
            <a class="link" href=href rel="external">
                "in the workload’s charts"
            </a>
        }
    });
    let href = address(format!(
        "/api/v1/restarts?incident={}&limit=1000",
        page.incident.row.id
    ));
    view! {
        <p class="mut mt2">
            {format!("{} more: all ", count(n as f64))}
            <a class="link" href=href rel="external">
                "as JSON"
            </a>
            {charts}
        </p>
    }
    .erase()
}

fn table_row(row: &RestartRow, one_day: bool, of_source: bool, tasks_label: &str) -> AnyView {
    let ended = row.ended_at.timestamp_millis();
    let exit = row
        .exit_code
        .map_or_else(|| "not seen".to_owned(), |code| code.to_string());
    let memory = row
        .last_memory_ratio
        .map_or_else(|| "–".to_owned(), percent);
    let tasks = row
        .tasks_at_end
        .map_or_else(|| "–".to_owned(), |n| count(n as f64));
    let down = row.started_at.map_or_else(
        || "stayed down".to_owned(),
        |started| duration((started - row.ended_at).num_milliseconds()),
    );
    let workload = of_source.then(|| {
        view! {
            <td>
                <a class="link" href=address(format!("/workloads/{}", row.workload)) rel="external">
                    {row.workload_name.clone()}
                </a>
            </td>
        }
    });
    view! {
        <tr id=format!("r{}", row.id)>
            <td class="nw b">
                <a href=address(format!("/restarts/{}", row.id)) rel="external">
                    <time datetime=rfc3339(ended)>{if one_day { clock(ended) } else { day_clock(ended) }}</time>
                </a>
            </td>
            {workload}
            <td class="end">
                <ConfidenceDots confidence=row.confidence />
            </td>
            <td class="num" data-l="exit">
                {exit}
                " "
                <span class="mut">{row.signal.clone()}</span>
            </td>
            <td class="num end" data-l="ran for">{duration(row.ran_for_ms)}</td>
            <td class="num" data-l="memory, last">{memory}</td>
            <td class="num end" data-l=format!("{tasks_label}, last")>{tasks}</td>
            <td class="num" data-l="down for">{down}</td>
            <td class="nw mut end">{version(&row.image, row.next_image.as_deref())}</td>
        </tr>
    }
    .erase()
}
