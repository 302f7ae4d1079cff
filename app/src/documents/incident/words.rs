//! What is said about an incident. Nothing is said that was not counted.

use domain::{
    correlation::{AT_LIMIT, WITHIN_S},
    incident::{IncidentState, ResolvedBy},
    metric::TaskKind,
    verdict::{Cause, CauseGroup, EvidenceKind, Stance},
    view::{CorrelationView, EntryKind, IncidentEntry, IncidentRow, RestartRow},
};

use super::PostMortem;
use crate::format::{NBSP, clock_minute, count, day, duration, percent};

/// Workloads that are named in a sentence; of more there is a number, and they are in the table.
const NAMED: usize = 5;

/// `checkout ran out of memory 19 times in 14 h`.
pub fn headline(row: &IncidentRow) -> String {
    let times = match row.restarts {
        1 => String::new(),
        2 => " twice".to_owned(),
        n => format!(" {} times", count(f64::from(n))),
    };
    let lasted = (row.last_at - row.began_at).num_milliseconds();
    let within = if row.restarts > 1 && lasted >= 1_000 {
        format!(" in {}", duration(lasted))
    } else {
        String::new()
    };
    let Some(name) = &row.workload_name else {
        let what = match row.cause {
            Cause::NodeOutOfMemory => format!("The host of {} ran out of memory", row.source),
            _ => format!("{} or its host went down", row.source),
        };
        return match row.workloads {
            0 => what,
            1 => format!("{what} and took 1 workload with it"),
            n => format!("{what} and took {} workloads with it", count(f64::from(n))),
        };
    };
    match row.cause {
        Cause::OutOfMemory | Cause::NodeOutOfMemory => {
            format!("{name} ran out of memory{times}{within}")
        }
        Cause::ChildOutOfMemory => format!("{name} lost processes to the kernel{times}{within}"),
        Cause::RuntimeOutOfMemory => format!("{name} exhausted its heap{times}{within}"),
        Cause::Crash => format!("{name} crashed{times}{within}"),
        Cause::Completed => format!("{name} ended by itself and was started again{times}{within}"),
        Cause::FailedProbe => format!("{name} failed its health check{times}{within}"),
        Cause::Killed => {
            format!("{name} was killed{times}{within}; by whom was not seen")
        }
        Cause::Platform => format!("{name} went down with its engine{times}{within}"),
        Cause::Stopped => format!("{name} was stopped{times}{within}"),
        Cause::Deployed => format!("{name} was deployed{times}{within}"),
        Cause::Unknown => format!("{name} ended{times}{within}; why was not seen"),
    }
}

/// How far it is, in a sentence without a full stop.
pub fn state(row: &IncidentRow) -> String {
    let at = |at: domain::Timestamp| {
        let at = at.timestamp_millis();
        format!("{} {} UTC", day(at), clock_minute(at))
    };
    match (row.resolved_at, row.resolved_by, row.quiet_at) {
        (Some(resolved), Some(ResolvedBy::Quiet), _) => {
            let quiet = (resolved - row.last_at).num_milliseconds();
            if quiet < 1_000 {
                "over".to_owned()
            } else {
                format!("over after {} without a restart", duration(quiet))
            }
        }
        (Some(resolved), Some(ResolvedBy::Unwatched), _) => format!(
            "closed on {}: its source is no longer watched, so whether it went on is not known",
            at(resolved)
        ),
        (Some(resolved), ..) => format!("resolved by hand on {}", at(resolved)),
        (None, _, Some(quiet)) => {
            format!("over by itself on {} if nothing more happens", at(quiet))
        }
        (None, _, None) => "goes on".to_owned(),
    }
}

/// The word for a state.
pub const fn state_name(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Open => "Open",
        IncidentState::Acknowledged => "Acknowledged",
        IncidentState::Resolved => "Resolved",
    }
}

/// What holds for its restarts: a statement, and what qualifies it.
pub fn claim(page: &PostMortem) -> (String, String) {
    let rows = &page.restarts.data;
    if rows.is_empty() {
        return (
            restarts(page.incident.row.restarts as usize),
            "They are no longer kept; what was written down about them is.".to_owned(),
        );
    }
    let statement = match page.incident.row.cause.group() {
        CauseGroup::Memory if page.incident.row.workload.is_some() => at_limit(rows),
        _ => None,
    };
    let statement = statement.unwrap_or_else(|| exits(rows));
    // Of several workloads these are no one thing.
    let of_one = page
        .incident
        .row
        .workload
        .map(|_| [lasted(rows), tasks(rows)]);
    let rest: Vec<_> = of_one
        .into_iter()
        .flatten()
        .chain([down(page)])
        .flatten()
        .collect();
    (statement, rest.join(" "))
}

/// How many restarts came with memory at its limit, of those of which that can be told.
fn at_limit(rows: &[RestartRow]) -> Option<String> {
    let told: Vec<bool> = rows.iter().filter_map(followed).collect();
    let (of, followed) = (told.len(), told.iter().filter(|told| **told).count());
    if followed == 0 {
        return None;
    }
    let untold = match rows.len() - of {
        0 => String::new(),
        n => format!(" Of {n} more that could not be told."),
    };
    let subject = match (of, followed == of) {
        (1, _) => "The restart".to_owned(),
        (of, true) => format!("{of} of {of} restarts"),
        (of, false) => format!("{followed} of {of} restarts"),
    };
    Some(format!(
        "{subject} came within {WITHIN_S}{NBSP}s of memory reaching its limit.{untold}"
    ))
}

/// What its ends follow, each with how likely that is by chance; and at which age runs end, where that is always the same. Nothing where they
/// follow nothing.
pub fn follows(page: &PostMortem) -> Vec<String> {
    let Some(analysis) = &page.analysis else {
        return Vec::new();
    };
    let sentence = |it: &CorrelationView| format!("{}; {}.", it.text, it.chance_text);
    let memory = analysis
        .memory_correlation
        .as_ref()
        .filter(|memory| memory.figures.followed > 0);
    let tasks = analysis
        .tasks_correlation
        .as_ref()
        .filter(|tasks| tasks.significant);
    let mut said: Vec<String> = memory.into_iter().chain(tasks).map(sentence).collect();
    if said.is_empty() {
        return said;
    }
    let ages = analysis
        .survival
        .filter(|survival| survival.regular)
        .and(analysis.survival_text.as_ref());
    said.extend(ages.map(|text| format!("{}.", capitalised(text))));
    said
}

/// Whether memory was at its limit before an end, or the engine reported that it had been; `None` when that was not seen.
fn followed(row: &RestartRow) -> Option<bool> {
    let reported = row
        .evidence
        .iter()
        .any(|item| item.kind == EvidenceKind::OomEvent && item.stance == Stance::For);
    if reported {
        return Some(true);
    }
    let fresh = (row.ended_at - row.last_sample_at?).num_seconds() <= WITHIN_S;
    let ratio = row.last_memory_ratio?;
    fresh.then_some(ratio >= AT_LIMIT)
}

/// How the processes ended.
fn exits(rows: &[RestartRow]) -> String {
    let mut seen: Vec<(String, usize)> = Vec::new();
    for row in rows {
        let exit = exit(row);
        match seen.iter_mut().find(|(known, _)| *known == exit) {
            Some((_, count)) => *count += 1,
            None => seen.push((exit, 1)),
        }
    }
    seen.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all = rows.len();
    match &seen[..] {
        [(exit, _)] if all == 1 => format!("It ended with {exit}."),
        [(exit, _)] => format!("{all} of {all} ended with {exit}."),
        seen => {
            let parts: Vec<_> = seen
                .iter()
                .take(3)
                .map(|(exit, n)| format!("{n} of {all} with {exit}"))
                .collect();
            format!("Ended {}.", parts.join(", "))
        }
    }
}

/// `exit code 137 (SIGKILL)`.
pub fn exit(row: &RestartRow) -> String {
    match (row.exit_code, &row.signal) {
        (Some(code), Some(signal)) => format!("exit code {code} ({signal})"),
        (Some(code), None) => format!("exit code {code}"),
        (None, _) => "an exit code that was not seen".to_owned(),
    }
}

/// What several ends have in common, as `20 of 20 ended with exit code 137 (SIGKILL). Runs lasted 58 min to 1 h`
pub fn alike(rows: &[RestartRow]) -> String {
    let said: Vec<_> = [Some(exits(rows)), lasted(rows)]
        .into_iter()
        .flatten()
        .collect();
    said.join(" ").trim_end_matches('.').to_owned()
}

fn lasted(rows: &[RestartRow]) -> Option<String> {
    let (shortest, longest) = range(rows.iter().map(|row| row.ran_for_ms))?;
    let lasted = if duration(shortest) == duration(longest) {
        duration(longest)
    } else {
        format!("{} to {}", duration(shortest), duration(longest))
    };
    Some(match rows.len() {
        1 => format!("The run lasted {lasted}."),
        _ => format!("Runs lasted {lasted}."),
    })
}

fn tasks(rows: &[RestartRow]) -> Option<String> {
    let kind = rows.iter().find_map(|row| row.task_kind)?;
    let counts = rows
        .iter()
        .filter(|row| row.task_kind == Some(kind))
        .filter_map(|row| row.tasks_at_end);
    let (least, most) = range(counts.map(|count| count as i64))?;
    let label = capitalised(TaskKind::label(kind));
    Some(if least == most {
        format!("{label} at the end: {}.", count(most as f64))
    } else {
        format!(
            "{label} at the end: {} to {}.",
            count(least as f64),
            count(most as f64)
        )
    })
}

/// Whether it came back.
fn down(page: &PostMortem) -> Option<String> {
    let down: Vec<_> = page
        .incident
        .victims
        .iter()
        .filter(|victim| victim.is_down)
        .map(|victim| victim.name.as_str())
        .collect();
    match (&down[..], page.incident.victims.len()) {
        ([], _) => None,
        ([_], 1) => Some("It has stayed down since.".to_owned()),
        (names, all) if names.len() > NAMED => {
            Some(format!("{} of {all} workloads stayed down.", names.len()))
        }
        (names, _) => Some(format!("{} stayed down.", names.join(", "))),
    }
}

fn range(values: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    values.fold(None, |range, value| {
        let (least, most) = range.unwrap_or((value, value));
        Some((least.min(value), most.max(value)))
    })
}

/// `19 restarts`.
pub fn restarts(n: usize) -> String {
    match n {
        1 => "1 restart".to_owned(),
        n => format!("{} restarts", count(n as f64)),
    }
}

/// `confirmed in 18 of 19`; nothing when all are as sure.
pub fn sureness(page: &PostMortem) -> Option<String> {
    let confidence = page.incident.row.confidence?;
    let (sure, all) = (
        page.incident.confidences.of(confidence),
        page.incident.confidences.total(),
    );
    (sure < all).then(|| format!("in {sure} of {all}"))
}

/// What an entry says: a sentence, and what was written.
pub fn entry(entry: &IncidentEntry) -> (String, Option<String>) {
    let by = entry
        .who
        .as_deref()
        .map_or_else(String::new, |who| format!(" by {who}"));
    let text = (!entry.text.is_empty()).then(|| entry.text.clone());
    match entry.kind {
        EntryKind::Acknowledged => (format!("Acknowledged{by}"), text),
        EntryKind::Resolved => (format!("Resolved{by}"), text),
        EntryKind::Reopened => (format!("Reopened{by}"), text),
        EntryKind::Owner => match text {
            Some(owner) => (format!("Given to {owner}{by}"), None),
            None => (format!("Given to nobody{by}"), None),
        },
        EntryKind::Note => (format!("Note{by}"), text),
    }
}

/// The label as the start of a sentence.
pub fn capitalised(label: &str) -> String {
    crate::pages::workload::finding::capitalised(label)
}

/// `99.6 % of the limit, 4 s before the end`.
pub fn last_memory(row: &RestartRow) -> Option<String> {
    let ratio = row.last_memory_ratio?;
    let before = row
        .last_sample_at
        .map(|at| (row.ended_at - at).num_milliseconds())
        .map_or_else(String::new, |before| {
            format!(", {} before the end", duration(before))
        });
    Some(format!("{} of the limit{before}", percent(ratio)))
}
