//! What pages show of alerts while they are open: how many fire, that something changed, and when they fired.

use chrono::TimeDelta;
use domain::{verdict::Cause, view::TimeRange};

use crate::scene::{Scene, rule};

const OOM: &[(&str, &str)] = &[
    ("name", "Out of memory"),
    ("when", "each_restart"),
    ("causes", "out_of_memory"),
];

#[tokio::test]
async fn every_change_that_people_see_is_another_pulse() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let alerts = scene.fixture.store.alerts();
    let calm = alerts.pulse().await.unwrap();
    assert_eq!(calm.firing, 0);

    scene.happen(Cause::OutOfMemory, scene.at(10)).await;
    let fires = alerts.pulse().await.unwrap();
    assert_eq!(fires.firing, 1);
    assert_ne!(fires, calm);
    assert_eq!(alerts.pulse().await.unwrap(), fires, "nothing changed");

    let id = scene.alerts(None).await[0].id;
    alerts.acknowledge(id, "ana", scene.at(20)).await.unwrap();
    let taken = alerts.pulse().await.unwrap();
    assert_eq!(taken.firing, 1, "it still fires");
    assert_ne!(taken, fires, "and somebody has it");
}

#[tokio::test]
async fn when_an_alert_fired_is_told_for_the_ranges_that_it_reaches_into() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let alerts = scene.fixture.store.alerts();
    scene.happen(Cause::OutOfMemory, scene.at(10)).await;
    let spans = async |from: i64, to: i64| {
        let range = TimeRange {
            from: scene.at(from),
            to: scene.at(to),
        };
        alerts.spans(scene.workload, range).await.unwrap()
    };
    let found = spans(0, 60).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule_name, "Out of memory");
    assert!(found[0].to.is_none() && !found[0].is_held_back);
    assert!((found[0].from - scene.at(10)).abs() < TimeDelta::seconds(1));
    assert_eq!(spans(3_600, 7_200).await.len(), 1, "it lasts");
    assert_eq!(spans(-3_600, 5).await, [], "it had not begun");
}
