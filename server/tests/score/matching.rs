//! Every true end beside the ledger's entry for it, one to one.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{Timestamp, view::RestartRow};
use simulator::Death;

use crate::{ledger::Ledger, month::Month};

/// Times of events are the engine's own, to the microsecond; those read from inspect too. This much is left for an end that was not seen
/// and whose time is that of the look that found it.
const SAME: TimeDelta = TimeDelta::seconds(1);
/// Around a declared gap, ends are found late and their times are guesses.
const AROUND_GAP: TimeDelta = TimeDelta::seconds(20);

/// What became of the true ends.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    pub(crate) pairs: Vec<(Death, RestartRow)>,
    /// True ends without an entry, of a time that was seen.
    pub(crate) lost: Vec<Death>,
    /// True ends without an entry, of a time of which the ledger says that it was not seen.
    pub(crate) lost_unseen: Vec<Death>,
    /// Entries without a true end, of a time that was seen.
    pub(crate) invented: Vec<RestartRow>,
    /// Entries without a true end, of a time that was not seen.
    pub(crate) invented_unseen: Vec<RestartRow>,
}

impl Matched {
    pub(crate) fn of(month: &Month, ledger: &Ledger) -> Self {
        let watched = |at: Timestamp| {
            at >= month.watched_from && at <= month.watched_until - TimeDelta::seconds(30)
        };
        let mut deaths: BTreeMap<&str, Vec<&Death>> = BTreeMap::new();
        for death in month
            .truth
            .deaths
            .iter()
            .filter(|death| watched(death.ended_at))
        {
            deaths.entry(&death.container_id).or_default().push(death);
        }
        let mut entries: BTreeMap<&str, Vec<&RestartRow>> = BTreeMap::new();
        for entry in ledger
            .restarts
            .iter()
            .filter(|entry| watched(entry.ended_at))
        {
            entries
                .entry(&entry.container_id.0)
                .or_default()
                .push(entry);
        }
        let unseen = |at: Timestamp| {
            ledger
                .gaps
                .iter()
                .any(|(from, to)| at >= *from - AROUND_GAP && at <= *to + AROUND_GAP)
        };
        let mut matched = Self::default();
        for (container, deaths) in deaths {
            let mut left = entries.remove(container).unwrap_or_default();
            let mut missing = Vec::new();
            for death in deaths {
                match take(&mut left, |entry| {
                    (entry.ended_at - death.ended_at).abs() <= SAME
                }) {
                    Some(entry) => matched.pairs.push((death.clone(), entry.clone())),
                    None => missing.push(death),
                }
            }
            for death in missing {
                // What was not seen has its place in the order of runs, and no exact time.
                let entry = unseen(death.ended_at)
                    .then(|| take(&mut left, |entry| unseen(entry.ended_at)))
                    .flatten();
                match entry {
                    Some(entry) => matched.pairs.push((death.clone(), entry.clone())),
                    None if unseen(death.ended_at) => matched.lost_unseen.push(death.clone()),
                    None => matched.lost.push(death.clone()),
                }
            }
            entries.insert(container, left);
        }
        for entry in entries.into_values().flatten() {
            if unseen(entry.ended_at) {
                matched.invented_unseen.push(entry.clone());
            } else {
                matched.invented.push(entry.clone());
            }
        }
        matched
    }
}

/// Takes the first that fits out of what is left.
fn take<'a>(
    left: &mut Vec<&'a RestartRow>,
    fits: impl Fn(&RestartRow) -> bool,
) -> Option<&'a RestartRow> {
    let place = left.iter().position(|entry| fits(entry))?;
    Some(left.remove(place))
}
