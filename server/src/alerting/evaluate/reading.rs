//! The number that a rule compares with its threshold: of a source, counted, expected of a run, or read from it.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{Condition, Pick, Reading, Side, Signal, Threshold},
    leak::Growth,
    outlook::Outlook,
    sample::Sample,
    source::SourceState,
    workload::ContainerState,
};

use super::{Scene, Whom};
use crate::store::alerts::{Member, OpenAlert, SourceMember};

/// A sample this many intervals old says nothing about now.
const STALE_INTERVALS: i64 = 3;
/// Nor does one from before this, however seldom a source is polled more often.
const STALE_AT_LEAST: TimeDelta = TimeDelta::seconds(30);

/// A run that is younger than this may be filling its caches, or its collector has not come by yet: that it grows is no news, and after a
/// deploy it would be told of every replica. Of a workload whose runs have met their limit before, it is.
const YOUNG: TimeDelta = TimeDelta::minutes(15);

impl Scene<'_> {
    /// What is known of what the rule looks at; `None` when it was not looked at. `before` is the alert there is.
    pub(super) fn reading(
        &self,
        whom: Whom<'_>,
        source: &SourceMember,
        before: Option<&OpenAlert>,
    ) -> Option<Reading> {
        let rule = &self.stored.rule;
        let Condition::Threshold(threshold) = &rule.condition else {
            // Over when it has not happened for a while that was seen.
            return Some(if source.state == SourceState::Healthy {
                Reading::Absent
            } else {
                Reading::Unknown
            });
        };
        let flag = |is_so: bool| Reading::Value(f64::from(u8::from(is_so)));
        match (&threshold.signal, whom) {
            (Signal::SourceUnreachable, Whom::Source(source)) => Some(match source.state {
                SourceState::Connecting => Reading::Unknown,
                state => flag(state != SourceState::Healthy),
            }),
            (Signal::CoverageLost, Whom::Source(source)) => Some(flag(source.has_gap)),
            (_, Whom::Workload(_)) if source.state != SourceState::Healthy => {
                Some(Reading::Unknown)
            }
            (Signal::Restarts { .. }, Whom::Workload(member)) => {
                let counted = self.readings.counts.get(&self.stored.id)?;
                if counted.changed.contains(&member.id) {
                    return None;
                }
                let count = counted.by_workload.get(&member.id).copied();
                (counted.is_complete || count.is_some())
                    .then(|| Reading::Value(f64::from(count.unwrap_or(0))))
            }
            (
                signal @ (Signal::TimeToLimit | Signal::MemoryGrowth | Signal::TaskGrowth),
                Whom::Workload(member),
            ) => {
                if !is_running(member) {
                    return Some(Reading::Absent);
                }
                let outlook = self.readings.outlooks.get(&member.id);
                let reading = outlook.map_or(Reading::Unknown, |outlook| {
                    ahead(signal, outlook, self.when.now)
                });
                let is_of_run_before = matches!(signal, Signal::TimeToLimit)
                    && before.is_some_and(|alert| member.started_at > Some(alert.began_at));
                Some(if is_of_run_before {
                    of_run_before(threshold, reading)
                } else {
                    reading
                })
            }
            (signal, Whom::Workload(member)) => {
                let samples = self.readings.samples.get(&member.id)?;
                Some(level(
                    signal,
                    threshold.side,
                    member,
                    source,
                    samples,
                    self.when.now,
                ))
            }
            (_, Whom::Source(_)) => Some(Reading::Unknown),
        }
    }
}

const fn is_running(member: &Member) -> bool {
    matches!(
        member.state,
        ContainerState::Running | ContainerState::Paused
    )
}

/// What the present run says of an alert about the limit of the run before. That one met it or was stopped, so it is over unless the limit
/// of this one is as near already: else a leak would be told in its first run and in no other.
fn of_run_before(threshold: &Threshold, reading: Reading) -> Reading {
    match reading {
        Reading::Value(value) if threshold.is_met(value) => reading,
        _ => Reading::Absent,
    }
}

/// The number of a workload that is expected of its run.
fn ahead(signal: &Signal, outlook: &Outlook, now: Timestamp) -> Reading {
    const SECONDS_AN_HOUR: f64 = 3_600.0;
    let growth = match signal {
        Signal::TaskGrowth => &outlook.tasks,
        _ => &outlook.memory,
    };
    let is_young = now - outlook.run_started_at < YOUNG && outlook.record.is_none();
    match growth {
        Growth::Unknown(_) => Reading::Unknown,
        Growth::Flat(_) => Reading::Absent,
        Growth::Growing(_) if is_young && matches!(signal, Signal::TimeToLimit) => Reading::Absent,
        // Without a limit, or with one that is too far away to tell, there is no time to it.
        Growth::Growing(_) if matches!(signal, Signal::TimeToLimit) => outlook
            .limit_in_s(now)
            .map_or(Reading::Absent, Reading::Value),
        Growth::Growing(growing) => Reading::Value(growing.line.slope * SECONDS_AN_HOUR),
    }
}

/// The number of a workload that samples tell.
fn level(
    signal: &Signal,
    side: Side,
    member: &Member,
    source: &SourceMember,
    samples: &[Sample],
    now: Timestamp,
) -> Reading {
    if !is_running(member) {
        return Reading::Absent;
    }
    let stale = TimeDelta::milliseconds(source.interval_ms * STALE_INTERVALS).max(STALE_AT_LEAST);
    // What was read before the present run is about the one before.
    let of_this_run = samples.iter().filter(|sample| {
        member
            .started_at
            .is_none_or(|started| sample.at.timestamp() >= started.timestamp())
    });
    let Some(newest) = of_this_run
        .clone()
        .next_back()
        .filter(|sample| now - sample.at <= stale)
    else {
        return Reading::Unknown;
    };
    let (value, pick): (fn(&Sample) -> Option<f64>, Pick) = match signal {
        Signal::MemoryRatio(pick) => (Sample::memory_ratio, *pick),
        Signal::MemoryWorkingSetBytes(pick) => (
            |sample| sample.working_set_bytes.map(|bytes| bytes as f64),
            *pick,
        ),
        Signal::Tasks(pick) => (|sample| sample.tasks.map(|tasks| tasks.count as f64), *pick),
        _ => return Reading::Unknown,
    };
    let values = of_this_run.filter_map(value);
    let picked = match (pick, side) {
        (Pick::Last, _) => value(newest),
        (Pick::Extreme, Side::Above) => values.reduce(f64::max),
        (Pick::Extreme, Side::Below) => values.reduce(f64::min),
    };
    picked.map_or(Reading::Absent, Reading::Value)
}
