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
const ROLLUPS_1H: &str = "retention.rollups_1h";

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
    let rollups_1h = tier(ROLLUPS_1H, default.rollups_1h, SHORTEST);
    let restarts = tier("retention.restarts", default.restarts, SHORTEST_RESTARTS);
    let logs = tier("retention.logs", default.logs, SHORTEST);
    let incidents = tier("retention.incidents", default.incidents, SHORTEST_RESTARTS);
    let alerts = tier("retention.alerts", default.alerts, SHORTEST_RESTARTS);
    let events = tier("retention.events", default.events, SHORTEST);
    for (fine, coarse) in [
        ((RAW, raw), (ROLLUPS_5M, rollups_5m)),
        ((ROLLUPS_5M, rollups_5m), (ROLLUPS_1H, rollups_1h)),
    ] {
        if let ((fine, Some(fine_keep)), (coarse, Some(coarse_keep))) = (fine, coarse)
            && is_shorter(coarse_keep, fine_keep)
        {
            refuse_shorter(reader, (fine, fine_keep), (coarse, coarse_keep));
        }
    }
    Some(Keep {
        raw: raw?,
        rollups_5m: rollups_5m?,
        rollups_1h: rollups_1h?,
        restarts: restarts?,
        logs: logs?,
        incidents: incidents?,
        alerts: alerts?,
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

/// A key, and how long it says.
type Tier = (&'static str, Option<TimeDelta>);

/// Wide charts read rollups alone: with shorter ones they would be empty where there still are finer data.
fn refuse_shorter(reader: &mut Reader, (fine, fine_keep): Tier, (coarse, coarse_keep): Tier) {
    let [fine_keep, coarse_keep] = [fine_keep, coarse_keep].map(values::written);
    // Whoever set one of them is told what to do about that one.
    let (key, text) = if reader.origin(coarse) == Origin::Default {
        (
            fine,
            format!("`{fine_keep}` is longer than {coarse} ({coarse_keep}); raise that too"),
        )
    } else {
        (
            coarse,
            format!(
                "`{coarse_keep}` is shorter than {fine} ({fine_keep}); keep rollups at least as long"
            ),
        )
    };
    reader.problem(Problem {
        origin: reader.origin(key),
        key: Some(key.to_owned()),
        text,
    });
}
