//! Samples that come late: how late they may be, and what becomes of the others.

use chrono::{DurationRound, TimeDelta};
use domain::{
    Timestamp,
    ids::{ContainerKey, SourceId},
    sample::Sample,
    source::SourceKind,
};
use server::store::{Appended, Keep, Sealed, Tick};

use crate::{
    database::{Fixture, now},
    samples::{sample, steady},
};

async fn another_source(fixture: &Fixture) -> SourceId {
    let sources = fixture.store.sources();
    sources
        .upsert("another", SourceKind::Docker, "unix:///podman.sock", 10_000)
        .await
        .unwrap()
}

/// Times of all stored samples.
async fn stored(fixture: &Fixture, container: ContainerKey) -> Vec<Timestamp> {
    let (from, to) = (now() - TimeDelta::days(90), now() + TimeDelta::days(1));
    let samples = fixture.store.samples();
    let samples = samples.tail(container, from, to).await.unwrap();
    samples.iter().map(|sample| sample.at).collect()
}

#[tokio::test]
async fn within_a_week_late_samples_are_merged_and_later_ones_refused() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let samples = fixture.store.samples();
    let week = now - TimeDelta::days(7);
    let mut ticks = steady(
        container,
        week - TimeDelta::hours(2),
        week + TimeDelta::hours(2),
    );
    ticks.extend(steady(container, now - TimeDelta::hours(3), now));
    let appended = samples.append_ticks(fixture.source, &ticks).await.unwrap();
    let whole = Appended {
        written: ticks.len() as u64,
        too_late: 0,
    };
    assert_eq!(appended, whole, "history is not late");
    samples.seal(now).await.unwrap();

    // Between the polls, so that each is a sample of its own.
    let between = TimeDelta::seconds(5);
    let (late, too_late) = (
        week + TimeDelta::hours(1) + between,
        week - TimeDelta::hours(1) + between,
    );
    let batch: Vec<(ContainerKey, Sample)> = [late, too_late, now]
        .map(|at| (container, sample(at, 4_096)))
        .to_vec();
    let some = Appended {
        written: 2,
        too_late: 1,
    };
    let appended = samples.append(fixture.source, now, &batch).await.unwrap();
    assert_eq!(appended, some);
    samples.seal(now).await.unwrap();
    let mut expected: Vec<Timestamp> = ticks.iter().map(|tick| tick.at).collect();
    expected.extend([late, now]);
    expected.sort_unstable();
    assert_eq!(stored(&fixture, container).await, expected);

    // Another source may tell its history all the same.
    let another = another_source(&fixture).await;
    let appended = samples.append(another, now, &batch).await.unwrap();
    assert_eq!(appended.too_late, 0);
}

#[tokio::test]
async fn a_sample_does_not_take_the_place_of_the_rollups_of_its_day() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let samples = fixture.store.samples();
    let day = now.duration_trunc(TimeDelta::days(1)).unwrap() - TimeDelta::days(40);
    let ticks = steady(container, day, day + TimeDelta::hours(3));
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    samples.seal(now).await.unwrap();
    let keep = Keep::default();
    let retained = fixture.store.retain(&keep, now).await.unwrap();
    assert_eq!(retained.raw_partitions, 1);

    let sql = fixture.sql().await;
    let rollups = async || {
        let hours: i64 = sqlx::query_scalar("SELECT sum(samples)::bigint FROM roll_1h")
            .fetch_one(&sql)
            .await
            .unwrap();
        let buckets: Vec<u8> = sqlx::query_scalar("SELECT working_set FROM roll_5m")
            .fetch_one(&sql)
            .await
            .unwrap();
        (hours, buckets)
    };
    let before = rollups().await;
    assert_eq!(before.0, ticks.len() as i64);

    let at = day + TimeDelta::minutes(90);
    let late = Tick {
        at,
        samples: vec![(container, sample(at, 1))],
    };
    let another = another_source(&fixture).await;
    samples.append_ticks(another, &[late]).await.unwrap();
    let expired = Sealed {
        polls: 1,
        expired: 1,
        ..Sealed::default()
    };
    assert_eq!(samples.seal(now).await.unwrap(), expired);
    assert_eq!(rollups().await, before);
    assert!(stored(&fixture, container).await.is_empty());
    assert_eq!(samples.seal(now).await.unwrap(), Sealed::default());
}
