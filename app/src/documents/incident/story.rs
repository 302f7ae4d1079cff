//! The timeline: what happened in the order in which it happened, told from its end.

use domain::{
    Timestamp,
    restart::RestartKind,
    view::{EntryKind, RestartRow, TimelineKind},
};

use super::{PostMortem, words};
use crate::{
    chart::markers::Row,
    components::{Glyph, tone},
    format::{NBSP, count, day_clock, duration, percent, span, version},
};

/// Restarts that are told in every step; of the others there is one line each.
const IN_STEPS: usize = 2;
/// Ends of a workload that have a line of their own; all earlier ones share one.
const APART: usize = 5;
/// Fewer ends than these do not share one.
const TOGETHER: usize = 3;
/// Lines about what happened; what people wrote is always told.
const LINES: usize = 24;
/// A report of the kernel and the end that it led to are at most this far apart, in milliseconds. (Seen: the report 0.7 s after the end.)
const SAME_MOMENT: i64 = 15_000;
/// From this share of the limit on, the last reading before an end is a step of its own.
const NEAR: f64 = 0.8;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Path of its picture, in a box of 12 by 12.
    pub glyph: &'static str,
    /// The class that colours it.
    pub tone: &'static str,
    /// What happened.
    pub text: String,
    /// More about it; may be empty.
    pub more: String,
    /// Whether it stays when there are too many.
    pub stays: bool,
}

/// The lines, newest first, and how many were left out.
pub fn tell(page: &PostMortem) -> (Vec<Line>, usize) {
    let mut lines = entries(page);
    lines.extend(facts(page));
    let rows = &page.restarts.data;
    let in_steps = in_steps(page);
    let apart = apart(page);
    for (index, row) in rows[..apart].iter().enumerate() {
        if index < in_steps {
            lines.extend(steps(page, row));
        } else {
            lines.push(Line {
                stays: index + 1 == rows.len(),
                ..brief(page, row)
            });
        }
    }
    lines.extend(together(page, &rows[apart..]));
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    let all = lines.len();
    let mut kept = 0;
    lines.retain(|line| {
        kept += usize::from(!line.stays);
        line.stays || kept <= LINES
    });
    let left_out = all - lines.len();
    (lines, left_out)
}

/// How many are told in every step: none where each is another workload's.
fn in_steps(page: &PostMortem) -> usize {
    page.incident.row.workload.map_or(0, |_| IN_STEPS)
}

/// How many have lines of their own: all where each is another workload's.
fn apart(page: &PostMortem) -> usize {
    let all = page.restarts.data.len();
    if page.incident.row.workload.is_some() && all >= APART + TOGETHER {
        APART
    } else {
        all
    }
}

/// All earlier ends in one line, at the newest of them.
fn together(page: &PostMortem, rows: &[RestartRow]) -> Option<Line> {
    let newest = rows.first()?;
    // The ledger may hold more than are looked at.
    let shown = page.restarts.data.len() - rows.len();
    let all = (page.incident.row.restarts as usize)
        .saturating_sub(shown)
        .max(rows.len());
    Some(Line {
        at: newest.ended_at,
        glyph: Row::Restart.glyph(),
        tone: tone(newest.cause),
        text: format!(
            "{} earlier ends like this since {}",
            count(all as f64),
            day_clock(page.incident.row.began_at.timestamp_millis())
        ),
        more: words::alike(rows),
        stays: true,
    })
}

/// What became of it, and what people wrote.
fn entries(page: &PostMortem) -> Vec<Line> {
    let entries = page.incident.entries.iter();
    entries
        .map(|entry| {
            let (text, more) = words::entry(entry);
            Line {
                at: entry.at,
                glyph: match entry.kind {
                    EntryKind::Resolved => Glyph::Ok.path(),
                    EntryKind::Reopened => Glyph::Restart.path(),
                    EntryKind::Acknowledged | EntryKind::Owner | EntryKind::Note => {
                        Glyph::Person.path()
                    }
                },
                tone: "c-none",
                text,
                more: more.unwrap_or_default(),
                stays: true,
            }
        })
        .collect()
}

/// Reports of the kernel, deploys and stretches that were not seen.
fn facts(page: &PostMortem) -> Vec<Line> {
    let facts = page.charts.timeline.iter();
    let told_in_brief = |at: Timestamp| {
        page.restarts
            .data
            .iter()
            .skip(in_steps(page))
            .any(|row| is_moment_of(row, at))
    };
    facts
        .filter(|fact| fact.kind != TimelineKind::Oom || !told_in_brief(fact.at))
        .filter_map(|fact| {
            let at = fact.at.timestamp_millis();
            let line = |glyph, tone, text: &str, more: String| Line {
                at: fact.at,
                glyph,
                tone,
                text: text.to_owned(),
                more,
                stays: false,
            };
            Some(match fact.kind {
                TimelineKind::Oom => line(
                    Row::OomKill.glyph(),
                    "c-memory",
                    "OOM kill reported by the engine",
                    String::new(),
                ),
                TimelineKind::ChildOutOfMemory => line(
                    Row::OomKill.glyph(),
                    "c-memory",
                    "OOM kill of a process in it",
                    "the container lived on".to_owned(),
                ),
                TimelineKind::Deploy => Line {
                    stays: true,
                    ..line(
                        Row::Deploy.glyph(),
                        "c-person",
                        "Deployed",
                        fact.text.clone(),
                    )
                },
                TimelineKind::Proof => Line {
                    stays: true,
                    ..line(
                        Glyph::Ok.path(),
                        "c-none",
                        &words::capitalised(&fact.text),
                        String::new(),
                    )
                },
                TimelineKind::CoverageGap => {
                    let until = fact.until.map_or(page.at, |until| until.min(page.at));
                    line(
                        Glyph::Unknown.path(),
                        "c-none",
                        "Not watched",
                        format!("{}: {}", span(at, until.timestamp_millis()), fact.text),
                    )
                }
                _ => return None,
            })
        })
        .collect()
}

/// An end in steps: the last reading, the end, the next start.
fn steps(page: &PostMortem, row: &RestartRow) -> Vec<Line> {
    let mut lines = Vec::new();
    if let (Some(ratio), Some(at)) = (row.last_memory_ratio, row.last_sample_at)
        && ratio >= NEAR
    {
        lines.push(Line {
            at,
            glyph: Glyph::Memory.path(),
            tone: "c-memory",
            text: format!("Memory at {} of its limit", percent(ratio)),
            more: format!(
                "last reading, {} before the end",
                duration((row.ended_at - at).num_milliseconds())
            ),
            stays: false,
        });
    }
    lines.push(Line {
        at: row.ended_at,
        glyph: Row::Restart.glyph(),
        tone: tone(row.cause),
        text: format!("{}Process ended, {}", of(page, row), words::exit(row)),
        more: format!("after {}", duration(row.ran_for_ms)),
        stays: false,
    });
    if let Some(started_at) = row.started_at {
        let after = duration((started_at - row.ended_at).num_milliseconds());
        let version = row.next_image.as_deref().map_or_else(String::new, |next| {
            format!(", {}", version(&row.image, Some(next)))
        });
        lines.push(Line {
            at: started_at,
            glyph: Glyph::Ok.path(),
            tone: "c-none",
            text: format!("{}Started again{}", of(page, row), how(row.kind)),
            more: format!("{after} after the end{version}"),
            stays: false,
        });
    }
    lines
}

/// An end in one line.
fn brief(page: &PostMortem, row: &RestartRow) -> Line {
    let back = match row.started_at {
        Some(started_at) => format!(
            "started again after {}",
            duration((started_at - row.ended_at).num_milliseconds())
        ),
        None => "stayed down".to_owned(),
    };
    let killed = page
        .charts
        .timeline
        .iter()
        .any(|fact| fact.kind == TimelineKind::Oom && is_moment_of(row, fact.at));
    let killed = if killed { "OOM kill; " } else { "" };
    let memory =
        words::last_memory(row).map_or_else(String::new, |memory| format!("memory at {memory}; "));
    Line {
        at: row.ended_at,
        glyph: Row::Restart.glyph(),
        tone: tone(row.cause),
        text: format!("{}Ended, {}", of(page, row), words::exit(row)),
        more: format!("{killed}{memory}{back}"),
        stays: false,
    }
}

/// Whether something happened at the end of a run.
fn is_moment_of(row: &RestartRow, at: Timestamp) -> bool {
    (row.ended_at - at).num_milliseconds().abs() <= SAME_MOMENT
}

/// Whose, where there are several.
fn of(page: &PostMortem, row: &RestartRow) -> String {
    match page.incident.row.workload {
        Some(_) => String::new(),
        None => format!("{}: ", row.workload_name),
    }
}

/// How the next run came about.
const fn how(kind: RestartKind) -> &'static str {
    match kind {
        RestartKind::Policy => " by its restart policy",
        RestartKind::Manual => " by a person",
        RestartKind::Recreated => " as a new container",
        RestartKind::EngineRestart => " after the engine",
        RestartKind::Unobserved => "; how was not seen",
        RestartKind::StayedDown => "",
    }
}

/// When a line was, and how far from the newest end: `−33 s`, `+21 min 54 s`.
pub fn moment(page: &PostMortem, line: &Line) -> (String, String) {
    let from_end = (line.at - page.incident.row.last_at).num_milliseconds();
    let offset = match from_end {
        0 => "the newest end".to_owned(),
        after if after > 0 => format!("+{}", duration(after)),
        before => format!("−{}", duration(-before)),
    };
    (
        day_clock(line.at.timestamp_millis()),
        offset.replace(' ', &NBSP.to_string()),
    )
}
