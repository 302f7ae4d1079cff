//! The last lines, with what matters in them marked.

use std::ops::Range;

use domain::{
    ids::{RestartId, WorkloadId},
    log::{LogLine, Stream},
    redact::MARK,
    view::{LogView, PanicDetail},
};
use leptos::prelude::*;

use super::words::plural;
use crate::{
    documents::address::address,
    erase::Erase,
    format::{clock, rfc3339},
};

/// Lines that are shown: the last ones. All of them can be downloaded.
const SHOWN: usize = 400;

/// The log of a run, its panic and what was taken out of it marked.
#[component]
pub fn LogBlock(
    /// Whose.
    restart: RestartId,
    /// The workload that is.
    workload: WorkloadId,
    /// The log; `None` when none was asked for.
    log: Option<LogView>,
    /// The panic in it.
    panic: Option<PanicDetail>,
) -> impl IntoView {
    let (about, body) = match log {
        None => (
            String::new(),
            view! {
                <p class="mut">
                    "No log was read: the end was not seen as it happened, or it is older than logs are kept. The settings page says how long that is."
                </p>
            }
            .erase(),
        ),
        Some(log) => match log.summary.missing {
            Some(reason) => (
                "not read".to_owned(),
                view! { <p class="mut">{reason.sentence()}</p> }.erase(),
            ),
            None => (about(&log), lines(&log.lines, panic.as_ref(), restart)),
        },
    };
    view! {
        <section class="sect" aria-labelledby="log">
            <div class="sect-h">
                <h2 id="log">"The last it wrote"</h2>
                <p>{about}</p>
                <p class="end no-print">
                    <a class="link" href=format!("/logs?workload={workload}") rel="external">
                        "Search all its logs"
                    </a>
                </p>
            </div>
            {body}
        </section>
    }
    .erase()
}

/// How much of it there is, and what was taken out.
pub(super) fn about(log: &LogView) -> String {
    let more = if log.summary.is_cut { "the last " } else { "" };
    let hidden = match log.summary.redacted {
        0 => String::new(),
        secrets => format!(
            ", {} taken out before storing",
            plural(secrets as usize, "secret")
        ),
    };
    format!("{more}{}{hidden}", plural(log.lines.len(), "line"))
}

/// All of it that fits on a page, and the way to the rest.
pub(super) fn lines(lines: &[LogLine], panic: Option<&PanicDetail>, restart: RestartId) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="mut">"The run wrote nothing. Programs that log to a file in the container are not seen here."</p> }
            .erase();
    }
    let marked = panic.map(|panic| block(lines, panic));
    let skipped = lines.len().saturating_sub(SHOWN);
    let rows = rows(lines, skipped..lines.len(), marked);
    let cut = (skipped > 0).then(|| {
        view! { <p class="mut">{format!("{} before these are in the download.", plural(skipped, "line"))}</p> }
    });
    view! {
        {cut}
        <div class="log" tabindex="0" role="region" aria-label="Log">{rows}</div>
        <div class="bar mt2 no-print">
            <a class="btn" href=address(format!("/api/v1/restarts/{restart}/log")) rel="external" download>
                "Download"
            </a>
        </div>
    }
    .erase()
}

/// Some of the lines, those of the panic marked.
pub(super) fn rows(
    lines: &[LogLine],
    range: Range<usize>,
    marked: Option<(usize, usize)>,
) -> AnyView {
    lines
        .iter()
        .enumerate()
        .skip(range.start)
        .take(range.len())
        .map(|(index, line)| {
            let is_hit = marked.is_some_and(|(from, to)| (from..=to).contains(&index));
            let class = match (is_hit, line.stream) {
                (true, _) => "hit",
                (false, Stream::Err) => "err",
                (false, Stream::Out) => "",
            };
            let time = line.at.map(|at| {
                let at = at.timestamp_millis();
                view! { <time datetime=rfc3339(at)>{clock(at)}</time> }
            });
            view! { <div class=class>{time}<span>{with_marks(&line.text)}</span></div> }
        })
        .collect_view()
        .into_any()
}

/// The lines of a panic: from its first to the last that names one of its functions.
pub(super) fn block(lines: &[LogLine], panic: &PanicDetail) -> (usize, usize) {
    let from = panic.first_line as usize;
    let last = panic.frames.iter().filter_map(|frame| {
        let at = lines
            .iter()
            .skip(from)
            .position(|line| line.text.contains(&frame.function))?;
        // Its place may stand on the line below.
        let below = frame
            .file
            .as_deref()
            .zip(lines.get(from + at + 1))
            .is_some_and(|(file, line)| line.text.contains(file));
        Some(from + at + usize::from(below))
    });
    (from, last.max().unwrap_or(from))
}

/// The text of a line, what was taken out of it as marks.
pub(in crate::documents) fn with_marks(text: &str) -> Vec<AnyView> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        let Some((rule, after)) = after.split_once(']') else {
            break;
        };
        if !before.is_empty() {
            parts.push(before.to_owned().into_any());
        }
        let rule = rule.to_owned();
        parts.push(view! { <mark class="redact">{format!("redacted: {rule}")}</mark> }.into_any());
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned().into_any());
    }
    parts
}
