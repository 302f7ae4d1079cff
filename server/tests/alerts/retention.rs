//! Alerts do not pile up: what is over for long enough goes, with what was said of it.

use chrono::TimeDelta;
use domain::{verdict::Cause, view::AlertPhase};
use server::store::{Keep, Retained};

use crate::{
    receiver::Receiver,
    scene::{Scene, rule},
};

#[tokio::test]
async fn alerts_that_are_over_go_with_what_was_said_and_those_that_last_stay() {
    let scene = Scene::with(&[
        rule(&[
            ("name", "Crash"),
            ("when", "each_restart"),
            ("causes", "crash"),
        ]),
        rule(&[
            ("name", "Memory"),
            ("when", "memory_ratio"),
            ("above", "90%"),
        ]),
    ])
    .await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    // One that is over after an hour, and one that lasts.
    scene.happen(Cause::Crash, scene.at(0)).await;
    scene.memory(scene.at(0), 0.95).await;
    let mut watch = scene.watch();
    for seconds in (0..=3_700).step_by(10) {
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired", "fired", "resolved"]);
    assert_eq!(scene.fixture.count("delivery").await, 3);

    let keep = Keep {
        alerts: Some(TimeDelta::days(30)),
        ..Keep::default()
    };
    let retain = async |days: i64| {
        let now = scene.at(3_700) + TimeDelta::days(days);
        scene.fixture.store.retain(&keep, now).await.unwrap()
    };
    assert_eq!(retain(29).await, Retained::default());
    assert_eq!(
        retain(31).await.alerts,
        2,
        "an alert, and what was said of the other"
    );
    assert_eq!(scene.fixture.count("alert").await, 1);
    assert_eq!(scene.fixture.count("alert_notice").await, 0);
    assert_eq!(scene.fixture.count("delivery").await, 0);
    assert_eq!(scene.alerts(Some(AlertPhase::Resolved)).await, []);
    assert_eq!(scene.alerts(None).await[0].rule_name, "Memory");
    assert_eq!(retain(31).await.alerts, 0);
}
