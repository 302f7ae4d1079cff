//! History is fast, repeats itself exactly, tells the demo's stories, and ends where the present begins.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use simulator::{Action, Cause, Clock, Fleet, Listen, Simulation, Tick, Truth};

fn present() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

fn demo(seed: u64) -> Simulation {
    Simulation::builder(Fleet::demo())
        .seed(seed)
        .clock(Clock::manual(present()))
        .build()
        .expect("a network")
}

/// Every minute, and every ten seconds in the last two days.
fn step(age: Duration) -> Duration {
    Duration::from_secs(if age > Duration::from_hours(48) {
        60
    } else {
        10
    })
}

fn restarts(truth: &Truth, workload: &str, within: TimeDelta) -> usize {
    truth
        .of(workload)
        .filter_map(|death| death.restarted_at)
        .filter(|at| *at > present() - within)
        .count()
}

#[test]
fn a_month_of_the_demo_takes_seconds_and_tells_its_stories() {
    let simulation = demo(1);
    let began = Instant::now();
    let mut samples = 0;
    let mut last = None;
    for tick in simulation.history(simulation.begin(), present(), step) {
        samples += tick.containers.len();
        last = Some(tick);
    }
    // Generous: this is not a benchmark, but a debug build on a busy machine.
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
    assert!(samples > 700_000, "{samples}");
    let last = last.expect("there are ticks");
    assert_eq!(last.at, present());

    let truth = simulation.truth();
    let month = TimeDelta::days(31);
    assert_eq!(restarts(&truth, "checkout", TimeDelta::minutes(10)), 1);
    assert!(
        (205..=225).contains(&restarts(&truth, "checkout", month)),
        "{}",
        restarts(&truth, "checkout", month)
    );
    assert!((36..=42).contains(&restarts(&truth, "billing-webhook", month)));
    assert!((50..=62).contains(&restarts(&truth, "ledger-worker", month)));
    assert_eq!(
        truth
            .of("ledger-worker")
            .filter(|d| d.ended_at > present() - TimeDelta::hours(10))
            .count(),
        0
    );
    assert_eq!(truth.of("mail-relay").count(), 0);
    assert_eq!(truth.child_ooms.len(), 1);
    for cause in [
        Cause::OutOfMemory,
        Cause::RuntimeOutOfMemory,
        Cause::Crash,
        Cause::Stopped,
        Cause::Deployed,
        Cause::FailedProbe,
        Cause::Killed,
        Cause::Platform,
    ] {
        assert!(
            truth.counts().contains_key(&cause),
            "{cause:?}: {:?}",
            truth.counts()
        );
    }
    let checkout = last
        .containers
        .iter()
        .find(|c| c.container.name == "shop-checkout-1")
        .expect("checkout");
    assert!(
        checkout
            .tasks
            .is_some_and(|tasks| (5_000..8_000).contains(&tasks.count)),
        "{:?}",
        checkout.tasks
    );
    assert!(
        checkout
            .goroutine_profile()
            .is_some_and(|profile| profile.contains("(*ConnPool).reaper"))
    );
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let story = |seed| {
        let simulation = demo(seed);
        let ticks = simulation.history(simulation.begin(), present(), |_| Duration::from_hours(1));
        let stats: Vec<_> = ticks
            .flat_map(|tick| tick.containers)
            .map(|c| (c.state, c.stats, c.tasks))
            .collect();
        (stats, simulation.truth())
    };
    assert_eq!(story(5), story(5));
    assert_ne!(story(5).1, story(6).1);
}

#[test]
fn looking_more_often_changes_nothing() {
    let seen = |step: u64| {
        let simulation = demo(1);
        let from = present() - TimeDelta::hours(6);
        let ticks = simulation.history(from, present(), |_| Duration::from_secs(step));
        ticks
            .filter(|tick| tick.at.timestamp() % 600 == 0)
            .map(|tick| tick.containers.iter().map(|c| c.stats).collect())
            .collect::<Vec<Vec<_>>>()
    };
    assert_eq!(seen(60), seen(600));
}

#[test]
fn every_death_is_in_the_events_and_every_event_in_the_truth() {
    let simulation = demo(2);
    let ticks: Vec<Tick> = simulation
        .history(simulation.begin(), present(), |_| Duration::from_mins(10))
        .collect();
    let deaths: Vec<_> = ticks
        .iter()
        .flat_map(|tick| &tick.events)
        .filter_map(|event| match event.action {
            Action::Die { exit_code, .. } => {
                Some((event.at, event.container.id.clone(), exit_code))
            }
            _ => None,
        })
        .collect();
    let truth = simulation.truth();
    // When a host goes down nobody is left to report it.
    let heard = truth
        .deaths
        .iter()
        .filter(|death| death.cause != Cause::Platform);
    let mut expected: Vec<_> = heard
        .map(|death| (death.ended_at, death.container_id.clone(), death.exit_code))
        .collect();
    // An engine's outage delivers its events late.
    let mut deaths = deaths;
    deaths.sort();
    expected.sort();
    assert_eq!(deaths, expected);
}

#[tokio::test]
async fn the_live_part_continues_where_history_ends() {
    let simulation = demo(3);
    let last = simulation
        .history(present() - TimeDelta::hours(1), present(), step)
        .last()
        .expect("ticks");
    let running = simulation
        .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
        .await
        .expect("it listens");
    let now = running.samples();
    assert_eq!(now.len(), last.containers.len());
    for (then, now) in last.containers.iter().zip(&now) {
        assert_eq!(
            (&then.container, then.state, then.stats, then.tasks),
            (&now.container, now.state, now.stats, now.tasks)
        );
    }
    running.advance(Duration::from_mins(1));
    let checkout = |samples: &[simulator::ContainerSample]| {
        samples
            .iter()
            .find(|c| c.container.name == "shop-checkout-1")
            .and_then(|c| c.stats)
            .map(|s| s.working_set())
    };
    assert!(checkout(&running.samples()) > checkout(&now));
    running.shutdown().await;
}

#[test]
fn while_somebody_looks_something_happens_about_once_a_minute() {
    let simulation = demo(4);
    let hour = present() + TimeDelta::hours(1);
    let ticks = simulation.history(present(), hour, |_| Duration::from_secs(10));
    let moving: Vec<_> = ticks
        .skip(1)
        .filter(|tick| !tick.events.is_empty())
        .map(|tick| tick.at)
        .collect();
    assert!(moving.len() >= 40, "{}", moving.len());
    assert!(
        moving[0] < present() + TimeDelta::seconds(70),
        "{}",
        moving[0]
    );
    assert!(
        moving
            .windows(2)
            .all(|pair| pair[1] - pair[0] < TimeDelta::minutes(6))
    );
}
