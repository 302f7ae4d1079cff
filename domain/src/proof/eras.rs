//! Where one version ended and the next began, and what that did.

use std::ops::Range;

use super::{Era, Outcome, Proof};
use crate::{Timestamp, detect::memory::seconds, ids::EngineId, run::Run, verdict::Cause};

/// A change of image or limit between two runs of a workload, or of the limit within one.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// When the first run of the new version began, or when the limit of a run was changed.
    pub at: Timestamp,
    /// The container it came with.
    pub container: EngineId,
    /// The runs before: the newest ten that died and those between them, as far back as the deploy before.
    pub before: Range<usize>,
    /// The runs after, as far as the next deploy.
    pub after: Range<usize>,
    /// The cause whose restarts are compared; `None` for all of them.
    pub cause: Option<Cause>,
    /// Restarts before and after.
    pub deaths: (u32, u32),
    /// Seconds in which the version before and the one after were watched and meant to run.
    pub watched_s: (f64, f64),
    /// Whether another version has taken its place.
    pub is_over: bool,
    /// What it did.
    pub proof: Proof,
    /// When that could first be told, about; `None` while it cannot.
    pub decided_at: Option<Timestamp>,
}

impl Deploy {
    /// Whether what it did can be told.
    pub const fn is_decided(&self) -> bool {
        !matches!(
            self.proof.outcome,
            Outcome::NothingBefore | Outcome::TooEarly { .. }
        )
    }
}

/// Load and data change: what the fault was like before a deploy is told by its newest restarts, so many of them.
const RECENT: usize = 10;

/// What there is to compare with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Stretches that were not seen.
    pub gaps: &'a [(Timestamp, Timestamp)],
    /// Containers whose limit was changed while they lived, each time with its moment.
    pub changes: &'a [(EngineId, Timestamp)],
    /// From when on runs and gaps are known.
    pub since: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// The deploys among runs in order of their begin, oldest first.
pub fn deploys(runs: &[Run], context: Context<'_>) -> Vec<Deploy> {
    let mut begins: Vec<usize> = (1..runs.len())
        .filter(|index| !runs[*index].is_like(&runs[index - 1]))
        .collect();
    begins.insert(0, 0);
    begins.push(runs.len());
    begins
        .windows(3)
        .filter_map(|places| {
            let [before, after, end] = *places else {
                return None;
            };
            Some(deploy(runs, before..after, after..end, context))
        })
        .collect()
}

/// The deploy that a fact is about: a container was made at a moment, or its limit was changed then. `None` as long as no run tells, and
/// where the limit of a new version was changed within its first run: that run is all of one version.
pub fn about<'a>(
    deploys: &'a [Deploy],
    runs: &[Run],
    container: &EngineId,
    at: Timestamp,
) -> Option<&'a Deploy> {
    let lasted = |run: &Run| run.end.is_none_or(|end| end.at > at);
    let first = runs
        .iter()
        .position(|run| run.container == *container && lasted(run))?;
    let mut theirs = deploys.iter();
    theirs.find(|deploy| {
        deploy.container == *container && deploy.after.contains(&first) && deploy.at >= at
    })
}

/// When the version of a run began that is not like the one before it: within the run where its container is the same.
fn begin(runs: &[Run], index: usize, context: Context<'_>) -> Timestamp {
    let run = &runs[index];
    let is_same = index
        .checked_sub(1)
        .is_some_and(|before| runs[before].container == run.container);
    let within = |at: Timestamp| at > run.started_at && run.end.is_none_or(|end| at < end.at);
    let changes = context.changes.iter();
    changes
        .filter(|(container, at)| is_same && *container == run.container && within(*at))
        .map(|(_, at)| *at)
        .max()
        .unwrap_or(run.started_at)
}

fn deploy(runs: &[Run], before: Range<usize>, after: Range<usize>, context: Context<'_>) -> Deploy {
    let era = before;
    let before = recent(runs, era.clone());
    let first = &runs[after.start];
    let at = begin(runs, after.start, context);
    let next = (after.end < runs.len()).then(|| begin(runs, after.end, context));
    let from = if before.start == era.start {
        begin(runs, era.start, context)
    } else {
        runs[before.start].started_at
    };
    let old = Span::of(&runs[before.clone()], (from, Some(at)), context);
    let new = Span::of(&runs[after.clone()], (at, next), context);
    let (cause, proof) = compare(&old, &new);
    Deploy {
        decided_at: decided_at(&proof, &old, &new, cause),
        at,
        container: first.container.clone(),
        cause,
        deaths: (old.deaths(cause), new.deaths(cause)),
        watched_s: (old.watched_s, new.watched_s),
        is_over: next.is_some(),
        proof,
        before,
        after,
    }
}

/// The end of an era that holds its newest restarts.
fn recent(runs: &[Run], era: Range<usize>) -> Range<usize> {
    let mut died = era.clone().rev().filter(|index| runs[*index].died());
    // What came before the oldest of them is another interval.
    let older = died.nth(RECENT);
    older.map_or(era.start, |index| index + 1)..era.end
}

/// The cause that ended most runs before is what may be mended. But whoever mends one fault and brings another has made it worse.
fn compare(old: &Span<'_>, new: &Span<'_>) -> (Option<Cause>, Proof) {
    let all = Proof::of(&old.era(None), &new.era(None));
    let most = old.most_frequent();
    if most.is_none() || matches!(all.outcome, Outcome::MadeWorse { .. }) {
        return (None, all);
    }
    (most, Proof::of(&old.era(most), &new.era(most)))
}

/// Without a restart it is decided by time alone, else by the newest restart.
fn decided_at(
    proof: &Proof,
    old: &Span<'_>,
    new: &Span<'_>,
    cause: Option<Cause>,
) -> Option<Timestamp> {
    let begin = new.from;
    match proof.outcome {
        Outcome::NothingBefore | Outcome::TooEarly { .. } => None,
        Outcome::Fixed => {
            let mean_s = old.watched_s / f64::from(old.deaths(cause).max(1));
            let after = chrono::TimeDelta::seconds((super::INTERVALS * mean_s) as i64);
            Some((begin + after).min(new.until))
        }
        _ => {
            let ends = new.runs.iter().filter(|run| run.died());
            let newest = ends.filter_map(|run| run.end).map(|end| end.at).max();
            Some(newest.unwrap_or(new.until).min(new.until))
        }
    }
}

/// The time of one version.
struct Span<'a> {
    runs: &'a [Run],
    watched_s: f64,
    from: Timestamp,
    until: Timestamp,
    now: Timestamp,
}

impl<'a> Span<'a> {
    /// Runs of a version from its begin to that of the next, if there is one.
    fn of(
        runs: &'a [Run],
        (from, until): (Timestamp, Option<Timestamp>),
        context: Context<'_>,
    ) -> Self {
        let until = until.unwrap_or(context.now);
        let from = from.max(context.since);
        let within =
            |begin: Timestamp, end: Timestamp| seconds(end.min(until) - begin.max(from)).max(0.0);
        let unseen: f64 = context
            .gaps
            .iter()
            .map(|(begin, end)| within(*begin, *end))
            .sum();
        // Whoever stops it does not want it to run.
        let idle: f64 = runs
            .iter()
            .filter_map(|run| {
                let (end, entry) = (run.end?, run.entry()?);
                let on_purpose = matches!(entry.cause, Cause::Stopped | Cause::Completed);
                on_purpose.then(|| within(end.at, entry.next_at.unwrap_or(until)))
            })
            .sum();
        Self {
            runs,
            from,
            watched_s: (seconds(until - from) - unseen - idle).max(0.0),
            until,
            now: context.now,
        }
    }

    /// Restarts for a cause, or for any.
    fn deaths(&self, cause: Option<Cause>) -> u32 {
        let entries = self.runs.iter().filter_map(Run::entry);
        let counted = entries.filter(|entry| entry.counts);
        counted
            .filter(|entry| cause.is_none_or(|cause| cause == entry.cause))
            .count() as u32
    }

    fn most_frequent(&self) -> Option<Cause> {
        let counted = Cause::ALL
            .into_iter()
            .map(|cause| (self.deaths(Some(cause)), cause));
        counted
            .filter(|(deaths, _)| *deaths >= super::DEATHS)
            .max_by_key(|(deaths, _)| *deaths)
            .map(|(_, cause)| cause)
    }

    fn era(&self, cause: Option<Cause>) -> Era {
        Era {
            watched_s: self.watched_s,
            deaths: self.deaths(cause),
            limit_bytes: self.runs.first().and_then(|run| run.limit_bytes),
            runs: self.runs.iter().map(|run| run.compared(self.now)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{
        ids::{RestartId, RunId},
        run::{Entry, RunEnd, Seen},
        verdict::Confidence,
    };

    fn hour(hours: f64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds((hours * 3_600.0) as i64)
    }

    /// Runs of an image that end every so many hours for a cause, from one hour to another; the last one only if `last_ends`.
    fn runs(image: &str, from: f64, to: f64, every: f64, cause: Cause) -> Vec<Run> {
        let count = ((to - from) / every).round() as usize;
        (0..count)
            .map(|index| {
                let begin = from + every * index as f64;
                let end = begin + every;
                Run {
                    id: RunId((begin * 100.0) as i64),
                    container: EngineId::from(image),
                    image: image.to_owned(),
                    image_id: String::new(),
                    limit_bytes: Some(1 << 29),
                    started_at: hour(begin),
                    end: Some(RunEnd {
                        at: hour(end),
                        entry: Some(Entry {
                            id: RestartId(1),
                            cause,
                            confidence: Confidence::Confirmed,
                            counts: crate::restart::counts(cause, true),
                            was_reported: false,
                            next_at: Some(hour(end)),
                        }),
                        sample_at: None,
                        memory_bytes: None,
                        tasks: None,
                    }),
                    seen: Seen::default(),
                }
            })
            .collect()
    }

    fn lasting(image: &str, from: f64) -> Run {
        Run {
            end: None,
            ..runs(image, from, from + 1.0, 1.0, Cause::Crash).remove(0)
        }
    }

    fn of(runs: &[Run], now: f64, gaps: &[(Timestamp, Timestamp)]) -> Vec<Deploy> {
        let context = Context {
            gaps,
            changes: &[],
            since: hour(0.0),
            now: hour(now),
        };
        deploys(runs, context)
    }

    #[test]
    fn a_deploy_that_ends_the_restarts_has_fixed_them() {
        let mut all = runs("web:1", 0.0, 20.0, 1.0, Cause::OutOfMemory);
        all.push(lasting("web:2", 20.0));
        let said = of(&all, 24.0, &[]);
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].proof.outcome, Outcome::Fixed);
        assert_eq!(said[0].cause, Some(Cause::OutOfMemory));
        assert_eq!((said[0].deaths, said[0].is_over), ((10, 0), false));
        assert_eq!(said[0].before, 10..20);
        assert!(said[0].is_decided());
        assert!((said[0].decided_at.unwrap() - hour(22.996)).abs() < TimeDelta::minutes(1));
        let early = of(&all, 21.0, &[]);
        assert!(!early[0].is_decided());
    }

    #[test]
    fn the_newest_restarts_tell_how_often_it_was() {
        let mut all = runs("web:1", 0.0, 400.0, 20.0, Cause::OutOfMemory);
        all.extend(runs("web:1", 400.0, 410.0, 1.0, Cause::OutOfMemory));
        all.push(lasting("web:1b", 410.0));
        let said = of(&all, 414.0, &[]);
        assert_eq!(
            said[0].proof.outcome,
            Outcome::Fixed,
            "4 h against one, not against 14"
        );
    }

    #[test]
    fn what_was_not_seen_proves_nothing() {
        let mut all = runs("web:1", 0.0, 20.0, 1.0, Cause::OutOfMemory);
        all.push(lasting("web:2", 20.0));
        let blind = [(hour(20.5), hour(23.9))];
        assert!(matches!(
            of(&all, 24.0, &blind)[0].proof.outcome,
            Outcome::TooEarly { .. }
        ));
    }

    #[test]
    fn a_deploy_that_brings_another_fault_has_made_it_worse() {
        let mut all = runs("web:1", 0.0, 20.0, 5.0, Cause::OutOfMemory);
        all.extend(runs("web:2", 20.0, 24.0, 0.1, Cause::Crash));
        let said = of(&all, 24.0, &[]);
        assert!(matches!(said[0].proof.outcome, Outcome::MadeWorse { .. }));
        assert_eq!(said[0].cause, None);
    }

    #[test]
    fn a_fault_where_there_was_none_has_made_it_worse() {
        let mut all = vec![lasting("web:1", 0.0)];
        all[0].end = runs("web:1", 0.0, 100.0, 100.0, Cause::Deployed)[0].end;
        all.extend(runs("web:2", 100.0, 101.0, 0.1, Cause::Crash));
        let said = of(&all, 101.0, &[]);
        assert!(
            matches!(said[0].proof.outcome, Outcome::MadeWorse { .. }),
            "{said:?}"
        );
    }

    #[test]
    fn stopped_on_purpose_is_no_time_without_restarts() {
        let mut all = runs("web:1", 0.0, 20.0, 1.0, Cause::OutOfMemory);
        let mut stopped = runs("web:2", 20.0, 20.5, 0.5, Cause::Stopped);
        if let Some(entry) = stopped[0].end.as_mut().and_then(|end| end.entry.as_mut()) {
            entry.next_at = None;
        }
        all.extend(stopped);
        let said = of(&all, 40.0, &[]);
        assert!(
            matches!(said[0].proof.outcome, Outcome::TooEarly { .. }),
            "{said:?}"
        );
    }

    #[test]
    fn every_change_of_version_is_a_deploy() {
        let mut all = runs("web:1", 0.0, 2.0, 1.0, Cause::Crash);
        all.extend(runs("web:2", 2.0, 4.0, 1.0, Cause::Crash));
        let mut grown = runs("web:2", 4.0, 6.0, 1.0, Cause::Crash);
        for run in &mut grown {
            run.limit_bytes = Some(1 << 30);
        }
        all.extend(grown);
        let said = of(&all, 6.0, &[]);
        let places: Vec<_> = said
            .iter()
            .map(|one| (one.before.clone(), one.after.clone()))
            .collect();
        assert_eq!(places, [(0..2, 2..4), (2..4, 4..6)]);
        assert!(said[0].is_over && !said[1].is_over);
        assert!(of(&[], 6.0, &[]).is_empty());
        assert!(of(&all[..1], 6.0, &[]).is_empty());
    }
    #[test]
    fn a_limit_that_is_changed_within_a_run_is_a_deploy_from_then_on() {
        let mut all = runs("web:1", 0.0, 20.0, 1.0, Cause::OutOfMemory);
        // Changed half an hour into a run, which lives on as long as all after it.
        all.push(Run {
            limit_bytes: Some(1 << 30),
            ..lasting("web:1", 20.0)
        });
        let changes = [(EngineId::from("web:1"), hour(20.5))];
        let context = |now| Context {
            gaps: &[],
            changes: &changes,
            since: hour(0.0),
            now: hour(now),
        };
        let said = deploys(&all, context(23.4));
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].at, hour(20.5));
        assert!((said[0].watched_s.1 - 2.9 * 3_600.0).abs() < 1.0);
        assert!((said[0].watched_s.0 - 10.5 * 3_600.0).abs() < 1.0);
        assert!(!said[0].is_decided(), "not three intervals yet: {said:?}");
        let told = about(&said, &all, &changes[0].0, changes[0].1);
        assert_eq!(told, Some(&said[0]));
        assert!(deploys(&all, context(24.0))[0].is_decided());
    }

    #[test]
    fn facts_are_told_apart_by_their_time() {
        let mut all = runs("web:1", 0.0, 4.0, 1.0, Cause::Crash);
        all.extend(runs("web:2", 4.0, 6.0, 1.0, Cause::Crash));
        let mut grown = runs("web:2", 6.0, 8.0, 1.0, Cause::Crash);
        for run in &mut grown {
            run.limit_bytes = Some(1 << 30);
        }
        all.extend(grown);
        let id = EngineId::from("web:2");
        // Between two runs, and within the first.
        for (changed, expected) in [(6.0, Some(1)), (6.5, Some(1)), (4.5, None)] {
            let changes = [(id.clone(), hour(changed))];
            let context = Context {
                gaps: &[],
                changes: &changes,
                since: hour(0.0),
                now: hour(8.0),
            };
            let said = deploys(&all, context);
            assert_eq!(said.len(), 2);
            let made = about(&said, &all, &id, hour(3.99));
            assert_eq!(made, Some(&said[0]), "{changed}");
            let told = about(&said, &all, &id, hour(changed));
            assert_eq!(told, expected.map(|index: usize| &said[index]), "{changed}");
        }
        let said = of(&all, 8.0, &[]);
        assert_eq!(
            about(&said, &all, &EngineId::from("web:3"), hour(1.0)),
            None
        );
    }
}
