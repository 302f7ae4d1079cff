//! Thousands of containers at once: their numbers, and their states.

use std::collections::HashSet;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::Observation,
    ids::ContainerKey,
    labels::Labels,
    source::SourceState,
    view::WorkloadQuery,
    workload::{ContainerSpec, ContainerState},
};
use server::{
    collect::Health,
    store::{Resolved, StoreError},
};
use sqlx::PgPool;

use crate::database::{Fixture, now, spec};

#[tokio::test]
async fn many_get_their_numbers_in_their_order_and_keep_them() {
    let (fixture, now) = (Fixture::new().await, now());
    let (workload, container) = fixture.container("c1", "w1", now).await;
    let specs: Vec<ContainerSpec> = (0..300)
        .map(|n| spec(&format!("c{n}"), &format!("w{n}"), now))
        .collect();
    let seen: Vec<(&ContainerSpec, Timestamp)> = specs.iter().map(|spec| (spec, now)).collect();
    let store = fixture.store.containers();
    let resolved = store.resolve_all(fixture.source, &seen).await.unwrap();
    assert_eq!(resolved.len(), 300);
    assert_eq!(
        resolved[1],
        Resolved {
            workload,
            container
        },
        "known before"
    );
    let again = store.resolve_all(fixture.source, &seen).await.unwrap();
    assert_eq!(resolved, again);
    for (spec, keys) in specs.iter().zip(&resolved) {
        assert_eq!(
            store.resolve(fixture.source, spec, now).await.unwrap(),
            *keys
        );
    }
}

#[tokio::test]
async fn of_containers_seen_at_once_each_follows_the_one_created_before_it() {
    let (fixture, now) = (Fixture::new().await, now());
    let made = |id: &str, workload: &str, image: &str, minutes| ContainerSpec {
        image: image.to_owned(),
        ..spec(id, workload, now - TimeDelta::minutes(minutes))
    };
    // The newest first, as engines list them; one of them twice.
    let specs = [
        made("c", "w", "shop:3", 1),
        made("b", "w", "shop:2", 2),
        made("a", "w", "shop:2", 3),
        made("x", "other", "shop:9", 2),
        made("b", "w", "shop:2", 2),
    ];
    let seen: Vec<(&ContainerSpec, Timestamp)> = specs.iter().map(|spec| (spec, now)).collect();
    let store = fixture.store.containers();
    let resolved = store.resolve_all(fixture.source, &seen).await.unwrap();
    assert_eq!(resolved[1], resolved[4]);
    let workloads: HashSet<_> = resolved.iter().map(|keys| keys.workload).collect();
    assert_eq!((workloads.len(), fixture.count("container").await), (2, 4));
    let deploys: Vec<(i64, String)> = sqlx::query_as("SELECT container_id, detail FROM fact")
        .fetch_all(&fixture.sql().await)
        .await
        .unwrap();
    let deploy = (resolved[0].container.0, "image shop:2 → shop:3".to_owned());
    assert_eq!(deploys, [deploy]);
}

#[tokio::test]
async fn labels_are_kept_when_they_are_told_and_are_no_deploy() {
    let (fixture, now) = (Fixture::new().await, now());
    let store = fixture.store.containers();
    let labelled = |id: &str, team: &str| ContainerSpec {
        labels: Labels::keep([("team", team)]),
        ..spec(id, "w", now)
    };
    let labels = async |workload| {
        let detail = fixture.store.workload_detail(workload, now).await.unwrap();
        detail.unwrap().labels
    };
    // An event names a container, inspect tells its labels.
    let (source, first) = (fixture.source, spec("a", "w", now));
    let keys = store.resolve(source, &first, now).await.unwrap();
    assert_eq!(labels(keys.workload).await, Labels::default());
    let mut seen = Observation {
        at: now,
        spec: labelled("a", "payments"),
        state: ContainerState::Running,
        started_at: Some(now),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: None,
    };
    store.set_state(keys.container, &seen).await.unwrap();
    assert_eq!(labels(keys.workload).await.get("team"), Some("payments"));
    seen.spec = labelled("a", "search");
    seen.at = now + TimeDelta::seconds(10);
    store.set_state(keys.container, &seen).await.unwrap();
    assert_eq!(labels(keys.workload).await.get("team"), Some("search"));

    let next = ContainerSpec {
        created_at: Some(now + TimeDelta::minutes(1)),
        ..labelled("b", "checkout")
    };
    let keys = store.resolve(source, &next, now).await.unwrap();
    assert_eq!(labels(keys.workload).await.get("team"), Some("checkout"));
    assert_eq!(fixture.count("fact").await, 0, "nothing was deployed");
}

#[tokio::test]
async fn one_that_is_refused_leaves_none_of_its_batch() {
    let (fixture, now) = (Fixture::new().await, now());
    let (good, bad) = (spec("good", "w", now), spec("b\0d", "w", now));
    let refused = fixture
        .store
        .containers()
        .resolve_all(fixture.source, &[(&good, now), (&bad, now)])
        .await;
    assert!(
        matches!(refused, Err(StoreError::Refused { .. })),
        "{refused:?}"
    );
    assert_eq!(fixture.count("container").await, 0);
}

/// The version of a container's row: it changes when the row is written.
async fn version(sql: &PgPool, container: ContainerKey) -> String {
    sqlx::query_scalar("SELECT ctid::text FROM container WHERE id = $1")
        .bind(container.0)
        .fetch_one(sql)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_state_is_written_when_it_changed_and_now_and_then() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let (store, sql) = (fixture.store.containers(), fixture.sql().await);
    let mut seen = Observation {
        at: now,
        spec: spec("a", "checkout", now),
        state: ContainerState::Running,
        started_at: Some(now),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: Some(0),
    };
    let mut before = version(&sql, container).await;
    let mut written = async |seen: &Observation| {
        store.set_state(container, seen).await.unwrap();
        let after = version(&sql, container).await;
        std::mem::replace(&mut before, after.clone()) != after
    };
    assert!(written(&seen).await, "the first");
    seen.at += TimeDelta::seconds(10);
    assert!(!written(&seen).await, "nothing changed");
    seen.started_at = Some(now + TimeDelta::seconds(15));
    seen.at += TimeDelta::seconds(10);
    assert!(written(&seen).await, "another run");
    seen.restart_count = Some(1);
    assert!(written(&seen).await, "another count");
    seen.spec.limit_bytes = None;
    assert!(written(&seen).await, "another limit");
    seen.state = ContainerState::Exited;
    assert!(written(&seen).await, "another state");
    // An answer without them does not make them unknown.
    (seen.started_at, seen.restart_count) = (None, None);
    assert!(!written(&seen).await, "less is known");
    seen.at += TimeDelta::minutes(5);
    assert!(written(&seen).await, "five minutes later");
    seen.state = ContainerState::Running;
    seen.at -= TimeDelta::minutes(1);
    assert!(!written(&seen).await, "older than what is known");
}

#[tokio::test]
async fn what_is_not_removed_was_seen_at_the_last_poll_of_its_source() {
    let (fixture, now) = (Fixture::new().await, now());
    let first = now - TimeDelta::minutes(3);
    let (_, container) = fixture.container("a", "checkout", first).await;
    let health = Health {
        at: now,
        state: SourceState::Healthy,
        problem: None,
        engine: None,
        poll_ms: Some(5),
        next_try_at: None,
        events_connected: true,
    };
    fixture
        .store
        .sources()
        .set_health(fixture.source, &health)
        .await
        .unwrap();
    let seen_at = async || {
        let query = WorkloadQuery::default();
        let page = fixture.store.workload_rows(&query, now).await.unwrap();
        page.data[0].seen_at
    };
    assert_eq!(seen_at().await, now);
    let removed = now - TimeDelta::minutes(1);
    fixture
        .store
        .containers()
        .set_removed(&[(container, removed)])
        .await
        .unwrap();
    assert_eq!(seen_at().await, removed);
}
