//! The leak finder against the truth: which runs grow without end, and when they meet their limit. It is asked at several ages of each run,
//! and gets what the store kept of it up to then.

use std::collections::BTreeMap;

use domain::{
    ids::{ContainerKey, SourceId},
    leak::{
        Course, Growth, Reading,
        backtest::{self, PastRun},
    },
    sample::Sample,
};
use server::store::Store;
use simulator::{Cause, Death};

use crate::{fleet::grows, month::Month};

/// The shares of its life at which a run is asked.
const AT: [f64; 4] = [0.34, 0.5, 0.66, 0.8];
/// Younger runs are not worth a forecast.
const LEAST_AGE_S: f64 = 1_800.0;
/// So many runs of a workload are asked, the newest.
const RUNS: usize = 12;
/// Past runs that a forecast is held against.
const PAST: usize = 8;

/// How the leak finder did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Growing runs asked, and those of which a forecast was made.
    pub(crate) asked: u64,
    pub(crate) told: u64,
    /// Forecasts whose range held the true end.
    pub(crate) held: u64,
    /// Widths of the ranges as shares of the time that truly remained.
    pub(crate) widths: Vec<f64>,
    /// Runs that do not grow, asked; and those that were called growing, by workload.
    pub(crate) healthy: u64,
    pub(crate) alarms: Vec<String>,
}

impl Answers {
    pub(crate) fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.told += other.told;
        self.held += other.held;
        self.widths.extend(other.widths);
        self.healthy += other.healthy;
        self.alarms.extend(other.alarms);
    }

    /// Asks about every run of the containers that the engine still has.
    pub(crate) async fn of(store: &Store, source: SourceId, month: &Month) -> Self {
        let mut answers = Self::default();
        let mut runs: BTreeMap<&str, Vec<&Death>> = BTreeMap::new();
        for death in &month.truth.deaths {
            if death.started_at >= month.watched_from {
                runs.entry(&death.container_id).or_default().push(death);
            }
        }
        for known in store.containers().known(source).await.unwrap() {
            let Some(deaths) = runs.remove(known.id.0.as_str()) else {
                continue;
            };
            let long: Vec<&Death> = deaths
                .into_iter()
                .filter(|death| lifetime_s(death) >= 2.0 * LEAST_AGE_S)
                .collect();
            let newest = &long[long.len().saturating_sub(RUNS)..];
            let mut past = Vec::new();
            for death in newest {
                answers
                    .ask(store, known.keys.container, death, &mut past)
                    .await;
            }
        }
        answers
    }

    async fn ask(
        &mut self,
        store: &Store,
        container: ContainerKey,
        death: &Death,
        past: &mut Vec<PastRun>,
    ) {
        let samples = store
            .samples()
            .tail(container, death.started_at, death.ended_at)
            .await
            .unwrap();
        let Some(limit) = samples.iter().find_map(|sample| sample.limit_bytes) else {
            return;
        };
        let limit = limit as f64;
        let memory = readings(&samples, death, |sample| sample.working_set_bytes);
        let anon = readings(&samples, death, |sample| sample.anon_bytes);
        let lifetime_s = lifetime_s(death);
        for age_s in AT.map(|share| lifetime_s * share) {
            if age_s < LEAST_AGE_S {
                continue;
            }
            let growth = Growth::of_memory(
                &Course::of(&memory, age_s),
                Some(&Course::of(&anon, age_s)),
                Some(limit),
            );
            if !grows(&death.workload) {
                self.healthy += 1;
                if growth.growing().is_some() {
                    self.alarms.push(death.workload.clone());
                }
            } else if death.cause == Cause::OutOfMemory {
                self.asked += 1;
                let told = growth
                    .growing()
                    .and_then(|growing| backtest::forecast(growing, limit, past).0);
                if let Some(told) = told {
                    let remains_s = lifetime_s - age_s;
                    self.told += 1;
                    self.held += u64::from(told.holds(remains_s));
                    self.widths
                        .push((told.latest_s - told.earliest_s) / remains_s);
                }
            }
        }
        if death.cause == Cause::OutOfMemory {
            past.push(PastRun {
                readings: memory,
                lifetime_s,
            });
            if past.len() > PAST {
                past.remove(0);
            }
        }
    }

    /// The share of forecasts that held.
    pub(crate) fn coverage(&self) -> f64 {
        self.held as f64 / self.told.max(1) as f64
    }

    /// The share of growing runs of which a forecast was made.
    pub(crate) fn told_ratio(&self) -> f64 {
        self.told as f64 / self.asked.max(1) as f64
    }

    /// The middle one of all widths.
    pub(crate) fn median_width(&self) -> f64 {
        let mut widths = self.widths.clone();
        widths.sort_by(f64::total_cmp);
        widths.get(widths.len() / 2).copied().unwrap_or(0.0)
    }

    /// The share of healthy runs that were called growing.
    pub(crate) fn false_alarm_ratio(&self) -> f64 {
        self.alarms.len() as f64 / self.healthy.max(1) as f64
    }
}

fn lifetime_s(death: &Death) -> f64 {
    (death.ended_at - death.started_at).num_milliseconds() as f64 / 1e3
}

fn readings(
    samples: &[Sample],
    death: &Death,
    value: impl Fn(&Sample) -> Option<u64>,
) -> Vec<Reading> {
    samples
        .iter()
        .filter_map(|sample| {
            let age_s = (sample.at - death.started_at).num_milliseconds() as f64 / 1e3;
            Some(Reading::of(age_s, value(sample)? as f64))
        })
        .collect()
}
