//! What a rule would have said: the same machine over what is stored.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    condition::{Condition, Pick, Side, Signal, Threshold},
    rule::Rule,
    standing::{Change, Look, Reading, Standing},
};
use crate::{Timestamp, restart::counts, verdict::Cause, view::SeriesView};

/// How often counts are looked at besides the moments at which they change.
const STEP: TimeDelta = TimeDelta::minutes(5);

/// A stretch in which the rule would have fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Episode {
    /// When it would have fired.
    pub fired_at: DateTime<Utc>,
    /// When it would have resolved; `null` when it would be firing still.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The value furthest on the side of interest; `null` for what has no value.
    pub peak: Option<f64>,
}

/// A stored end of a run, as far as rules look at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// When it ended.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// Whether another run began.
    pub came_back: bool,
}

impl End {
    fn counts(&self) -> bool {
        counts(self.cause, self.came_back)
    }

    /// Whether people did it on purpose, after which rules are lenient for their grace.
    fn is_on_purpose(&self) -> bool {
        matches!(self.cause, Cause::Deployed | Cause::Stopped)
    }
}

/// Whether a moment is within the grace after one of `ends`, which are in order.
fn in_grace(rule: &Rule, ends: &[End], at: Timestamp) -> bool {
    let grace = rule.grace();
    !grace.is_zero()
        && ends
            .iter()
            .rev()
            .skip_while(|end| end.at > at)
            .take_while(|end| at - end.at < grace)
            .any(End::is_on_purpose)
}

/// Runs a rule over looks in the order of time.
pub fn episodes(rule: &Rule, looks: impl IntoIterator<Item = Look>) -> Vec<Episode> {
    let mut run = Run::default();
    for look in looks {
        run.look(rule, look);
    }
    run.finish()
}

#[derive(Default)]
struct Run {
    standing: Standing,
    episodes: Vec<Episode>,
}

impl Run {
    fn look(&mut self, rule: &Rule, look: Look) {
        let change = self.standing.look(rule, look);
        self.note(change, look.at);
    }

    fn note(&mut self, change: Option<Change>, at: Timestamp) {
        match change {
            Some(Change::Fired) => self.episodes.push(Episode {
                fired_at: at,
                resolved_at: None,
                peak: self.standing.peak,
            }),
            Some(Change::Resolved) => {
                if let Some(episode) = self.episodes.last_mut() {
                    episode.peak = self.standing.peak;
                    episode.resolved_at = Some(at);
                }
                self.standing = Standing::default();
            }
            _ => {}
        }
    }

    /// Takes what happens in moments, each with whether it is too soon after a deploy, and looks at the quiet between them.
    fn happen(
        &mut self,
        rule: &Rule,
        moments: impl IntoIterator<Item = (Timestamp, bool)>,
        gaps: &[(Timestamp, Timestamp)],
        within: RangeInclusive<Timestamp>,
    ) {
        let mut seen = *within.start();
        for (at, in_grace) in moments {
            if !within.contains(&at) {
                continue;
            }
            self.quiet(rule, gaps, &mut seen, at);
            let change = self.standing.happen(at, in_grace);
            self.note(change, at);
        }
        self.quiet(rule, gaps, &mut seen, *within.end());
    }

    /// Looks from `seen` on, at which nothing happens.
    fn quiet(
        &mut self,
        rule: &Rule,
        gaps: &[(Timestamp, Timestamp)],
        seen: &mut Timestamp,
        until: Timestamp,
    ) {
        while *seen < until {
            // Nothing can end before something has begun.
            if !self.standing.is_firing() {
                *seen = until;
                return;
            }
            let at = (*seen + STEP).min(until);
            let reading = if is_blind(gaps, at) {
                Reading::Unknown
            } else {
                Reading::Absent
            };
            let look = Look {
                at,
                blind: overlap(gaps, *seen, at),
                in_grace: false,
                reading,
            };
            self.look(rule, look);
            *seen = at;
        }
    }

    fn finish(mut self) -> Vec<Episode> {
        if let (true, Some(episode)) = (self.standing.is_firing(), self.episodes.last_mut()) {
            episode.peak = self.standing.peak;
        }
        self.episodes
    }
}

/// What a rule about a level would have said of a stored series, whose buckets know their smallest, largest and last value. A bucket
/// that was of interest from end to end counts as its whole length; a peak within it counts at its end. Buckets without a value were
/// not seen. `ends` are those of the workload, in order.
pub fn over_series(rule: &Rule, series: &SeriesView, ends: &[End]) -> Vec<Episode> {
    let Condition::Threshold(threshold) = &rule.condition else {
        return Vec::new();
    };
    let step = TimeDelta::milliseconds(series.step_ms.max(1));
    let mut run = Run::default();
    let mut blind = TimeDelta::zero();
    for (index, last) in series.last.iter().enumerate() {
        let begin = series.from + step * i32::try_from(index).unwrap_or(i32::MAX);
        let end = begin + step;
        let (Some(last), Some(min), Some(max)) = (
            *last,
            series.min.get(index).copied().flatten(),
            series.max.get(index).copied().flatten(),
        ) else {
            blind += step;
            continue;
        };
        let (best, worst) = match threshold.side {
            Side::Above => (min, max),
            Side::Below => (max, min),
        };
        let look = |at, value, blind| Look {
            at,
            blind,
            in_grace: in_grace(rule, ends, at),
            reading: Reading::Value(value),
        };
        // Only what holds throughout is known to have held at the begin, and only what is clear throughout to have been clear.
        if threshold.is_met(best) || threshold.is_clear(worst) {
            run.look(rule, look(begin, best, std::mem::take(&mut blind)));
        }
        let value = match pick(&threshold.signal) {
            Pick::Extreme => worst,
            Pick::Last => last,
        };
        run.look(rule, look(end, value, std::mem::take(&mut blind)));
    }
    run.finish()
}

const fn pick(signal: &Signal) -> Pick {
    match signal {
        Signal::MemoryRatio(pick) | Signal::MemoryWorkingSetBytes(pick) | Signal::Tasks(pick) => {
            *pick
        }
        _ => Pick::Extreme,
    }
}

/// What a rule about restarts would have said of the ends of a workload, which are in order. Stretches of `gaps`, in order, were not seen.
pub fn over_ends(
    rule: &Rule,
    ends: &[End],
    gaps: &[(Timestamp, Timestamp)],
    from: Timestamp,
    to: Timestamp,
) -> Vec<Episode> {
    let mut run = Run::default();
    match &rule.condition {
        Condition::Threshold(Threshold {
            signal: Signal::Restarts { causes, window_s },
            ..
        }) => {
            let taken: Vec<&End> = ends
                .iter()
                .filter(|end| causes.take(end.cause, end.counts()))
                .collect();
            let window = TimeDelta::seconds(*window_s);
            let (mut first, mut next) = (0, 0);
            let mut before = from;
            for at in moments(&taken, window, from, to) {
                while taken.get(next).is_some_and(|end| end.at <= at) {
                    next += 1;
                }
                while first < next && taken[first].at <= at - window {
                    first += 1;
                }
                run.look(
                    rule,
                    Look {
                        at,
                        blind: overlap(gaps, before, at),
                        in_grace: in_grace(rule, ends, at),
                        reading: if is_blind(gaps, at) {
                            Reading::Unknown
                        } else {
                            Reading::Value((next - first) as f64)
                        },
                    },
                );
                before = at;
            }
        }
        Condition::Happens(super::condition::Happening::Restart(causes)) => {
            let taken = ends
                .iter()
                .filter(|end| causes.take(end.cause, end.counts()));
            let moments = taken.map(|end| {
                let in_grace = in_grace(rule, ends, end.at) && !end.is_on_purpose();
                (end.at, in_grace)
            });
            run.happen(rule, moments, gaps, from..=to);
        }
        _ => {}
    }
    run.finish()
}

/// What a rule about something that happens in a moment would have said of `moments`, which are in order. `ends` are those of the workload;
/// stretches of `gaps` were not seen.
pub fn over_moments(
    rule: &Rule,
    moments: &[Timestamp],
    ends: &[End],
    gaps: &[(Timestamp, Timestamp)],
    from: Timestamp,
    to: Timestamp,
) -> Vec<Episode> {
    let mut run = Run::default();
    let moments = moments.iter().map(|at| (*at, in_grace(rule, ends, *at)));
    run.happen(rule, moments, gaps, from..=to);
    run.finish()
}

/// Every moment at which a count changes, and a grid between them, so that waits end in time.
fn moments(ends: &[&End], window: TimeDelta, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let steps = ((to - from).num_seconds() / STEP.num_seconds()).clamp(0, 20_000);
    let grid = (0..=steps).map(|step| from + STEP * i32::try_from(step).unwrap_or(i32::MAX));
    let changes = ends.iter().flat_map(|end| [end.at, end.at + window]);
    let mut moments: Vec<Timestamp> = changes
        .filter(|at| (from..=to).contains(at))
        .chain(grid)
        .chain([to])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

fn is_blind(gaps: &[(Timestamp, Timestamp)], at: Timestamp) -> bool {
    gaps.iter().any(|(from, to)| (*from..*to).contains(&at))
}

fn overlap(gaps: &[(Timestamp, Timestamp)], from: Timestamp, to: Timestamp) -> TimeDelta {
    gaps.iter()
        .map(|(begin, end)| ((*end).min(to) - (*begin).max(from)).max(TimeDelta::zero()))
        .sum()
}
