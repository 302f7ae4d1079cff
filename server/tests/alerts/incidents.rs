//! What rules have to do with incidents, and with what deploys did.

use chrono::TimeDelta;
use domain::{alert::Suppressed, verdict::Cause, view::AlertPhase};
use server::store::Proof;

use crate::scene::{Scene, end, rule};

const OPENED: &[(&str, &str)] = &[("name", "Opened"), ("when", "incident_opened")];
const NODE: &[(&str, &str)] = &[
    ("name", "Node"),
    ("when", "each_restart"),
    ("causes", "node_out_of_memory"),
];

/// Who was told what: rule, name, page; in the order in which it was said.
async fn told(scene: &Scene) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "SELECT message->>'rule', message->'subject'->>'name', message->>'path' FROM alert_notice
         WHERE suppressed IS NULL ORDER BY id",
    )
    .fetch_all(&scene.fixture.sql().await)
    .await
    .unwrap()
}

fn said(rule: &str, name: &str, path: &str) -> (String, String, String) {
    (rule.to_owned(), name.to_owned(), path.to_owned())
}

#[tokio::test]
async fn an_incident_is_said_when_it_opens_and_not_while_it_goes_on() {
    let scene = Scene::with(&[rule(OPENED)]).await;
    for seconds in [10, 20, 30, 10] {
        scene.happen(Cause::Crash, scene.at(seconds)).await;
    }
    scene.happen(Cause::Deployed, scene.at(40)).await;
    scene.happen(Cause::OutOfMemory, scene.at(50)).await;
    let expected = [
        said("Opened", "checkout", "/incidents/1"),
        said("Opened", "checkout", "/incidents/2"),
    ];
    assert_eq!(told(&scene).await, expected);
    let alerts = scene.alerts(None).await;
    assert_eq!(alerts[0].occurrences, 2);
    assert_eq!(alerts[0].incident.map(|id| id.0), Some(2));
}

#[tokio::test]
async fn what_takes_a_host_down_is_said_once_and_of_the_source() {
    let scene = Scene::with(&[rule(OPENED), rule(NODE)]).await;
    let created = scene.begin - TimeDelta::hours(1);
    scene.fixture.container("c2", "orders", created).await;
    let ends = [
        end("c1", Cause::NodeOutOfMemory, scene.at(10)),
        end("c2", Cause::NodeOutOfMemory, scene.at(11)),
    ];
    let ledger = scene.fixture.store.ledger();
    ledger
        .record_news(scene.fixture.source, &ends, &[], scene.at(12))
        .await
        .unwrap();
    let expected = [
        said("Node", "checkout", "/incidents/1"),
        said("Opened", "local", "/incidents/1"),
    ];
    assert_eq!(told(&scene).await, expected);
    let held: Vec<_> = scene
        .alerts(Some(AlertPhase::Firing))
        .await
        .into_iter()
        .filter(|alert| alert.suppressed == Some(Suppressed::Inhibited))
        .map(|alert| alert.name)
        .collect();
    assert_eq!(held, ["orders"]);

    // The same workload's own trouble is its own, whatever happened to the host.
    let own = end("c2", Cause::Crash, scene.at(20));
    ledger
        .record_news(scene.fixture.source, &[own], &[], scene.at(21))
        .await
        .unwrap();
    assert_eq!(
        told(&scene).await.last(),
        Some(&said("Opened", "orders", "/incidents/2"))
    );

    // An alert about the source is over when nothing more has happened for a while, and that is said too.
    let mut watch = scene.watch();
    for seconds in (30..=7_200).step_by(30) {
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.alerts(None).await, []);
    let over: Vec<String> = sqlx::query_scalar(
        "SELECT message->'subject'->>'name' FROM alert_notice WHERE notice = 'resolved' ORDER BY 1",
    )
    .fetch_all(&scene.fixture.sql().await)
    .await
    .unwrap();
    assert_eq!(over, ["checkout", "local", "orders"]);
}

#[tokio::test]
async fn what_lasts_is_said_when_a_host_is_no_longer_shaken() {
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])])
    .await;
    let mut watch = scene.watch();
    scene.happen(Cause::Platform, scene.at(0)).await;
    for seconds in (10..=590).step_by(20) {
        scene.memory(scene.at(seconds), 0.95).await;
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(told(&scene).await, []);
    assert_eq!(
        scene.alerts(None).await[0].suppressed,
        Some(Suppressed::Inhibited)
    );
    scene.memory(scene.at(610), 0.95).await;
    watch.look(scene.at(610)).await.unwrap();
    let path = format!("/workloads/{}", scene.workload);
    assert_eq!(told(&scene).await, [said("Memory", "checkout", &path)]);
}

#[tokio::test]
async fn what_is_said_of_a_workload_leads_to_its_incident_while_that_goes_on() {
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])])
    .await;
    scene.happen(Cause::OutOfMemory, scene.at(0)).await;
    scene.memory(scene.at(10), 0.95).await;
    scene.watch().look(scene.at(10)).await.unwrap();
    assert_eq!(
        told(&scene).await,
        [said("Memory", "checkout", "/incidents/1")]
    );
    assert_eq!(scene.alerts(None).await[0].incident.map(|id| id.0), Some(1));
}

#[tokio::test]
async fn a_fix_that_did_not_hold_is_said_once() {
    let scene = Scene::with(&[rule(&[("name", "Fix"), ("when", "fix_failed")])]).await;
    let (_, other) = scene.fixture.container("c2", "orders", scene.begin).await;
    let store = &scene.fixture.store;
    let decide = async |container, has_failed| {
        let proof = Proof {
            at: scene.at(10),
            text: "made worse: 4.0 times the restarts of before".to_owned(),
        };
        store
            .decide(
                scene.workload,
                (container, scene.at(0)),
                &proof,
                has_failed,
                scene.at(20),
            )
            .await
            .unwrap()
    };
    assert!(decide(other, false).await);
    assert_eq!(told(&scene).await, []);
    assert!(decide(scene.container, true).await);
    assert!(!decide(scene.container, true).await);
    let path = format!("/workloads/{}", scene.workload);
    assert_eq!(told(&scene).await, [said("Fix", "checkout", &path)]);
    let evidence: String = sqlx::query_scalar("SELECT message->>'evidence' FROM alert_notice")
        .fetch_one(&scene.fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(evidence, "made worse: 4.0 times the restarts of before");
}
