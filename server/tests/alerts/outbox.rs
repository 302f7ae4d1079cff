//! The outbox: everything arrives, once unless a receiver fails, and again under the same key when it does.

use std::{collections::HashSet, time::Duration};

use chrono::{TimeDelta, Utc};
use domain::verdict::Cause;
use server::store::alerts::Outcome;
use sqlx::AssertSqlSafe;

use crate::{
    receiver::{Mood, Receiver},
    scene::{Scene, dispatcher, rule},
};

async fn scene() -> Scene {
    Scene::with(&[rule(&[
        ("name", "Out of memory"),
        ("when", "each_restart"),
        ("causes", "memory"),
    ])])
    .await
}

impl Scene {
    /// Makes everything that waits due now: pauses are minutes.
    pub(crate) async fn hurry(&self) {
        let sql = AssertSqlSafe(
            "UPDATE delivery SET next_try_at = now() - interval '1 second', claimed_until = NULL WHERE state = 'waiting'",
        );
        sqlx::query(sql)
            .execute(&self.fixture.sql().await)
            .await
            .unwrap();
    }

    async fn deliveries(&self) -> Vec<(String, i32, Option<String>)> {
        sqlx::query_as("SELECT state, attempts, problem FROM delivery ORDER BY id")
            .fetch_all(&self.fixture.sql().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_message_under_the_same_key_until_it_takes_it() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    receiver.set(Mood::Fails);
    scene.happen(Cause::OutOfMemory, scene.at(-30)).await;
    scene.dispatcher().drain().await.unwrap();
    assert_eq!(
        scene.deliveries().await,
        [(
            "waiting".into(),
            1,
            Some("the answer was 500 Internal Server Error".into())
        )]
    );
    // It is not tried again before its time.
    scene.dispatcher().drain().await.unwrap();
    assert_eq!(receiver.got().len(), 1);
    // What comes in between does not change the message that failed.
    scene.happen(Cause::OutOfMemory, scene.at(-20)).await;
    receiver.set(Mood::Takes);
    scene.hurry().await;
    scene.dispatcher().drain().await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), 3);
    assert_eq!(got[0], got[1]);
    assert_ne!(got[1].0, got[2].0);
    assert!(
        scene
            .deliveries()
            .await
            .iter()
            .all(|(state, ..)| state == "delivered")
    );
    let channel = &scene.fixture.store.alerts().channels().await.unwrap()[0];
    assert!(channel.last_ok_at.is_some() && channel.last_problem.is_none() && channel.waiting == 0);
}

#[tokio::test]
async fn what_will_never_be_taken_is_a_dead_letter_that_can_be_sent_again() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    receiver.set(Mood::Refuses);
    scene.happen(Cause::OutOfMemory, scene.at(-30)).await;
    scene.dispatcher().drain().await.unwrap();
    let alerts = scene.fixture.store.alerts();
    let dead = alerts.dead_letters().await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(
        dead[0].problem,
        "the answer was 404 Not Found: no such hook"
    );
    assert_eq!(dead[0].title, "checkout: out of memory, confirmed");

    receiver.set(Mood::Takes);
    assert!(alerts.revive(dead[0].id, Utc::now()).await.unwrap());
    assert!(
        !alerts.revive(dead[0].id, Utc::now()).await.unwrap(),
        "once is enough"
    );
    scene.dispatcher().drain().await.unwrap();
    assert_eq!(alerts.dead_letters().await.unwrap(), []);
    assert_eq!(receiver.keys().iter().collect::<HashSet<_>>().len(), 1);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    receiver.set(Mood::Redirects);
    scene.happen(Cause::OutOfMemory, scene.at(-30)).await;
    scene.dispatcher().drain().await.unwrap();
    let dead = scene.fixture.store.alerts().dead_letters().await.unwrap();
    assert!(dead[0].problem.contains("another host"), "{dead:?}");
}

#[tokio::test]
async fn addresses_that_are_not_public_are_sent_to_only_when_that_is_allowed() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    let named = receiver.url.replace("127.0.0.1", "localhost");
    for (seconds, url) in [(-30, receiver.url.clone()), (-20, named)] {
        let id = scene.webhook(&url).await;
        scene.happen(Cause::OutOfMemory, scene.at(seconds)).await;
        dispatcher(&scene.fixture.store, false)
            .drain()
            .await
            .unwrap();
        let dead = scene.fixture.store.alerts().dead_letters().await.unwrap();
        assert_eq!(dead.len(), 1, "{url}");
        assert!(dead[0].problem.contains("not a public address"), "{dead:?}");
        assert!(
            scene
                .fixture
                .store
                .alerts()
                .remove_channel(id)
                .await
                .unwrap()
        );
    }
    assert_eq!(receiver.got(), []);
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_no_other() {
    let scene = scene().await;
    let (hanging, slow) = (Receiver::start().await, Receiver::start().await);
    hanging.set(Mood::Hangs);
    slow.set(Mood::IsSlow);
    scene.webhook(&hanging.url).await;
    let sql = AssertSqlSafe("UPDATE channel SET name = 'hanging'");
    sqlx::query(sql)
        .execute(&scene.fixture.sql().await)
        .await
        .unwrap();
    scene.webhook(&slow.url).await;
    scene.happen(Cause::OutOfMemory, scene.at(-30)).await;
    let running = tokio::spawn(scene.dispatcher().run());
    for _patience in 0..600 {
        if !slow.got().is_empty()
            && scene
                .deliveries()
                .await
                .iter()
                .any(|(state, ..)| state == "delivered")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.abort();
    let states: Vec<String> = scene
        .deliveries()
        .await
        .into_iter()
        .map(|(state, ..)| state)
        .collect();
    assert_eq!(states, ["waiting", "delivered"]);
}

#[tokio::test]
async fn two_dispatchers_never_send_the_same_and_a_claim_runs_out() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    let channel = scene.webhook(&receiver.url).await;
    for seconds in 0..3 {
        scene
            .happen(Cause::OutOfMemory, scene.at(-30 + seconds))
            .await;
    }
    let alerts = scene.fixture.store.alerts();
    let lease = Duration::from_secs(30);
    let now = Utc::now();
    let first = alerts.claim(&[], &[], lease, now).await.unwrap().unwrap();
    assert_eq!((first.channel, first.claimed.len()), (channel, 3));
    assert_eq!(alerts.claim(&[], &[], lease, now).await.unwrap(), None);
    // Who claimed it was killed; whoever comes later sends the very same.
    let later = now + TimeDelta::seconds(31);
    let again = alerts.claim(&[], &[], lease, later).await.unwrap().unwrap();
    assert_eq!(again, first);
    alerts
        .finish(&again, &Outcome::Delivered, later)
        .await
        .unwrap();
    assert_eq!(
        alerts
            .claim(&[], &[], lease, later + TimeDelta::hours(1))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_storm_is_one_message_after_the_wait_of_its_channel() {
    let scene = scene().await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    let sql = AssertSqlSafe("UPDATE channel SET group_wait_s = 3600");
    sqlx::query(sql)
        .execute(&scene.fixture.sql().await)
        .await
        .unwrap();
    for seconds in 0..25 {
        scene
            .happen(Cause::OutOfMemory, scene.at(-60 + seconds * 2))
            .await;
    }
    scene.dispatcher().drain().await.unwrap();
    assert_eq!(receiver.got(), [], "the first waits for others");
    scene.hurry().await;
    scene.dispatcher().drain().await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].1["alerts"].as_array().unwrap().len(), 25);
    assert_eq!(got[0].1["title"], "25 alerts on checkout");
}
