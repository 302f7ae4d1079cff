//! `[retention]`: how long what is stored is kept.

use chrono::TimeDelta;

use super::{
    problem::{Origin, Problem},
    reader::Reader,
    values,
};
use crate::store::Keep;

/// Partitions hold whole days, so nothing is kept for less.
const SHORTEST: TimeDelta = TimeDelta::days(1);
/// Restarts are counted over 30 days on every page.
const SHORTEST_RESTARTS: TimeDelta = TimeDelta::days(30);

const RAW: &str = "retention.raw";
const ROLLUPS_5M: &str = "retention.rollups_5m";

/// Reads how long each tier is kept; `None` when something is wrong, which is then among the problems.
pub(super) fn read(reader: &mut Reader) -> Option<Keep> {
    let default = Keep::default();
    let mut tier = |key: &str, default: Option<TimeDelta>, shortest: TimeDelta| {
        reader.setting(key, &values::written(default), |text| {
            at_least(shortest, text)
        })
    };
    let raw = tier(RAW, default.raw, SHORTEST);
    let rollups_5m = tier(ROLLUPS_5M, default.rollups_5m, SHORTEST);
    let restarts = tier("retention.restarts", default.restarts, SHORTEST_RESTARTS);
    let events = tier("retention.events", default.events, SHORTEST);
    let (raw, rollups_5m) = (raw?, rollups_5m?);
    if is_shorter(rollups_5m, raw) {
        refuse_shorter_rollups(reader, raw, rollups_5m);
    }
    Some(Keep {
        raw,
        rollups_5m,
        restarts: restarts?,
        events: events?,
    })
}

fn at_least(shortest: TimeDelta, text: &str) -> Result<Option<TimeDelta>, String> {
    let keep = values::keep(text)?;
    if is_shorter(keep, Some(shortest)) {
        return Err(format!(
            "`{text}` is too short; keep at least {}",
            values::written(Some(shortest))
        ));
    }
    Ok(keep)
}

/// Whether `a` ends before `b`; `None` never ends.
fn is_shorter(a: Option<TimeDelta>, b: Option<TimeDelta>) -> bool {
    a.is_some_and(|a| b.is_none_or(|b| a < b))
}

/// Wide charts read rollups alone: with shorter ones they would be empty where there still are samples.
fn refuse_shorter_rollups(reader: &mut Reader, raw: Option<TimeDelta>, rollups: Option<TimeDelta>) {
    let [raw, rollups] = [raw, rollups].map(values::written);
    // Whoever set one of them is told what to do about that one.
    let (key, text) = if reader.origin(ROLLUPS_5M) == Origin::Default {
        (
            RAW,
            format!("`{raw}` is longer than {ROLLUPS_5M} ({rollups}); raise that too"),
        )
    } else {
        (
            ROLLUPS_5M,
            format!("`{rollups}` is shorter than {RAW} ({raw}); keep rollups at least as long"),
        )
    };
    reader.problem(Problem {
        origin: reader.origin(key),
        key: Some(key.to_owned()),
        text,
    });
}
