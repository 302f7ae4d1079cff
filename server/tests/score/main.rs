//! The score: a simulated fleet lives for days in minutes, is watched from the engine's HTTP up, and the ledger is held against what truly
//! happened. `make score` runs 500 workloads for 30 days; as a plain test it is a small fleet for a day.
//!
//! `SCORE_WORKLOADS`, `SCORE_DAYS`, `SCORE_SEED` and `SCORE_AT_ONCE` (hosts that are watched at the same time) set its size; with
//! `SCORE_RESULTS` each figure is appended to that file.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test binary that reports"
)]

mod baselines;
mod confusion;
#[allow(dead_code, reason = "shared with the store's tests")]
#[path = "../store/database.rs"]
mod database;
mod dice;
mod fleet;
mod growth;
mod ledger;
mod looks;
mod matching;
mod month;
mod recorder;
mod report;

use std::{
    collections::VecDeque,
    env,
    str::FromStr,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use chrono::{TimeDelta, Utc};
use domain::Timestamp;
use server::store::Store;

use crate::{
    fleet::Host, growth::Answers, ledger::Ledger, matching::Matched, month::Month, report::Report,
};

/// Workloads on each host.
const ON_EACH: usize = 20;

struct Size {
    workloads: usize,
    days: f64,
    seed: u64,
    at_once: usize,
    /// Whether time jumps where nothing happens.
    jumps: bool,
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    env::var(name)
        .ok()
        .map_or(default, |text| text.parse().ok().expect(name))
}

#[test]
fn every_end_of_a_fleet_is_in_the_ledger_once_and_no_confirmed_verdict_is_wrong() {
    let size = Size {
        workloads: setting("SCORE_WORKLOADS", 20),
        days: setting("SCORE_DAYS", 1.0),
        seed: setting("SCORE_SEED", 1),
        at_once: setting("SCORE_AT_ONCE", 1),
        jumps: true,
    };
    let report = score(&size);
    println!("{report}");
    if let Ok(file) = env::var("SCORE_RESULTS") {
        report.append(&file, &format!("{}x{}d", size.workloads, size.days));
    }
    assert!(report.ends() > 0, "nothing happened");
    assert_eq!((report.lost, report.invented), (0, 0), "lost, invented");
    assert_eq!(
        report.wrong_confirmed.len(),
        0,
        "{:#?}",
        report.wrong_confirmed
    );
    assert!(report.ours.recall("out_of_memory") >= 0.99);
}

/// What is thinned out must not make it easier: polled at every beat of every second, a fleet gets the same verdicts.
#[test]
fn verdicts_are_the_same_whether_or_not_time_jumps_where_nothing_happens() {
    let size = |jumps| Size {
        workloads: 10,
        days: 0.1,
        seed: 7,
        at_once: 1,
        jumps,
    };
    let (with, without) = (score(&size(true)), score(&size(false)));
    assert!(with.ends() > 0, "nothing happened");
    assert_eq!(with.ours.table(), without.ours.table());
}

/// Lets the fleet live and judges the judge.
fn score(size: &Size) -> Report {
    let begun = Instant::now();
    let from = Utc::now() - TimeDelta::minutes((size.days * 1_440.0) as i64 + 60);
    let hosts = fleet::hosts(size.workloads, ON_EACH, size.days, size.seed);
    let waiting = Mutex::new(VecDeque::from(hosts));
    let report = Mutex::new(Report::default());
    thread::scope(|scope| {
        for _ in 0..size.at_once {
            scope.spawn(|| {
                loop {
                    let next = lock(&waiting).pop_front();
                    let Some(host) = next else { return };
                    let (month, ledger, answers) = one(&host, size, from);
                    let matched = Matched::of(&month, &ledger);
                    eprintln!(
                        "host {:2}: {} ends, {} lost, {} invented, after {:.0} s",
                        host.number,
                        matched.pairs.len(),
                        matched.lost.len(),
                        matched.invented.len(),
                        begun.elapsed().as_secs_f64()
                    );
                    lock(&report).add(&month, &ledger, matched, answers);
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One host's time, and what is left of it.
fn one(host: &Host, size: &Size, from: Timestamp) -> (Month, Ledger, Answers) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = runtime.block_on(database::empty_database());
    let month = month::pass(host, size.days, from, size.jumps, url.clone());
    let (ledger, answers) = runtime.block_on(async {
        let store = Store::open_at(&url, month.watched_until).await.unwrap();
        let ledger = Ledger::read(&store, &url, month.watched_until).await;
        let source = store.source_rows(month.watched_until).await.unwrap()[0].id;
        let answers = Answers::of(&store, source, &month).await;
        store.close().await;
        (ledger, answers)
    });
    (month, ledger, answers)
}
