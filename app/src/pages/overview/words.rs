//! What the overview says in words. Every claim is one that the rows support.

use domain::{
    source::SourceState,
    view::{FleetSummary, SourceRow, WorkloadRow},
    workload::ContainerState,
};

use crate::format::{clock_minute, count, duration_short, percent};

/// Share of the limit from which it is said in the headline.
const NEAR_LIMIT: f64 = 0.9;

/// The page's headline: what is restarting now, else what did in the last day.
pub fn headline(summary: &FleetSummary, rows: &[WorkloadRow]) -> String {
    let now: Vec<_> = rows
        .iter()
        .filter(|row| row.restarts.last_10m > 0)
        .collect();
    let claim = match (now.as_slice(), summary.restarting) {
        ([], 0) => "No restarts in the last 24 h".to_owned(),
        ([], 1) => format!(
            "Nothing is restarting now; {} restarted in the last 24 h",
            only_restarted(rows)
        ),
        ([], n) => format!("Nothing is restarting now; {n} workloads restarted in the last 24 h"),
        ([one], _) => format!("{} is restarting", one.name),
        (many, _) => format!("{} workloads are restarting", many.len()),
    };
    match (nearest_limit(rows), now.first()) {
        (Some((row, ratio)), _) => format!(
            "{claim}; {} is at {} of its memory limit",
            row.name,
            percent(ratio)
        ),
        (None, Some(worst)) if worst.restarts.last_24h > 1 => {
            let times = count(f64::from(worst.restarts.last_24h));
            if now.len() == 1 {
                format!("{claim}: {times} times in the last 24 h")
            } else {
                format!("{claim}; {} {times} times in the last 24 h", worst.name)
            }
        }
        _ => claim,
    }
}

fn only_restarted(rows: &[WorkloadRow]) -> &str {
    rows.iter()
        .find(|row| row.restarts.last_24h > 0)
        .map_or("one workload", |row| &row.name)
}

/// The running workload nearest to its limit, if it is near and its numbers are fresh.
fn nearest_limit(rows: &[WorkloadRow]) -> Option<(&WorkloadRow, f64)> {
    rows.iter()
        .filter(|row| {
            row.source_state == SourceState::Healthy && row.state == ContainerState::Running
        })
        .filter_map(|row| Some((row, row.memory.ratio?)))
        .filter(|(_, ratio)| *ratio >= NEAR_LIMIT)
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// `47 restarts in 24 h, 34 from memory`, without its first number.
pub fn restarts(summary: &FleetSummary) -> String {
    let noun = if summary.restarts_24h == 1 {
        "restart"
    } else {
        "restarts"
    };
    match summary.memory_24h {
        0 => format!("{noun} in 24 h"),
        all if all == summary.restarts_24h => format!("{noun} in 24 h, from memory"),
        some => format!("{noun} in 24 h, {} from memory", count(f64::from(some))),
    }
}

/// `of 2 sources healthy, last poll 4 s ago`, after the number of healthy ones. `now` in milliseconds since the epoch.
pub fn sources(sources: &[SourceRow], now: i64) -> String {
    let noun = if sources.len() == 1 {
        "source"
    } else {
        "sources"
    };
    let newest = sources
        .iter()
        .filter_map(|source| source.last_poll_at)
        .max();
    let polled = newest.map_or_else(
        || "not polled yet".to_owned(),
        |at| {
            format!(
                "last poll {} ago",
                duration_short(now - at.timestamp_millis())
            )
        },
    );
    format!("of {} {noun} healthy, {polled}", sources.len())
}

/// What is wrong with a source: `has not answered since 16:18 (11 min)`. `None` when it answers. `now` in milliseconds since the epoch.
pub fn trouble(source: &SourceRow, now: i64) -> Option<String> {
    let what = match source.state {
        SourceState::Healthy | SourceState::Connecting => return None,
        SourceState::Unreachable => "has not answered",
        SourceState::PermissionDenied => "refuses access",
        SourceState::Unsupported => "speaks an API that Inquest does not know",
    };
    let since = source.since.map(|at| at.timestamp_millis());
    Some(since.map_or_else(
        || what.to_owned(),
        |at| {
            format!(
                "{what} since {} ({})",
                clock_minute(at),
                duration_short(now - at)
            )
        },
    ))
}

/// Text as a sentence: with a capital, and with a full stop if it has no end of its own.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let mut sentence: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(letters.as_str());
    if !text.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{format::NBSP, pages::overview::example::row};

    fn restarted(name: &str, last_10m: u32, last_24h: u32) -> WorkloadRow {
        let mut row = row(1, name);
        row.restarts.last_10m = last_10m;
        row.restarts.last_24h = last_24h;
        row
    }

    fn said(rows: &[WorkloadRow]) -> String {
        let summary = FleetSummary {
            restarting: rows.iter().filter(|row| row.restarts.last_24h > 0).count() as u32,
            ..FleetSummary::default()
        };
        headline(&summary, rows).replace(NBSP, " ")
    }

    #[test]
    fn the_headline_says_what_is_restarting() {
        let cases = [
            (vec![row(1, "a")], "No restarts in the last 24 h"),
            (
                vec![restarted("a", 0, 2)],
                "Nothing is restarting now; a restarted in the last 24 h",
            ),
            (
                vec![restarted("a", 0, 2), restarted("b", 0, 1)],
                "Nothing is restarting now; 2 workloads restarted in the last 24 h",
            ),
            (vec![restarted("a", 1, 1)], "a is restarting"),
            (
                vec![restarted("a", 1, 22)],
                "a is restarting: 22 times in the last 24 h",
            ),
            (
                vec![restarted("a", 1, 22), restarted("b", 1, 9)],
                "2 workloads are restarting; a 22 times in the last 24 h",
            ),
        ];
        for (rows, expected) in cases {
            assert_eq!(said(&rows), expected);
        }
    }

    #[test]
    fn the_headline_names_who_is_near_its_limit_unless_the_number_is_old() {
        let mut near = restarted("a", 0, 0);
        near.memory.ratio = Some(0.973);
        assert_eq!(
            said(std::slice::from_ref(&near)),
            "No restarts in the last 24 h; a is at 97.3 % of its memory limit"
        );
        near.source_state = SourceState::Unreachable;
        assert_eq!(said(&[near]), "No restarts in the last 24 h");
    }

    #[test]
    fn restarts_from_memory_are_counted_apart() {
        let said = |restarts_24h, memory_24h| {
            restarts(&FleetSummary {
                restarts_24h,
                memory_24h,
                ..FleetSummary::default()
            })
        };
        assert_eq!(said(0, 0), "restarts in 24 h");
        assert_eq!(said(1, 1), "restart in 24 h, from memory");
        assert_eq!(said(47, 34), "restarts in 24 h, 34 from memory");
    }

    #[test]
    fn a_sentence_begins_and_ends_as_one() {
        assert_eq!(sentence("it failed"), "It failed.");
        assert_eq!(sentence("It failed."), "It failed.");
    }
}
