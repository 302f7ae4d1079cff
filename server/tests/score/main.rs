//! The score: a simulated fleet lives for days in minutes, is watched from the engine's HTTP up, and the ledger is held against what truly
//! happened. `make score` runs 500 workloads for 30 days; as a plain test it is a small fleet for a day.
//!
//! `SCORE_WORKLOADS`, `SCORE_DAYS`, `SCORE_HASTE` (how many times as often everything happens), `SCORE_SEED` and `SCORE_AT_ONCE` (hosts
//! that are watched at the same time) set its size, `SCORE_HOST` picks one of its hosts; with `SCORE_RESULTS` each figure is appended to that file.
#![expect(clippy::unwrap_used, reason = "a test binary that reports")]

mod aside;
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

use domain::Timestamp;
use server::store::Store;

use crate::{
    fleet::Host, growth::Answers, ledger::Ledger, matching::Matched, month::Month, report::Report,
};

/// Workloads on each host.
const ON_EACH: usize = 20;

/// Which fleet, and for how long.
struct Run {
    hosts: Vec<Host>,
    days: f64,
    at_once: usize,
    /// Whether time jumps where nothing happens.
    jumps: bool,
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().ok().expect(name))
}

/// `make score`, when it says how large; else a small fleet for an hour in which everything happens sixty times as often.
#[test]
fn every_end_of_a_fleet_is_in_the_ledger_once_and_no_confirmed_verdict_is_wrong() {
    // A Monday. Always the same one: what is random comes from seed and time, and a run that failed can be repeated.
    let from: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    let Some(workloads) = setting("SCORE_WORKLOADS") else {
        let small = |jumps| Run {
            hosts: fleet::small(SMALL_DAYS, 1),
            days: SMALL_DAYS,
            at_once: 1,
            jumps,
        };
        let (with, without) = (score(small(true), from), score(small(false), from));
        println!("{with}");
        check(&with);
        // What is thinned out must not make it easier: polled at every beat of every second, a fleet gets the same verdicts.
        assert_eq!(with.ours.table(), without.ours.table());
        return;
    };
    let days = setting("SCORE_DAYS").unwrap_or(30.0);
    let seed = setting("SCORE_SEED").unwrap_or(1);
    let haste = setting("SCORE_HASTE").unwrap_or(1.0);
    let mut hosts = fleet::hosts(workloads, ON_EACH, days, haste, seed);
    let only: Option<usize> = setting("SCORE_HOST");
    if let Some(only) = only {
        hosts.retain(|host| host.number == only);
    }
    let run = Run {
        hosts,
        days,
        at_once: setting("SCORE_AT_ONCE").unwrap_or(2),
        jumps: true,
    };
    let report = score(run, from);
    println!("{report}");
    if let Ok(file) = env::var("SCORE_RESULTS")
        && only.is_none()
    {
        let scale = match (workloads, days, haste) {
            (500, 30.0, 1.0) => "full".to_owned(),
            _ => format!("{workloads} workloads, {days} days, {haste} times as often"),
        };
        report.append(&file, &scale);
    }
    check(&report);
}

/// How long the small fleet lives.
const SMALL_DAYS: f64 = 1.0 / 24.0;

/// What holds of a fleet of any size.
fn check(report: &Report) {
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

/// Lets the fleet live and judges the judge.
fn score(run: Run, from: Timestamp) -> Report {
    let begun = Instant::now();
    let (days, jumps) = (run.days, run.jumps);
    let waiting = Mutex::new(VecDeque::from(run.hosts));
    let report = Mutex::new(Report::default());
    thread::scope(|scope| {
        for _ in 0..run.at_once {
            scope.spawn(|| {
                loop {
                    let next = lock(&waiting).pop_front();
                    let Some(host) = next else { return };
                    let (month, ledger, answers) = one(&host, days, jumps, from);
                    let matched = Matched::of(&month, &ledger);
                    eprintln!(
                        "host {:2}: {} ends, {} lost, {} invented, after {:.0} s",
                        host.number,
                        matched.pairs.len(),
                        matched.lost.len(),
                        matched.invented.len(),
                        begun.elapsed().as_secs_f64()
                    );
                    lock(&report).add(&month, &ledger, &matched, answers);
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
fn one(host: &Host, days: f64, jumps: bool, from: Timestamp) -> (Month, Ledger, Answers) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = runtime.block_on(database::empty_database());
    let month = month::pass(host, days, from, jumps, url.clone());
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
