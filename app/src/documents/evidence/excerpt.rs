//! A log in brief: its panic and its last lines, for a page that has more to say.

use std::ops::Range;

use domain::{
    ids::RestartId,
    view::{LogView, PanicDetail},
};
use leptos::prelude::*;

use super::{log, words::plural};
use crate::erase::Erase;

/// The last lines that are always shown.
const LAST: usize = 20;
/// Lines of a panic: a stack of a hundred goroutines says no more than its first.
const PANIC: usize = 20;
/// Fewer lines than these are shown rather than counted.
const GAP: usize = 3;

/// The lines that say most: the panic and the last ones, in order and apart from each other.
pub fn pick(log: &LogView, panic: Option<&PanicDetail>) -> Vec<Range<usize>> {
    let all = log.lines.len();
    let panic = panic
        .map(|panic| log::block(&log.lines, panic))
        .filter(|(from, _)| *from < all)
        .map(|(from, to)| from..(to + 1).min(from + PANIC).min(all));
    let mut picked: Vec<Range<usize>> = Vec::new();
    let mut ranges: Vec<_> = panic
        .into_iter()
        .chain(std::iter::once(all.saturating_sub(LAST)..all))
        .collect();
    ranges.sort_by_key(|range| range.start);
    for range in ranges {
        let before = picked.last().map_or(0, |last| last.end);
        match picked.last_mut() {
            Some(last) if range.start < before + GAP => last.end = last.end.max(range.end),
            _ if range.start < GAP => picked.push(0..range.end),
            _ => picked.push(range),
        }
    }
    picked
}

/// The log in brief, all of it behind a click. Nothing where there is none.
#[component]
pub fn LogExcerpt(
    /// Whose.
    restart: RestartId,
    /// Whose and when, in words.
    of: String,
    /// The log.
    log: LogView,
    /// The panic in it.
    panic: Option<PanicDetail>,
) -> impl IntoView {
    if log.lines.is_empty() {
        return ().erase();
    }
    let picked = pick(&log, panic.as_ref());
    let marked = panic.as_ref().map(|panic| log::block(&log.lines, panic));
    let mut end = 0;
    let parts = picked
        .iter()
        .map(|range| {
            let skipped = range.start - end;
            end = range.end;
            let gap = (skipped > 0).then(|| {
                view! { <p class="gap">{format!("{} not shown", plural(skipped, "line"))}</p> }
            });
            view! {
                {gap}
                {log::rows(&log.lines, range.clone(), marked)}
            }
            .erase()
        })
        .collect_view();
    let is_whole = picked.iter().map(ExactSizeIterator::len).sum::<usize>() == log.lines.len();
    let whole = (!is_whole).then(|| {
        view! {
            <details class="why mt2 no-print">
                <summary>{format!("All {}", plural(log.lines.len(), "line"))}</summary>
                {log::lines(&log.lines, panic.as_ref(), restart)}
            </details>
        }
    });
    view! {
        <section class="sect" aria-labelledby="log">
            <div class="sect-h">
                <h2 id="log">"The last it wrote"</h2>
                <p>{format!("{of}: {}", log::about(&log))}</p>
            </div>
            <div class="log" tabindex="0" role="region" aria-label="Log, in brief">
                {parts}
            </div>
            {whole}
        </section>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::WorkloadId,
        log::{LogLine, Stream},
        panic::Language,
        view::{LogSummary, PanicGroup},
    };

    use super::*;

    fn log_of(lines: usize) -> LogView {
        let line = |n| LogLine {
            at: None,
            stream: Stream::Out,
            text: format!("line {n}"),
        };
        LogView {
            summary: LogSummary {
                lines: lines as u32,
                is_cut: false,
                redacted: 0,
                missing: None,
            },
            lines: (0..lines).map(line).collect(),
        }
    }

    fn panic_at(first_line: u32, frames: usize) -> PanicDetail {
        let at = chrono::DateTime::UNIX_EPOCH;
        PanicDetail {
            group: PanicGroup {
                fingerprint: "go:v1:0".to_owned(),
                workload: WorkloadId(1),
                workload_name: "checkout".to_owned(),
                language: Language::Go,
                kind: "panic".to_owned(),
                message: String::new(),
                count: 1,
                first_seen_at: at,
                last_seen_at: at,
                last_restart: RestartId(1),
                images: Vec::new(),
                came_back: None,
            },
            frames: (1..=frames)
                .map(|n| domain::panic::Frame {
                    function: format!("line {}", first_line as usize + n),
                    file: None,
                    line: None,
                    in_app: true,
                })
                .collect(),
            first_line,
        }
    }

    /// Its first line and how many frames it has.
    type Panic = Option<(u32, usize)>;
    /// A name, how many lines there are, the panic in them, and what is picked.
    type Case<'a> = (&'a str, usize, Panic, &'a [(usize, usize)]);

    #[test]
    fn the_panic_and_the_end() {
        let cases: &[Case<'_>] = &[
            ("nothing", 0, None, &[(0, 0)]),
            ("short", 12, None, &[(0, 12)]),
            ("hardly longer", 22, None, &[(0, 22)]),
            ("long", 100, None, &[(80, 100)]),
            ("panic before", 100, Some((40, 3)), &[(40, 44), (80, 100)]),
            ("panic within", 100, Some((85, 3)), &[(80, 100)]),
            ("panic beside", 100, Some((74, 3)), &[(74, 100)]),
            ("panic first", 100, Some((1, 3)), &[(0, 5), (80, 100)]),
            ("endless panic", 100, Some((10, 60)), &[(10, 30), (80, 100)]),
            ("panic not kept", 30, Some((300, 0)), &[(10, 30)]),
        ];
        for (name, lines, panic, picked) in cases {
            let panic = panic.map(|(first, frames)| panic_at(first, frames));
            let found: Vec<_> = pick(&log_of(*lines), panic.as_ref())
                .into_iter()
                .map(|range| (range.start, range.end))
                .collect();
            assert_eq!(&found, picked, "{name}");
        }
    }
}
