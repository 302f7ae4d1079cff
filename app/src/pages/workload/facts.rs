//! From dated facts to what is marked on the time axis.

use domain::{
    Timestamp, restart,
    verdict::Cause,
    view::{TimelineEntry, TimelineKind},
};

use super::load::WorkloadPage;
use crate::{
    chart::{
        coverage::Span,
        markers::{Event, Row},
        order::by_time,
        plot::Deploy,
        range::RangeQuery,
        scale::TimeScale,
    },
    components::tone,
    format::{span, version},
};

/// A kill, the end of the run it caused and the deploy that caused it are seen at most this far apart, in milliseconds.
const SAME_MOMENT: i64 = 15_000;
/// What is shown around an event that has no row in the table, in milliseconds on either side.
const AROUND: i64 = 1_800_000;

/// Milliseconds since the epoch.
pub(super) fn ms(at: Timestamp) -> i64 {
    at.timestamp_millis()
}

fn of_kind(page: &WorkloadPage, kind: TimelineKind) -> impl Iterator<Item = &TimelineEntry> {
    let facts = page.timeline.data.iter();
    facts.filter(move |entry| entry.kind == kind)
}

/// When runs ended in the range, ascending.
pub(super) fn ends(page: &WorkloadPage) -> Vec<i64> {
    ascending(of_kind(page, TimelineKind::Restart).map(|entry| entry.at))
}

/// The times in milliseconds, ascending.
pub(super) fn ascending(times: impl Iterator<Item = Timestamp>) -> Vec<i64> {
    let mut times: Vec<i64> = times.map(ms).collect();
    by_time(&mut times, |at| *at);
    times
}

/// The restarts of the range that count as such, oldest first: what people did on purpose does not.
pub(super) fn restarts(page: &WorkloadPage) -> Vec<(i64, Cause)> {
    of_kind(page, TimelineKind::Restart)
        .map(|entry| (ms(entry.at), entry.cause.unwrap_or(Cause::Unknown)))
        .filter(|(_, cause)| restart::counts(*cause, true))
        .collect()
}

/// Changes of version. The names come from the ledger, which knows what ran before and after; a deploy that is not in the table
/// is marked without them.
pub(super) fn deploys(page: &WorkloadPage) -> Vec<Deploy> {
    let label = |at: i64| {
        let same = |ended_at: Timestamp| (ms(ended_at) - at).abs() <= SAME_MOMENT;
        let rows = page.restarts.data.iter();
        rows.filter(|row| same(row.ended_at))
            .find_map(|row| Some(version(&row.image, Some(row.next_image.as_deref()?))))
            .unwrap_or_default()
    };
    of_kind(page, TimelineKind::Deploy)
        .map(|entry| Deploy {
            at: ms(entry.at),
            label: label(ms(entry.at)),
        })
        .collect()
}

/// Stretches that were not seen: recorded gaps, and the time before the workload was first seen.
pub(super) fn gaps(page: &WorkloadPage) -> Vec<Span> {
    let recorded = of_kind(page, TimelineKind::CoverageGap).map(|entry| gap(entry, page));
    let before = Span {
        from: i64::MIN,
        to: ms(page.detail.first_seen_at),
    };
    recorded.chain([before]).collect()
}

/// The same in sentences, as far as it lies in the range.
pub(super) fn blind(page: &WorkloadPage) -> Vec<String> {
    let time = TimeScale::from(page.range);
    let first_seen = ms(page.detail.first_seen_at);
    let recorded = of_kind(page, TimelineKind::CoverageGap)
        .map(|entry| (gap(entry, page), entry))
        .filter(|(gap, _)| time.clip(gap.from, gap.to).is_some())
        .map(|(gap, entry)| format!("blind {}: {}", span(gap.from, gap.to), entry.text));
    let before = (first_seen > time.start())
        .then(|| format!("not watched yet: {}", span(time.start(), first_seen)));
    recorded.chain(before).collect()
}

fn gap(entry: &TimelineEntry, page: &WorkloadPage) -> Span {
    Span {
        from: ms(entry.at),
        to: entry.until.map_or(ms(page.at), ms),
    }
}

/// What the event lane marks. The end of a run by a deploy is not marked twice: the deploy has its own row and glyph.
pub(super) fn events(page: &WorkloadPage) -> Vec<Event> {
    let facts = page.timeline.data.iter();
    facts.filter_map(|entry| event(entry, page)).collect()
}

fn event(entry: &TimelineEntry, page: &WorkloadPage) -> Option<Event> {
    let (row, tone) = match (entry.kind, entry.cause) {
        (TimelineKind::Restart, Some(Cause::Deployed))
        | (
            TimelineKind::CoverageGap
            | TimelineKind::Note
            | TimelineKind::Incident
            | TimelineKind::Proof,
            _,
        ) => return None,
        (TimelineKind::Restart, cause) => (Row::Restart, tone(cause.unwrap_or(Cause::Unknown))),
        (TimelineKind::Oom | TimelineKind::ChildOutOfMemory, _) => (Row::OomKill, "c-memory"),
        (TimelineKind::Deploy, _) => (Row::Deploy, "c-person"),
        (TimelineKind::Capture, _) => (Row::Capture, "c-none"),
    };
    Some(Event {
        at: ms(entry.at),
        row,
        tone,
        label: entry.text.clone(),
        href: told_at(entry, page),
    })
}

/// Where an event is told in full: its row in the table, or its own stretch of time if the table does not reach that far.
fn told_at(entry: &TimelineEntry, page: &WorkloadPage) -> String {
    let at = ms(entry.at);
    let distance = |ended_at: Timestamp| (ms(ended_at) - at).abs();
    let rows = &page.restarts.data;
    let own = rows.iter().find(|row| entry.restart == Some(row.id));
    let nearest = || {
        rows.iter()
            .filter(|row| distance(row.ended_at) <= SAME_MOMENT)
            .min_by_key(|row| distance(row.ended_at))
    };
    match own.or_else(nearest) {
        Some(row) => format!("#r{}", row.id),
        None => RangeQuery::Fixed(TimeScale::new(at - AROUND, at + AROUND)).to_query(),
    }
}
