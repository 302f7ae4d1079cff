//! The process that is killed: it writes, seals, merges, removes what is old and reads, all at once and as fast as it can, and notes
//! every acknowledgement before it goes on.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use domain::{ids::ContainerKey, ledger::LedgerChange, sample::Sample};
use serde::{Deserialize, Serialize};
use server::store::{Keep, Store, StoreError, Tick};
use tokio::time::sleep;

use super::{
    KEEP_DAYS,
    dice::Dice,
    fleet::{self, CONTAINERS, Fleet, Reading, SOURCES},
    journal::{Entry, Journal, Upkeep},
};
use crate::ledger::out_of_memory;

/// Between two tries while the database is away.
const PATIENCE: Duration = Duration::from_millis(20);
/// How many polls back the reader looks: across the memory window, fresh chunks and finished days.
const LOOK_BACK: u64 = 400;
/// A container restarts every so many polls.
pub(super) const RESTART_EVERY: u64 = 10;

/// What the parent wants.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) url: String,
    pub(super) journal: PathBuf,
    pub(super) seed: u64,
    /// Where to begin.
    pub(super) tick: u64,
}

struct Driver<'a> {
    store: Store,
    fleet: Fleet,
    journal: &'a Journal,
    dice: Mutex<Dice>,
    tick: AtomicU64,
    /// What was acknowledged in time, to this very process.
    known: Mutex<BTreeSet<Reading>>,
}

/// Runs until it is killed, or something goes wrong that no kill explains.
pub(super) async fn drive(order: &Order) {
    let journal = Journal::append(&order.journal).unwrap();
    if let Err(problem) = run(order, &journal).await {
        journal.tell(&Entry::Failed(problem));
    }
}

async fn run(order: &Order, journal: &Journal) -> Result<(), String> {
    let told = |error: StoreError| format!("{error:?}");
    let store = Store::open_at(&order.url, fleet::time(order.tick)).await;
    let store = store.map_err(told)?;
    let fleet = Fleet::enroll(&store, order.seed).await.map_err(told)?;
    let driver = Driver {
        store,
        fleet,
        journal,
        dice: Mutex::new(Dice::new(order.seed ^ order.tick)),
        tick: AtomicU64::new(order.tick),
        known: Mutex::default(),
    };
    journal.tell(&Entry::Tick(order.tick));
    tokio::select! {
        ended = driver.write() => ended.map_err(told),
        ended = driver.keep_up() => ended.map_err(told),
        ended = driver.read() => ended,
    }
}

impl Driver<'_> {
    /// Polls, one after the other, with what is delivered late, and restarts.
    async fn write(&self) -> Result<(), StoreError> {
        loop {
            let tick = self.tick.load(Ordering::Relaxed);
            self.journal.tell(&Entry::Tick(tick));
            for source in 0..SOURCES {
                self.write_poll(source, tick).await?;
                self.write_late(source, tick).await?;
            }
            if tick.is_multiple_of(RESTART_EVERY) {
                let container = (tick / RESTART_EVERY) as usize % CONTAINERS;
                let name = fleet::name(container);
                let restart = out_of_memory(&name, &name, fleet::time(tick));
                let change = [LedgerChange::Ended(Box::new(restart))];
                let source = self.fleet.sources[container % SOURCES];
                again(async || self.store.ledger().record(source, &change).await).await?;
                self.journal.tell(&Entry::Restart(tick));
            }
            self.tick.store(tick + 1, Ordering::Relaxed);
        }
    }

    async fn write_poll(&self, source: usize, tick: u64) -> Result<(), StoreError> {
        let readings = self.fleet.poll(source, tick);
        let samples = self.samples(&readings);
        let (id, at) = (self.fleet.sources[source], fleet::time(tick));
        // Now and then an acknowledgement goes missing, and the batch comes again.
        for _ in 0..=u64::from(self.throw(20) == 0) {
            again(async || self.store.samples().append(id, at, &samples).await).await?;
        }
        self.journal.tell(&Entry::Poll { source, tick });
        self.known().extend(readings);
        Ok(())
    }

    async fn write_late(&self, source: usize, tick: u64) -> Result<(), StoreError> {
        let readings = self.fleet.late(source, tick);
        let ticks: Vec<Tick> = readings
            .iter()
            .map(|reading| Tick {
                at: fleet::time(reading.tick),
                samples: self.samples(&[*reading]),
            })
            .collect();
        let id = self.fleet.sources[source];
        again(async || self.store.samples().append_ticks(id, &ticks).await).await?;
        self.journal.tell(&Entry::Late { source, tick });
        Ok(())
    }

    /// Sealing and merging all the time, retention now and then.
    async fn keep_up(&self) -> Result<(), StoreError> {
        let keep = Keep {
            raw: Some(TimeDelta::days(KEEP_DAYS.into())),
            rollups_5m: Some(TimeDelta::days(30)),
            ..Keep::default()
        };
        loop {
            let now = fleet::time(self.tick.load(Ordering::Relaxed));
            self.journal.tell(&Entry::Begin(Upkeep::Sealing));
            let sealed = self.store.samples().seal(now).await;
            self.journal.tell(&Entry::End(Upkeep::Sealing));
            unless_away(sealed)?;
            if self.throw(4) == 0 {
                self.journal.tell(&Entry::Begin(Upkeep::Retention));
                let removed = self.store.retain(&keep, now).await;
                self.journal.tell(&Entry::End(Upkeep::Retention));
                unless_away(removed)?;
            }
            sleep(Duration::from_millis(self.throw(30))).await;
        }
    }

    /// Looks all the time whether what is known is there, wherever it is by now.
    async fn read(&self) -> Result<(), String> {
        loop {
            sleep(Duration::from_millis(5)).await;
            let container = self.throw(CONTAINERS as u64) as usize;
            let newest = self.tick.load(Ordering::Relaxed);
            let from = newest - self.throw(LOOK_BACK.min(newest - fleet::FIRST) + 1);
            let to = from + 1 + self.throw(newest - from + 1);
            let known: Vec<Reading> = self
                .known()
                .iter()
                .filter(|known| known.container == container && (from..to).contains(&known.tick))
                .copied()
                .collect();
            let key = self.fleet.containers[container];
            let until = fleet::time(to) - TimeDelta::milliseconds(100);
            let found = match self
                .store
                .samples()
                .tail(key, fleet::time(from), until)
                .await
            {
                Err(error) if error.is_unavailable() => continue,
                found => found.map_err(|error| format!("{error:?}"))?,
            };
            for reading in known {
                let Some(wanted) = self.fleet.stored(reading) else {
                    continue;
                };
                let there = found.binary_search_by_key(&wanted.at, |sample| sample.at);
                if there.map(|index| found[index]) != Ok(wanted) {
                    return Err(format!(
                        "while it ran, in {from}..{to} of {newest}: {reading:?} is {:?}, not {wanted:?}",
                        there.map(|index| found[index])
                    ));
                }
            }
        }
    }

    fn samples(&self, readings: &[Reading]) -> Vec<(ContainerKey, Sample)> {
        let said = readings.iter().filter_map(|reading| {
            let key = self.fleet.containers[reading.container];
            Some((key, self.fleet.said(*reading)?))
        });
        said.collect()
    }

    fn throw(&self, sides: u64) -> u64 {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        dice.throw(sides)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<Reading>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tries until the database is back, as the recorder does.
async fn again<T>(action: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    loop {
        match action().await {
            Err(error) if error.is_unavailable() => sleep(PATIENCE).await,
            done => return done,
        }
    }
}

fn unless_away<T>(done: Result<T, StoreError>) -> Result<(), StoreError> {
    match done {
        Err(error) if !error.is_unavailable() => Err(error),
        _ => Ok(()),
    }
}
