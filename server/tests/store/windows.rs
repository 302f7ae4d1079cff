//! Windows of the head: what is in a table that is about to be dropped is in chunks, whenever it came and whatever happens meanwhile.

use chrono::{DateTime, TimeDelta};
use domain::{Timestamp, ids::ContainerKey, sample::Sample};
use server::store::{Store, Tick};
use sqlx::AssertSqlSafe;

use crate::{
    database::{Fixture, now},
    samples::{everything, sample, samples_of, steady},
};

const TWO_HOURS: TimeDelta = TimeDelta::hours(2);

/// Begin of a window that ended a while ago.
fn window() -> Timestamp {
    let ms = now().timestamp_millis();
    let length = TWO_HOURS.num_milliseconds();
    DateTime::from_timestamp_millis(ms - ms % length).unwrap() - TWO_HOURS * 2
}

/// Its table.
fn table(window: Timestamp) -> String {
    window.format("head_%Y%m%d_%H").to_string()
}

async fn run(fixture: &Fixture, sql: String) {
    sqlx::query(AssertSqlSafe(sql))
        .execute(&fixture.sql().await)
        .await
        .unwrap();
}

async fn windows(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM head_window ORDER BY start_ms")
        .fetch_all(&fixture.sql().await)
        .await
        .unwrap()
}

/// Polls of many containers.
fn fleet(containers: i64, at: Timestamp) -> Tick {
    let samples = (1..=containers).map(|id| (ContainerKey(id), sample(at, id as u64 * 4096)));
    Tick {
        at,
        samples: samples.collect(),
    }
}

#[tokio::test]
async fn a_window_that_ended_is_in_chunks_and_its_table_is_gone() {
    let (fixture, window) = (Fixture::new().await, window());
    let (_, container) = fixture.container("a", "checkout", window).await;
    let store = Store::open_at(&fixture.url, window).await.unwrap();
    let ticks = steady(container, window, window + TWO_HOURS * 3 / 2);
    let samples = store.samples();
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    assert_eq!(fixture.count(&table(window)).await, 1);
    assert_eq!(fixture.count(&table(window + TWO_HOURS)).await, 1);
    assert_eq!(fixture.count("head_late").await, 0);

    let sealed = samples.seal(window + TWO_HOURS * 3 / 2).await.unwrap();
    assert_eq!((sealed.chunks, sealed.samples), (1, 720));
    let left = windows(&fixture).await;
    assert!(!left.contains(&table(window)), "{left:?}");
    assert!(left.contains(&table(window + TWO_HOURS)), "{left:?}");
    assert_eq!(everything(&store, container).await, samples_of(&ticks));

    let restarted = Store::open_at(&fixture.url, window + TWO_HOURS * 3 / 2)
        .await
        .unwrap();
    assert_eq!(everything(&restarted, container).await, samples_of(&ticks));
}

#[tokio::test]
async fn what_comes_for_a_closed_window_is_late_and_kept() {
    let (fixture, window) = (Fixture::new().await, window());
    let (_, container) = fixture.container("a", "checkout", window).await;
    let store = Store::open_at(&fixture.url, window).await.unwrap();
    let ticks = steady(container, window, window + TWO_HOURS);
    let (early, late) = ticks.split_at(600);
    let samples = store.samples();
    samples.append_ticks(fixture.source, early).await.unwrap();
    let close = format!("SELECT close_head_window({})", window.timestamp_millis());
    run(&fixture, close).await;
    samples.append_ticks(fixture.source, late).await.unwrap();
    assert_eq!(fixture.count("head_late").await, 1);

    // A server that starts now finds both.
    let soon = window + TWO_HOURS + TimeDelta::minutes(6);
    let restarted = Store::open_at(&fixture.url, soon).await.unwrap();
    assert_eq!(everything(&restarted, container).await, samples_of(&ticks));
    assert_eq!(restarted.samples().seal(soon).await.unwrap().polls, 2);
    assert_eq!(everything(&restarted, container).await, samples_of(&ticks));
    assert_eq!(fixture.count("head_late").await, 0);
    let left = windows(&fixture).await;
    assert!(!left.contains(&table(window)), "{left:?}");
}

#[tokio::test]
async fn a_window_that_is_sealed_in_part_is_read_whole_and_sealed_on() {
    let (fixture, window) = (Fixture::new().await, window());
    let store = Store::open_at(&fixture.url, window).await.unwrap();
    let ticks = [0, 10].map(|seconds| fleet(3_000, window + TimeDelta::seconds(seconds)));
    let samples = store.samples();
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    let soon = window + TWO_HOURS + TimeDelta::minutes(6);
    // Of four parts, one cannot be written.
    let broken = "ALTER TABLE roll_1h ADD CONSTRAINT broken CHECK (container_id % 4 <> 2)";
    run(&fixture, broken.into()).await;
    samples.seal(soon).await.unwrap_err();
    let chunks = fixture.count("chunk_2h").await;
    assert!(chunks < 3_000, "{chunks}");

    let restarted = Store::open_at(&fixture.url, soon).await.unwrap();
    let check = async || {
        for id in [1, 2, 3, 2_998, 2_999, 3_000] {
            let expected: Vec<Sample> = ticks.iter().map(|tick| tick.samples[id - 1].1).collect();
            let found = everything(&restarted, ContainerKey(id as i64)).await;
            assert_eq!(found, expected, "{id}");
        }
    };
    check().await;
    run(
        &fixture,
        "ALTER TABLE roll_1h DROP CONSTRAINT broken".into(),
    )
    .await;
    let sealed = restarted.samples().seal(soon).await.unwrap();
    assert_eq!(sealed.chunks as i64, 3_000 - chunks);
    check().await;
    assert_eq!(fixture.count("chunk_2h").await, 3_000);
}

#[tokio::test]
async fn a_window_of_which_there_are_late_rows_gets_no_table() {
    // As after an update in the midst of a window, whose rows are where they were.
    let (fixture, window) = (Fixture::new().await, window());
    let (_, container) = fixture.container("a", "checkout", window).await;
    let ticks = steady(container, window, window + TWO_HOURS);
    let samples = fixture.store.samples();
    let (before, after) = ticks.split_at(300);
    samples.append_ticks(fixture.source, before).await.unwrap();
    let store = Store::open_at(&fixture.url, window + TimeDelta::hours(1))
        .await
        .unwrap();
    let left = windows(&fixture).await;
    assert!(!left.contains(&table(window)), "{left:?}");
    let samples = store.samples();
    samples.append_ticks(fixture.source, after).await.unwrap();
    let soon = window + TWO_HOURS + TimeDelta::minutes(6);
    assert_eq!(samples.seal(soon).await.unwrap().samples, 720);
    assert_eq!(everything(&store, container).await, samples_of(&ticks));
}
