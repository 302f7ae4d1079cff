//! What the fleet says: a function of a seed, so that whoever reads can compute what has to be there.

use chrono::{DateTime, TimeDelta};
use domain::{
    Timestamp,
    ids::{ContainerKey, SourceId},
    metric::TaskKind,
    sample::{Sample, TaskCount},
    source::SourceKind,
};
use server::store::{Store, StoreError};

use super::dice::mix;
use crate::database::spec;

pub(super) const SOURCES: usize = 2;
pub(super) const CONTAINERS: usize = 24;

/// 2026-01-01 00:00 UTC: the clock of the fleet has nothing to do with ours.
const EPOCH_MS: i64 = 1_767_225_600_000;
/// Time between polls. So long that days go by in seconds, and chunks, merges and retention with them.
const TICK_MS: u64 = 600_000;
/// How many polls later some readings are delivered: into the window in memory, sealed chunks, and finished days.
const DELAYS: [u64; 4] = [1, 9, 40, 250];

/// The first tick. All readings of late deliveries lie after the epoch.
pub(super) const FIRST: u64 = 1_000;

/// One container at one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) container: usize,
    pub(super) tick: u64,
}

/// When a poll is due.
pub(super) fn time(tick: u64) -> Timestamp {
    DateTime::from_timestamp_millis(EPOCH_MS + (TICK_MS * tick) as i64).unwrap()
}

/// Names of container and workload.
pub(super) fn name(container: usize) -> String {
    format!("c{container}")
}

/// The fleet as the store knows it.
#[derive(Debug)]
pub(super) struct Fleet {
    seed: u64,
    pub(super) sources: Vec<SourceId>,
    pub(super) containers: Vec<ContainerKey>,
}

impl Fleet {
    /// Makes the fleet known to the store, if it is not yet.
    pub(super) async fn enroll(store: &Store, seed: u64) -> Result<Self, StoreError> {
        let (mut sources, mut containers) = (Vec::new(), Vec::new());
        for source in 0..SOURCES {
            let (name, interval) = (format!("engine-{source}"), TICK_MS);
            let upsert = store.sources();
            let id = upsert.upsert(&name, SourceKind::Docker, "unix:///docker.sock", interval);
            sources.push(id.await?);
        }
        for container in 0..CONTAINERS {
            let spec = spec(&name(container), &name(container), time(0));
            let source = sources[container % SOURCES];
            let resolved = store.containers().resolve(source, &spec, time(0)).await?;
            containers.push(resolved.container);
        }
        Ok(Self {
            seed,
            sources,
            containers,
        })
    }

    fn hash(&self, reading: Reading) -> u64 {
        mix(self.seed ^ mix(reading.tick * CONTAINERS as u64 + reading.container as u64))
    }

    /// What the container says; nothing when the poll failed. Engines answer within 50 ms of the tick, some much later.
    pub(super) fn said(&self, reading: Reading) -> Option<Sample> {
        let hash = self.hash(reading);
        let part = |shift: u32, choices: u64| (hash >> shift) % choices;
        if part(0, 50) == 0 {
            return None;
        }
        let offset = if part(8, 16) == 0 {
            100 + part(12, 5_000) as i64
        } else {
            part(12, 101) as i64 - 50
        };
        let odd = if part(20, 8) == 0 { part(24, 4_096) } else { 0 };
        let working_set = (1_000 + part(28, 4_096)) * 4_096 + odd;
        Some(Sample {
            working_set_bytes: Some(working_set),
            usage_bytes: Some(working_set + (8 << 20)),
            anon_bytes: (part(36, 3) > 0).then_some(working_set / 2),
            limit_bytes: Some((64 + reading.tick / 144 % 2) << 20),
            tasks: (part(40, 5) > 0).then_some(TaskCount {
                kind: TaskKind::Goroutines,
                count: part(44, 50_000),
            }),
            kernel_tasks: Some(part(50, 12)),
            ..Sample::empty(time(reading.tick) + TimeDelta::milliseconds(offset))
        })
    }

    /// The same as it has to come back: close to the tick means at the tick.
    pub(super) fn stored(&self, reading: Reading) -> Option<Sample> {
        let said = self.said(reading)?;
        let tick = time(reading.tick);
        let at = if (said.at - tick).abs() < TimeDelta::milliseconds(100) {
            tick
        } else {
            said.at
        };
        Some(Sample { at, ..said })
    }

    /// The poll that a stored sample is from.
    pub(super) fn tick_of(at: Timestamp) -> u64 {
        (at.timestamp_millis() - EPOCH_MS) as u64 / TICK_MS
    }

    /// How many polls later it is delivered.
    fn delay(&self, reading: Reading) -> u64 {
        let hash = mix(self.hash(reading));
        if hash.is_multiple_of(30) {
            DELAYS[(hash >> 32) as usize % DELAYS.len()]
        } else {
            0
        }
    }

    /// What one poll of a source sees in time.
    pub(super) fn poll(&self, source: usize, tick: u64) -> Vec<Reading> {
        (source..CONTAINERS)
            .step_by(SOURCES)
            .map(|container| Reading { container, tick })
            .filter(|reading| self.delay(*reading) == 0 && self.said(*reading).is_some())
            .collect()
    }

    /// Readings of earlier polls of a source that are delivered with this one.
    pub(super) fn late(&self, source: usize, tick: u64) -> Vec<Reading> {
        let containers = (source..CONTAINERS).step_by(SOURCES);
        let all = containers.flat_map(|container| {
            DELAYS.map(|delay| {
                (
                    delay,
                    Reading {
                        container,
                        tick: tick - delay,
                    },
                )
            })
        });
        all.filter(|(delay, reading)| self.delay(*reading) == *delay)
            .map(|(_, reading)| reading)
            .filter(|reading| self.said(*reading).is_some())
            .collect()
    }
}
