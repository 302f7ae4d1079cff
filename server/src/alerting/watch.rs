//! The tick: looks at all rules every ten seconds.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use domain::{
    Timestamp,
    alert::{Condition, Signal},
    ids::{RestartId, RuleId, SourceId},
};
use metrics::histogram;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    evaluate::evaluate,
    metrics::TICK_SECONDS,
    readings::{Counted, Readings, When},
};
use crate::{
    analyze::Outlooks,
    store::{
        Store, StoreError,
        alerts::{Kept, StoredRule},
    },
};

/// How often rules are looked at: as often as engines are polled.
const EVERY: Duration = Duration::from_secs(10);
/// A longer time between two looks was not watched: Inquest was stopped, paused or without its database.
const PAUSE: TimeDelta = TimeDelta::seconds(40);
/// Counts only rise with the ledger, which looks at them itself, and fall only where there is an alert. All are counted anew this
/// often all the same, so that a changed rule and the end of a grace are noticed.
const RECOUNT_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Looks at rules for as long as it is not dropped.
#[derive(Debug)]
pub struct Watch {
    store: Store,
    outlooks: Outlooks,
    watched: HashSet<SourceId>,
    recounted_at: Option<Timestamp>,
    /// The rules at the last look.
    rules: Vec<StoredRule>,
}

impl Watch {
    /// Looks at rules over these sources, with what the analyzer expects of their runs.
    pub fn new(
        store: Store,
        outlooks: Outlooks,
        watched: impl IntoIterator<Item = SourceId>,
    ) -> Self {
        Self {
            store,
            outlooks,
            watched: watched.into_iter().collect(),
            recounted_at: None,
            rules: Vec::new(),
        }
    }

    /// Looks every ten seconds.
    pub async fn run(mut self) {
        let mut beat = interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let begun = Instant::now();
            if let Err(error) = self.look(Utc::now()).await {
                tracing::warn!(%error, "alert rules could not be looked at; trying again in ten seconds");
            }
            histogram!(TICK_SECONDS).record(begun.elapsed().as_secs_f64());
        }
    }

    /// Looks once. Whatever can be read before is, so that nobody who changes alerts waits for it.
    pub async fn look(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let alerts = self.store.alerts();
        let before = alerts.kept().await?;
        let roster = self
            .store
            .alert_roster(before.looks_at_labels(), now)
            .await?;
        let incidents = alerts.going_on(now).await?;
        let recount = self.rules != before.rules
            || self.recounted_at.is_none_or(|at| now - at >= RECOUNT_EVERY);
        let counts = self.counts(&before, recount, now).await?;
        let told_of: Vec<RestartId> = before
            .open
            .iter()
            .filter_map(|alert| alert.restart)
            .collect();
        let reasons = alerts.reasons(&told_of).await?;
        let reach = before
            .last_at
            .unwrap_or(now - TimeDelta::seconds(10))
            .max(now - PAUSE);
        let samples = self.samples(&before.rules, &roster, reach, now);
        let runs = roster.workloads.iter();
        let outlooks = self
            .outlooks
            .of_runs(runs.map(|member| (member.id, member.started_at)));
        let mut readings = Readings {
            roster,
            outlooks,
            watched: self.watched.clone(),
            samples,
            counts,
            incidents,
            reasons,
        };
        let mut tick = alerts.begin_tick().await?;
        if (&tick.kept.rules, &tick.kept.silences) != (&before.rules, &before.silences) {
            // What was read is for others. The next look is soon, and is for these.
            return Ok(());
        }
        readings.not_counted_since(&before, &tick.kept);
        let since_last = tick.kept.last_at.map_or(TimeDelta::zero(), |last| {
            (now - last).max(TimeDelta::zero())
        });
        let when = When {
            now,
            since_last,
            blind: if since_last > PAUSE {
                since_last
            } else {
                TimeDelta::zero()
            },
        };
        let open = std::mem::take(&mut tick.kept.open);
        let plan = evaluate(&tick.kept.rules, &tick.kept.silences, open, &readings, when);
        tick.commit(plan, now).await?;
        if recount {
            self.recounted_at = Some(now);
            self.rules = before.rules;
        }
        Ok(())
    }

    async fn counts(
        &self,
        before: &Kept,
        recount: bool,
        now: Timestamp,
    ) -> Result<HashMap<RuleId, Counted>, StoreError> {
        let mut counts = HashMap::new();
        for stored in before.rules.iter().filter(|stored| stored.rule.enabled) {
            let Condition::Threshold(threshold) = &stored.rule.condition else {
                continue;
            };
            let Signal::Restarts { causes, window_s } = &threshold.signal else {
                continue;
            };
            let workloads: Vec<i64> = before
                .open
                .iter()
                .filter(|alert| alert.rule == stored.id)
                .filter_map(|alert| Some(alert.target.workload?.0))
                .collect();
            if !recount && workloads.is_empty() {
                continue;
            }
            let only = (!recount).then_some(workloads.as_slice());
            let mut by_workload = self
                .store
                .alerts()
                .counts(causes, *window_s, only, now)
                .await?;
            // Who was counted and has none is known to have none.
            for workload in &workloads {
                by_workload
                    .entry(domain::ids::WorkloadId(*workload))
                    .or_insert(0);
            }
            counts.insert(
                stored.id,
                Counted {
                    by_workload,
                    is_complete: recount,
                    changed: HashSet::new(),
                },
            );
        }
        Ok(counts)
    }

    /// Samples since the last look, when a rule looks at them.
    fn samples(
        &self,
        rules: &[StoredRule],
        roster: &crate::store::alerts::Roster,
        after: Timestamp,
        now: Timestamp,
    ) -> HashMap<domain::ids::WorkloadId, Vec<domain::sample::Sample>> {
        let looks_at_levels = |stored: &StoredRule| {
            stored.rule.enabled
                && stored.rule.condition.threshold().is_some_and(|threshold| {
                    matches!(
                        threshold.signal,
                        Signal::MemoryRatio(_)
                            | Signal::MemoryWorkingSetBytes(_)
                            | Signal::Tasks(_)
                    )
                })
        };
        if !rules.iter().any(looks_at_levels) {
            return HashMap::new();
        }
        let memory = self.store.samples();
        roster
            .workloads
            .iter()
            .map(|member| {
                let mut samples = memory.recent(member.container, after, now);
                // Polled less often than looked at: the newest is still the present.
                if samples.is_empty() {
                    samples.extend(memory.latest(member.container));
                }
                (member.id, samples)
            })
            .collect()
    }
}
