//! One look at every rule: what was read in, what changed out. No database, no clock.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{
        Condition, Happening, Inhibition, Look, Message, Notice, Pick, Reading, Side, Signal,
        Subject, Suppressed, Target, Threshold, due,
    },
    ids::{RuleId, SourceId},
    leak::Growth,
    outlook::Outlook,
    sample::Sample,
    source::SourceState,
    workload::ContainerState,
};

use super::readings::{Readings, When};
use crate::store::alerts::{
    Member, OpenAlert, Plan, Reason, SourceMember, Step, StoredRule, StoredSilence, TargetKey,
    message,
};

/// A sample this many intervals old says nothing about now.
const STALE_INTERVALS: i64 = 3;
/// Nor does one from before this, however seldom a source is polled more often.
const STALE_AT_LEAST: TimeDelta = TimeDelta::seconds(30);

/// A run that is younger than this may be filling its caches, or its collector has not come by yet: that it grows is no news, and after a
/// deploy it would be told of every replica. Of a workload whose runs have met their limit before, it is.
const YOUNG: TimeDelta = TimeDelta::minutes(15);

/// Looks at every rule over everything that it is about.
pub fn evaluate(
    rules: &[StoredRule],
    silences: &[StoredSilence],
    open: Vec<OpenAlert>,
    readings: &Readings,
    when: When,
) -> Plan {
    let mut open: HashMap<(RuleId, TargetKey), OpenAlert> = open
        .into_iter()
        .map(|alert| ((alert.rule, alert.target), alert))
        .collect();
    let sources: HashMap<SourceId, &SourceMember> = readings
        .roster
        .sources
        .iter()
        .map(|source| (source.id, source))
        .collect();
    let silences: Vec<&StoredSilence> = silences.iter().filter(|one| one.holds(when.now)).collect();
    let mut plan = Plan::default();
    for stored in rules {
        let scene = Scene {
            stored,
            readings,
            sources: &sources,
            silences: &silences,
            when,
        };
        if stored.rule.condition.is_of_source() {
            for source in &readings.roster.sources {
                let key = TargetKey {
                    source: source.id,
                    workload: None,
                };
                scene.step(
                    open.remove(&(stored.id, key)),
                    Whom::Source(source),
                    &mut plan,
                );
            }
        } else {
            for member in &readings.roster.workloads {
                let key = TargetKey {
                    source: member.source,
                    workload: Some(member.id),
                };
                let before = if open.is_empty() {
                    None
                } else {
                    open.remove(&(stored.id, key))
                };
                scene.step(before, Whom::Workload(member), &mut plan);
            }
            // An incident of an engine or its host is about the source.
            for source in &readings.roster.sources {
                let key = TargetKey {
                    source: source.id,
                    workload: None,
                };
                if stored.rule.condition == Condition::Happens(Happening::IncidentOpened)
                    && let Some(before) = open.remove(&(stored.id, key))
                {
                    scene.step(Some(before), Whom::Source(source), &mut plan);
                }
            }
        }
    }
    // What is left is about something that is gone for good, or a rule of the other kind now.
    for alert in open.into_values() {
        if let Some(stored) = rules.iter().find(|rule| rule.id == alert.rule) {
            let scene = Scene {
                stored,
                readings,
                sources: &sources,
                silences: &silences,
                when,
            };
            scene.step_gone(&alert, &mut plan);
        }
    }
    plan
}

/// What a rule is looked at over.
#[derive(Clone, Copy)]
enum Whom<'a> {
    Source(&'a SourceMember),
    Workload(&'a Member),
}

impl<'a> Whom<'a> {
    /// What scopes and silences go by; `source` is its own.
    fn target(self, source: &'a SourceMember) -> Target<'a> {
        match self {
            Self::Source(source) => source.target(),
            Self::Workload(member) => member.target(source),
        }
    }
}

struct Scene<'a> {
    stored: &'a StoredRule,
    readings: &'a Readings,
    sources: &'a HashMap<SourceId, &'a SourceMember>,
    silences: &'a [&'a StoredSilence],
    when: When,
}

impl Scene<'_> {
    fn step(&self, before: Option<OpenAlert>, whom: Whom<'_>, plan: &mut Plan) {
        let rule = &self.stored.rule;
        let source_id = match whom {
            Whom::Source(source) => source.id,
            Whom::Workload(member) => member.source,
        };
        let Some(source) = self.sources.get(&source_id).copied() else {
            return;
        };
        let target = whom.target(source);
        let is_about = rule.enabled
            && self.readings.watched.contains(&source_id)
            && (rule.scope.is_everything() || rule.scope.covers(target));
        let reading = if is_about {
            self.reading(whom, source, before.as_ref())
        } else {
            Some(Reading::Absent)
        };
        // Most rules over most workloads end here: nothing is the matter and nothing was before.
        let Some(reading) = reading else {
            // Not looked at, so nothing has changed; but a silence may have ended, or a reminder be due.
            if let Some(alert) = before {
                self.say(&alert.clone(), alert, None, whom, source, plan);
            }
            return;
        };
        let is_quiet = match (reading, &rule.condition) {
            (Reading::Value(value), Condition::Threshold(threshold)) => !threshold.is_met(value),
            _ => true,
        };
        if before.is_none() && is_quiet {
            return;
        }
        let key = TargetKey {
            source: source_id,
            workload: match whom {
                Whom::Source(_) => None,
                Whom::Workload(member) => Some(member.id),
            },
        };
        let before = before.unwrap_or_else(|| OpenAlert::new(self.stored.id, key, self.when.now));
        let mut alert = before.clone();
        let blind = if matches!(reading, Reading::Unknown) {
            self.when.since_last
        } else {
            self.when.blind
        };
        let in_grace = match whom {
            Whom::Workload(Member {
                intended_at: Some(at),
                ..
            }) => self.when.now - *at < rule.grace(),
            _ => false,
        };
        let look = Look {
            at: self.when.now,
            blind,
            in_grace,
            reading,
        };
        let change = alert.standing.look(rule, look);
        if alert.id.is_none() && change.is_none() {
            return;
        }
        self.say(&before, alert, change, whom, source, plan);
    }

    /// Notes what changed, and what is said of it.
    fn say(
        &self,
        before: &OpenAlert,
        mut alert: OpenAlert,
        change: Option<domain::alert::Change>,
        whom: Whom<'_>,
        source: &SourceMember,
        plan: &mut Plan,
    ) {
        let rule = &self.stored.rule;
        let now = self.when.now;
        alert.suppressed = self.suppressed(whom, source);
        let notice = due(rule, &alert.standing, &alert.told, alert.suppressed, now);
        // An alert that happens in a moment is said when it happens; what was held back then stays so.
        let notice = notice.filter(|notice| {
            *notice != Notice::Fired || matches!(rule.condition, Condition::Threshold(_))
        });
        let subject = || match whom {
            Whom::Source(source) => Subject {
                source: source.name.clone(),
                workload: None,
                group: String::new(),
                name: source.name.clone(),
            },
            Whom::Workload(member) => Subject {
                source: source.name.clone(),
                workload: Some(member.id),
                group: member.group.clone(),
                name: member.name.clone(),
            },
        };
        let message = notice.map(|notice| {
            alert.told.last_at = Some(now);
            if notice == Notice::Reminder {
                alert.told.reminders += 1;
            }
            let reasons = &self.readings.reasons;
            let reason = alert.restart.and_then(|restart| reasons.get(&restart));
            let reason = reason.cloned().unwrap_or_default();
            let about_ends = matches!(
                &rule.condition,
                Condition::Happens(_)
                    | Condition::Threshold(domain::alert::Threshold {
                        signal: Signal::Restarts { .. },
                        ..
                    })
            );
            let reason = if about_ends {
                reason
            } else {
                let incidents = &self.readings.incidents.of_workloads;
                Reason {
                    incident: alert
                        .target
                        .workload
                        .and_then(|id| incidents.get(&id).copied()),
                    ..Reason::default()
                }
            };
            // Told by when it fired, which the state no longer has when it is over.
            let said = message(
                self.stored,
                &before_or(&alert, before),
                subject(),
                notice,
                reason,
                now,
            );
            Message {
                limit_in: self.limit_in(notice, whom),
                ..said
            }
        });
        if change.is_none() && message.is_none() && alert == *before {
            return;
        }
        // Values alone are written when nothing else is, at most: the page shows them, and a tick is rarely without.
        plan.steps.push(Step {
            alert,
            rule: self.stored.clone(),
            change,
            message,
        });
    }

    /// When memory meets its limit, for what is said of a rule about memory that still holds.
    fn limit_in(&self, notice: Notice, whom: Whom<'_>) -> Option<String> {
        let threshold = self.stored.rule.condition.threshold()?;
        let is_about_memory = matches!(
            threshold.signal,
            Signal::MemoryRatio(_)
                | Signal::MemoryWorkingSetBytes(_)
                | Signal::MemoryGrowth
                | Signal::TimeToLimit
        );
        match whom {
            Whom::Workload(member) if is_about_memory && notice != Notice::Resolved => {
                let outlook = self.readings.outlooks.get(&member.id)?;
                outlook.limit_text(self.when.now)
            }
            _ => None,
        }
    }

    /// An alert about something that is not looked at any longer ends: there is nothing left that it could be about.
    fn step_gone(&self, before: &OpenAlert, plan: &mut Plan) {
        let mut alert = before.clone();
        let look = Look {
            at: self.when.now,
            blind: self.when.blind,
            in_grace: false,
            reading: Reading::Absent,
        };
        let change = alert.standing.look(&self.stored.rule, look);
        if change.is_some() || alert != *before {
            plan.steps.push(Step {
                alert,
                rule: self.stored.clone(),
                change,
                message: None,
            });
        }
    }

    fn suppressed(&self, whom: Whom<'_>, source: &SourceMember) -> Option<Suppressed> {
        let rule = &self.stored.rule;
        let inhibition = match whom {
            // What is about the source is what people are told instead.
            Whom::Source(_) => Inhibition::default(),
            Whom::Workload(_) => Inhibition {
                is_source_down: is_down(source.state),
                is_platform_incident: self.readings.incidents.shaken.contains(&source.id),
            },
        };
        if inhibition.holds_back(rule) {
            return Some(Suppressed::Inhibited);
        }
        let target = whom.target(source);
        self.silences
            .iter()
            .any(|one| {
                one.silence
                    .matchers
                    .cover(&rule.name, rule.severity, target)
            })
            .then_some(Suppressed::Silenced)
    }

    /// What is known of what the rule looks at; `None` when it was not looked at. `before` is the alert there is.
    fn reading(
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

/// The standing of an alert that is over no longer says when it fired: that is taken from before.
fn before_or(alert: &OpenAlert, before: &OpenAlert) -> OpenAlert {
    let mut told = alert.clone();
    if !told.standing.is_firing() && before.standing.is_firing() {
        told.standing.phase = before.standing.phase;
    }
    told
}

const fn is_down(state: SourceState) -> bool {
    matches!(
        state,
        SourceState::Unreachable | SourceState::PermissionDenied | SourceState::Unsupported
    )
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
