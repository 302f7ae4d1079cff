//! One look at every rule: what was read in, what changed out. No database, no clock.

mod reading;

use std::collections::HashMap;

use domain::{
    alert::{
        Condition, Happening, Inhibition, Look, Message, Notice, Reading, Signal, Subject,
        Suppressed, Target, due,
    },
    ids::{RuleId, SourceId},
    source::SourceState,
};

use super::readings::{Readings, When};
use crate::store::alerts::{
    Member, OpenAlert, Plan, Reason, SourceMember, Step, StoredRule, StoredSilence, TargetKey,
    message,
};

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
    let scene_of = |stored| Scene {
        stored,
        readings,
        sources: &sources,
        silences: &silences,
        when,
    };
    let mut plan = Plan::default();
    for stored in rules {
        let scene = scene_of(stored);
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
            scene_of(stored).step_gone(&alert, &mut plan);
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
