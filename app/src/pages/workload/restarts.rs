//! The ledger of the range: every restart with its cause, how sure that is, and why.

use domain::{
    metric::TaskKind,
    verdict::{Evidence, EvidenceKind, Stance},
    view::RestartRow,
};
use leptos::prelude::*;

use super::finding::capitalised;
use crate::{
    components::{CauseLabel, CauseMark, ConfidenceDots, Glyph},
    erase::Erase,
    format::{clock, count, day_clock, duration, rfc3339, version},
};

/// The restarts of the range, newest first.
#[component]
pub fn RestartTable(
    /// The newest ones.
    rows: Vec<RestartRow>,
    /// How many count as restarts in the range.
    total: usize,
    /// The ledger has more entries in the range than these.
    more: bool,
    /// Deploys in the range.
    deploys: usize,
    /// What is counted as tasks.
    task_kind: Option<TaskKind>,
) -> impl IntoView {
    let one_day = match (rows.first(), rows.last()) {
        (Some(newest), Some(oldest)) => {
            newest.ended_at.date_naive() == oldest.ended_at.date_naive()
        }
        _ => true,
    };
    let tasks = format!(
        "{} at end",
        capitalised(task_kind.map_or("tasks", TaskKind::label))
    );
    let shown = rows.len();
    let summary = match (total, deploys) {
        (0, 0) => String::new(),
        (n, 0) => plural(n, "restart"),
        (n, d) => format!("{} and {}", plural(n, "restart"), plural(d, "deploy")),
    };
    let cut = more.then(|| format!("The newest {shown} are listed; zoom in to see the others."));
    let body = rows
        .into_iter()
        .map(|row| ledger_row(row, one_day, &tasks))
        .collect_view();
    view! {
        <section class="sect" aria-labelledby="restarts">
            <div class="sect-h">
                <h2 id="restarts">"Restarts in this range"</h2>
                <p>{summary}</p>
                <p>{cut}</p>
            </div>
            {if shown == 0 {
                view! { <p class="mut">"No run ended in this range. Choose a longer one above."</p> }.erase()
            } else {
                view! {
                    <table class="plain restarts">
                        <thead>
                            <tr>
                                <th scope="col">"Ended (UTC)"</th>
                                <th scope="col">"Cause"</th>
                                <th scope="col">"Confidence"</th>
                                <th scope="col">"Evidence"</th>
                                <th scope="col" class="num">"Exit"</th>
                                <th scope="col" class="num">"Ran for"</th>
                                <th scope="col" class="num">{tasks}</th>
                                <th scope="col">"Version"</th>
                            </tr>
                        </thead>
                        <tbody>{body}</tbody>
                    </table>
                }
                    .erase()
            }}
        </section>
    }
    .erase()
}

fn ledger_row(row: RestartRow, one_day: bool, tasks_label: &str) -> impl IntoView + use<> {
    let ended = row.ended_at.timestamp_millis();
    let exit = row
        .exit_code
        .map_or_else(|| "not seen".to_owned(), |code| code.to_string());
    let tasks = row
        .tasks_at_end
        .map_or_else(|| "–".to_owned(), |n| count(n as f64));
    view! {
        <tr id=format!("r{}", row.id)>
            <td class="nw b">
                <a href=format!("/restarts/{}", row.id) rel="external">
                    <time datetime=rfc3339(ended)>{if one_day { clock(ended) } else { day_clock(ended) }}</time>
                </a>
            </td>
            <td class="end">
                <CauseLabel cause=row.cause />
            </td>
            <td>
                <ConfidenceDots confidence=row.confidence />
            </td>
            <td class="why-c">
                <Why evidence=row.evidence />
            </td>
            <td class="num end" data-l="exit">
                {exit}
                " "
                <span class="mut">{row.signal}</span>
            </td>
            <td class="num" data-l="ran for">{duration(row.ran_for_ms)}</td>
            <td class="num end" data-l=tasks_label.to_lowercase()>{tasks}</td>
            <td class="nw mut">{version(&row.image, row.next_image.as_deref())}</td>
        </tr>
    }
}

/// The evidence in one line, which unfolds to all of it.
#[component]
fn Why(evidence: Vec<Evidence>) -> impl IntoView {
    let line = summary(&evidence);
    let items = evidence
        .into_iter()
        .map(|item| {
            let (glyph, word) = match item.stance {
                Stance::For => (Glyph::Ok, "for"),
                Stance::Against => (Glyph::No, "against"),
                Stance::Missing => (Glyph::Unknown, "missing"),
            };
            let at = item.at.map(|at| {
                let at = at.timestamp_millis();
                view! { <time datetime=rfc3339(at)>{clock(at)}</time> }
            });
            view! {
                <li>
                    <span class="stance">
                        <CauseMark glyph=glyph tone="c-none" />
                        {word}
                    </span>
                    <span>{item.text}</span>
                    {at}
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="why">
            <summary>{line}</summary>
            <ul class="ev">{items}</ul>
        </details>
    }
}

/// The strongest reason and, if something speaks against the cause or is missing, that; else the second reason.
fn summary(evidence: &[Evidence]) -> String {
    let of = |stance: Stance| evidence.iter().filter(move |e| e.stance == stance);
    let doubts = of(Stance::Against).chain(of(Stance::Missing)).take(1);
    // Memory is what people ask about first.
    let (memory, others): (Vec<_>, Vec<_>) =
        of(Stance::For).partition(|e| e.kind == EvidenceKind::Memory);
    let reasons = memory
        .into_iter()
        .chain(others)
        .take(if doubts.clone().next().is_some() {
            1
        } else {
            2
        });
    let line: Vec<_> = reasons
        .chain(doubts)
        .map(|e| e.text.trim_end_matches('.'))
        .collect();
    if line.is_empty() {
        "Nothing was seen that would tell".to_owned()
    } else {
        line.join("; ")
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        count(n as f64),
        if n == 1 { "" } else { "s" }
    )
}
