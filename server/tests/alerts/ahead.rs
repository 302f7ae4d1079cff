//! Rules about what is ahead of a run, with the analyzer that tells it.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    alert::{self, Rule},
    ledger::{LedgerChange, OpenRun},
    metric::TaskKind,
    sample::{Sample, TaskCount},
    view::AlertPhase,
    workload::ContainerState,
};
use server::{
    analyze::{Outlooks, Worker},
    live::Live,
    store::Tick,
};

use crate::{
    database::spec,
    scene::{Scene, rule},
};

const MIB: f64 = 1_048_576.0;
/// A run that began an hour ago with 4 MiB of 64, of which 25 minutes are left at this growth in MiB a minute.
const LEAK: f64 = 60.0 / 85.0;

fn limit_is_near() -> Rule {
    let mut rules = alert::defaults();
    rules.retain(|rule| rule.name == "Memory limit within 30 minutes");
    rules.remove(0)
}

/// What the analyzer makes of an hour of readings; memory in MiB by age in minutes, and a hundred goroutines for each.
async fn judged(scene: &Scene, mib: impl Fn(f64) -> f64) -> Outlooks {
    let store = &scene.fixture.store;
    let from = scene.begin - TimeDelta::hours(1);
    let run = OpenRun {
        spec: spec("c1", "checkout", from),
        started_at: from,
        restart_count: None,
    };
    store
        .ledger()
        .record(scene.fixture.source, &[LedgerChange::Began(run)])
        .await
        .unwrap();
    let ticks: Vec<Tick> = (1..=360)
        .map(|index| {
            let at = from + TimeDelta::seconds(10 * index);
            let memory = mib(index as f64 / 6.0);
            let sample = Sample {
                working_set_bytes: Some((memory * MIB) as u64),
                limit_bytes: Some(64 << 20),
                tasks: Some(TaskCount {
                    kind: TaskKind::Goroutines,
                    count: (memory * 100.0) as u64,
                }),
                ..Sample::empty(at)
            };
            Tick {
                at,
                samples: vec![(scene.container, sample)],
            }
        })
        .collect();
    let samples = store.samples();
    samples
        .append_ticks(scene.fixture.source, &ticks)
        .await
        .unwrap();
    samples.seal(scene.begin).await.unwrap();
    let outlooks = Outlooks::default();
    Worker::new(
        store.clone(),
        Live::default(),
        outlooks.clone(),
        HashMap::new(),
    )
    .round(scene.begin)
    .await
    .unwrap();
    outlooks
}

async fn said(scene: &Scene) -> serde_json::Value {
    sqlx::query_scalar("SELECT message FROM alert_notice ORDER BY id DESC LIMIT 1")
        .fetch_one(&scene.fixture.sql().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_leak_is_said_before_it_meets_its_limit_and_when_it_will() {
    let scene = Scene::with(&[limit_is_near()]).await;
    let outlooks = judged(&scene, |age| 4.0 + LEAK * age).await;
    let mut watch = scene.watch_with(outlooks);
    for seconds in (0..=120).step_by(10) {
        assert_eq!(scene.notices().await, Vec::<String>::new());
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired"]);
    let message = said(&scene).await;
    let limit_in = message["limit_in"].as_str().unwrap();
    assert!(
        limit_in.starts_with("in 23\u{a0}min (") || limit_in.starts_with("in 22\u{a0}min ("),
        "two of 25 minutes have passed: {limit_in}"
    );

    // Inquest starts again: nothing is expected of any run yet, which is no reason to say that it is over.
    for seconds in (130..=600).step_by(10) {
        scene.watch().look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.alerts(None).await[0].phase, AlertPhase::Firing);
    assert_eq!(scene.notices().await, ["fired"]);

    scene.state(ContainerState::Exited, scene.at(605)).await;
    for seconds in (610..=920).step_by(10) {
        scene.watch().look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
    assert_eq!(said(&scene).await["limit_in"], serde_json::Value::Null);
}

#[tokio::test]
async fn what_is_said_of_a_run_is_over_when_another_has_begun_and_is_said_again_of_that() {
    let scene = Scene::with(&[limit_is_near()]).await;
    let outlooks = judged(&scene, |age| 4.0 + LEAK * age).await;
    let mut watch = scene.watch_with(outlooks.clone());
    for seconds in (0..=120).step_by(10) {
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired"]);

    // Nothing is known of the new run yet, and then that it is between the two thresholds.
    scene
        .run(ContainerState::Running, scene.at(125), scene.at(126))
        .await;
    let mut outlook = outlooks
        .of_runs([(scene.workload, Some(scene.begin - TimeDelta::hours(1)))])
        .remove(&scene.workload)
        .unwrap();
    for seconds in (130..=430).step_by(10) {
        if seconds == 300 {
            (outlook.run_started_at, outlook.at) = (scene.at(125), scene.at(300));
            let forecast = outlook.forecast.as_mut().unwrap();
            forecast.likely_s = 40.0 * 60.0;
            outlooks.put([(scene.workload, outlook)]);
        }
        assert_eq!(scene.notices().await, ["fired"], "after {seconds} s");
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired", "resolved"]);

    // In 30 minutes from 900 s on; but so young a run is not judged, of a workload that never met its limit.
    for seconds in (440..=1_140).step_by(10) {
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
    watch.look(scene.at(1_150)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired", "resolved", "fired"]);
}

#[tokio::test]
async fn what_stays_at_its_level_or_is_not_judged_is_not_said() {
    let scene = Scene::with(&[limit_is_near()]).await;
    let flat = judged(&scene, |_age| 60.0).await;
    for outlooks in [flat, Outlooks::default()] {
        let mut watch = scene.watch_with(outlooks);
        for seconds in (0..=200).step_by(10) {
            watch.look(scene.at(seconds)).await.unwrap();
        }
    }
    assert_eq!(scene.alerts(None).await, []);
}

#[tokio::test]
async fn growth_is_looked_at_by_the_hour() {
    // 42 MiB and 4,235 goroutines an hour.
    let growth = |name, when, above| rule(&[("name", name), ("when", when), ("above", above)]);
    let scene = Scene::with(&[
        growth("a", "memory_growth", "35 MiB"),
        growth("b", "memory_growth", "50 MiB"),
        growth("c", "task_growth", "3500"),
        growth("d", "task_growth", "5000"),
    ])
    .await;
    let outlooks = judged(&scene, |age| 4.0 + LEAK * age).await;
    scene.watch_with(outlooks).look(scene.begin).await.unwrap();
    let mut names: Vec<String> = scene
        .alerts(None)
        .await
        .into_iter()
        .map(|alert| alert.rule_name)
        .collect();
    names.sort();
    assert_eq!(names, ["a", "c"]);
}
