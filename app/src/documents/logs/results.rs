//! The logs that have the words, the lines that say most of each.

use domain::{
    Timestamp,
    log::Stream,
    view::{HitLine, LogHit, Page},
};
use leptos::prelude::*;

use super::filter::Filter;
use crate::{
    components::{Ago, CauseLabel},
    documents::evidence::{log::with_marks, words::plural},
    erase::Erase,
    format::{clock, count, rfc3339},
};

/// A page of logs, and the way to the next.
#[component]
pub fn Results(
    /// The logs.
    page: Page<LogHit>,
    /// What was asked for.
    filter: Filter,
    /// Now.
    now: Timestamp,
) -> impl IntoView {
    let shown = plural(page.data.len(), "log");
    let about = match (&filter.cursor, &page.meta.next) {
        (None, None) => format!("{shown}, the newest first"),
        (None, Some(_)) => format!("the newest {shown}"),
        (Some(_), _) => format!("{shown} before those"),
    };
    let next = page.meta.next.map(|cursor| {
        view! {
            <a class="btn" href=filter.after(cursor).address() rel="external">
                "Older logs"
            </a>
        }
    });
    let newest = filter.cursor.is_some().then(|| {
        let first = Filter {
            cursor: None,
            ..filter
        };
        view! {
            <a class="btn" href=first.address() rel="external">
                "Newest logs"
            </a>
        }
    });
    let found = page.data.into_iter().map(|hit| found(hit, now));
    view! {
        <section class="sect" aria-labelledby="found">
            <div class="sect-h">
                <h2 id="found">"Found"</h2>
                <p>{about}</p>
            </div>
            {found.collect_view()}
            <div class="bar mt4 no-print">{newest} {next}</div>
        </section>
    }
    .erase()
}

fn found(hit: LogHit, now: Timestamp) -> AnyView {
    let id = format!("log-{}", hit.restart);
    let named = id.clone();
    let code = hit.exit_code.map(|code| format!("exit {code}, "));
    let lines = format!(
        "{} of {} with a hit",
        count(f64::from(hit.lines_with_hits)),
        plural(hit.log_lines as usize, "line")
    );
    let incident = hit.incident.map(|incident| {
        view! {
            <a class="link" href=format!("/incidents/{incident}") rel="external">
                {format!("I-{incident}")}
            </a>
        }
    });
    let label = format!("Lines of {}", hit.workload_name);
    view! {
        <article class="found" aria-labelledby=named>
            <header>
                <h3 id=id>
                    <a href=format!("/restarts/{}", hit.restart) rel="external">
                        {hit.workload_name}
                    </a>
                </h3>
                <CauseLabel cause=hit.cause />
                <span class="mut">{code} "ended " <Ago at=hit.ended_at now /></span>
                <span class="mut">{lines}</span>
                <span class="end">
                    {incident}
                    <a class="link" href=format!("/api/v1/restarts/{}/log", hit.restart) rel="external" download>
                        "Download"
                    </a>
                </span>
            </header>
            <div class="log" tabindex="0" role="region" aria-label=label>
                {excerpt(&hit.lines)}
            </div>
        </article>
    }
    .erase()
}

/// The lines, and how many are between them.
fn excerpt(lines: &[HitLine]) -> AnyView {
    let mut next = 0;
    lines
        .iter()
        .map(|line| {
            let skipped = line.number.saturating_sub(next);
            next = line.number + 1;
            let gap = (skipped > 0).then(|| {
                view! { <p class="gap">{format!("{} not shown", plural(skipped as usize, "line"))}</p> }
            });
            let class = (line.stream == Stream::Err).then_some("err");
            let time = line.at.map(|at| {
                let at = at.timestamp_millis();
                view! { <time datetime=rfc3339(at)>{clock(at)}</time> }
            });
            let parts = line
                .parts
                .iter()
                .map(|part| {
                    if part.is_hit {
                        view! { <mark class="found-word">{part.text.clone()}</mark> }.into_any()
                    } else {
                        with_marks(&part.text).into_any()
                    }
                })
                .collect_view();
            view! {
                {gap}
                <div class=class>{time}<span>{parts}</span></div>
            }
        })
        .collect_view()
        .into_any()
}
