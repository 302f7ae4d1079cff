//! The analyzer: looks at the runs that last, and says whether they grow and when they meet their limit.
//!
//! A run is judged again when it is a sixtieth older, which is when there is another cell to judge by; so a fleet of old runs costs next
//! to nothing, and a young one is never behind. Each round takes those that have waited longest, a bounded number of them. Runs of less than
//! two hours are in memory; the others are read in one statement for each of a few lengths of time. Judging is done beside the threads
//! that record. What deploys did is decided here too, a few workloads a minute.

mod outlooks;
mod pasts;
mod proofs;
mod schedule;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use domain::{
    Timestamp,
    ids::{EngineId, SourceId, WorkloadId},
    leak::backtest::PastRun,
    outlook::Outlook,
    run::{self, Run},
    view::{SeriesQuery, SeriesSet, TimeRange},
};
use metrics::{gauge, histogram};
use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};
use tracing::warn;

pub use self::outlooks::Outlooks;
use self::{pasts::Pasts, proofs::Proofs, schedule::Schedule};
use super::{
    history::{History, REACH},
    metrics::{ANALYSIS_SECONDS, OUTLOOKS},
};
use crate::{
    collect::hint::Hint,
    live::Live,
    store::{Store, StoreError, StoredRun},
};

/// How often it is looked whether something is due.
const ROUND: Duration = Duration::from_secs(10);
/// Runs that are judged in a round at most.
const BATCH: usize = 250;
/// Growing runs whose past is read in a round at most: forecasts are tried on it. Enough for a thousand containers each of which dies every
/// ten minutes; reading one takes some milliseconds.
const PASTS: usize = 20;
/// Readings that a run is judged by: two for each cell of a course.
const POINTS: u32 = 120;
/// The newest samples are in memory for at least that long.
const IN_MEMORY: TimeDelta = TimeDelta::hours(2);

/// See the module.
#[derive(Debug)]
pub struct Worker {
    store: Store,
    live: Live,
    outlooks: Outlooks,
    hints: HashMap<SourceId, Hint>,
    schedule: Schedule,
    pasts: Pasts,
    proofs: Proofs,
    near: HashMap<WorkloadId, (SourceId, EngineId)>,
}

impl Worker {
    /// An analyzer that leaves what it finds in `outlooks` and tells sources through their `hints` which containers are near their limit.
    pub fn new(
        store: Store,
        live: Live,
        outlooks: Outlooks,
        hints: HashMap<SourceId, Hint>,
    ) -> Self {
        Self {
            store,
            live,
            outlooks,
            hints,
            schedule: Schedule::default(),
            pasts: Pasts::default(),
            proofs: Proofs::default(),
            near: HashMap::new(),
        }
    }

    /// Works until it is aborted.
    pub async fn run(mut self) {
        let mut ticks = interval(ROUND);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let begun = Instant::now();
            if let Err(error) = self.round(Utc::now()).await {
                warn!(%error, "the runs could not be judged; trying again");
            }
            histogram!(ANALYSIS_SECONDS).record(begun.elapsed().as_secs_f64());
        }
    }

    /// Judges what is due at a moment.
    pub async fn round(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let lasting = self.store.lasting_runs().await?;
        self.schedule.update(&lasting, now);
        let schedule = &self.schedule;
        self.outlooks
            .retain(|id, outlook| schedule.begin_of(id) == Some(outlook.run_started_at));
        self.near.retain(|id, _| schedule.begin_of(*id).is_some());
        self.pasts.retain(|id| schedule.begin_of(id).is_some());

        let due = self.schedule.due(now, BATCH);
        if !due.is_empty() {
            let mut runs = self.store.runs(&due, now, 1).await?;
            runs.retain(|stored| stored.run.end.is_none());
            self.read(&mut runs, now).await?;
            self.read_pasts(&runs, now).await?;
            self.judge(runs, now).await;
        }
        self.tell();
        gauge!(OUTLOOKS).set(self.schedule.len() as f64);
        self.proofs.decide(&self.store, &self.live, now).await
    }

    /// Reads the courses: of young runs from memory, of the others in one statement for all that are of about the same age.
    async fn read(&self, runs: &mut [StoredRun], now: Timestamp) -> Result<(), StoreError> {
        let samples = self.store.samples();
        let mut older: HashMap<u32, Vec<&mut StoredRun>> = HashMap::new();
        for stored in runs {
            let age = now - stored.run.started_at;
            if age < IN_MEMORY {
                let query = SeriesQuery {
                    metrics: run::METRICS.to_vec(),
                    range: TimeRange {
                        from: stored.run.started_at,
                        to: now,
                    },
                    points: POINTS,
                };
                let set = samples.query(&[stored.container], &query).await?;
                run::cut(std::slice::from_mut(&mut stored.run), &set, now);
            } else {
                // Ages within a factor of two have steps within one.
                let doublings = (age.num_minutes().max(1) as u64).ilog2();
                older.entry(doublings).or_default().push(stored);
            }
        }
        for group in older.into_values() {
            let begins = group.iter().map(|stored| stored.run.started_at);
            let range = TimeRange {
                from: begins.min().unwrap_or(now),
                to: now,
            };
            let containers: Vec<_> = group.iter().map(|stored| [stored.container]).collect();
            let each: Vec<&[_]> = containers.iter().map(<[_; 1]>::as_slice).collect();
            let many = samples
                .query_many(&each, range, 2 * POINTS, &run::METRICS)
                .await?;
            for (stored, series) in group.into_iter().zip(many) {
                run::cut(
                    std::slice::from_mut(&mut stored.run),
                    &SeriesSet { series },
                    now,
                );
            }
        }
        Ok(())
    }

    /// Reads the past of growing runs, a few at a time, once for each run.
    async fn read_pasts(&mut self, runs: &[StoredRun], now: Timestamp) -> Result<(), StoreError> {
        let wanted = runs.iter().filter(|stored| {
            !self.pasts.is_known(stored.workload, stored.run.started_at)
                && stored.run.memory_growth(now).growing().is_some()
        });
        let wanted: Vec<_> = wanted
            .take(PASTS)
            .map(|stored| (stored.workload, stored.run.started_at))
            .collect();
        for (workload, before) in wanted {
            let history = History::read(&self.store, workload, now - REACH, now).await?;
            let past = history.runs.iter().rev().filter_map(Run::past);
            self.pasts.put(workload, before, past);
        }
        Ok(())
    }

    async fn judge(&mut self, runs: Vec<StoredRun>, now: Timestamp) {
        let pasts: Vec<Vec<PastRun>> = runs
            .iter()
            .map(|stored| self.pasts.of(stored.workload))
            .collect();
        let judging = spawn_blocking(move || {
            runs.into_iter()
                .zip(pasts)
                .map(|(stored, past)| {
                    let outlook = Outlook::of(&stored.run, &past, now);
                    (stored, outlook)
                })
                .collect::<Vec<_>>()
        });
        let Ok(judged) = judging.await else {
            return;
        };
        for (stored, outlook) in &judged {
            let is_near = outlook.is_near(now);
            self.schedule.judged(stored.workload, now, is_near);
            if is_near {
                let container = stored.run.container.clone();
                self.near
                    .insert(stored.workload, (stored.source, container));
            } else {
                self.near.remove(&stored.workload);
            }
        }
        self.outlooks.put(
            judged
                .into_iter()
                .map(|(stored, outlook)| (stored.workload, outlook)),
        );
    }

    /// Tells every source which of its containers are near their limit.
    fn tell(&self) {
        for (source, hint) in &self.hints {
            let near: HashSet<EngineId> = self
                .near
                .values()
                .filter(|(of, _)| of == source)
                .map(|(_, container)| container.clone())
                .collect();
            if *hint.near() != near {
                hint.tell(near);
            }
        }
    }
}
