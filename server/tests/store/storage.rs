//! What the store says of its own size.

use chrono::TimeDelta;
use domain::{sample::Sample, view::Tier};
use server::store::{Keep, Measured, Tick};

use crate::database::{Fixture, now};

/// A reading every ten seconds over three hours, long enough ago to be sealed as a whole.
const READINGS: u64 = 3 * 360;

async fn measured() -> (Fixture, Measured) {
    let (fixture, now) = (Fixture::new().await, now());
    for (id, workload, share) in [("a", "checkout", 1), ("b", "cart", 3)] {
        let (_, container) = fixture.container(id, workload, now).await;
        let begin = now - TimeDelta::days(2);
        let ticks: Vec<Tick> = (0..READINGS / share)
            .map(|reading| {
                let at = begin + TimeDelta::seconds(10 * reading as i64);
                let sample = Sample {
                    working_set_bytes: Some((1 + reading % 97) * 4096),
                    ..Sample::empty(at)
                };
                Tick {
                    at,
                    samples: vec![(container, sample)],
                }
            })
            .collect();
        let samples = fixture.store.samples();
        samples.append_ticks(fixture.source, &ticks).await.unwrap();
    }
    fixture.store.samples().seal(now).await.unwrap();
    let measured = fixture.store.measure(&Keep::default(), now).await.unwrap();
    (fixture, measured)
}

#[tokio::test]
async fn every_table_belongs_to_a_tier() {
    let (fixture, measured) = measured().await;
    let sum: u64 = measured.tiers.iter().map(|tier| tier.bytes).sum();
    assert_eq!(sum, measured.total_bytes);
    let on_disk: i64 = sqlx::query_scalar(
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .fetch_one(&fixture.sql().await)
    .await
    .unwrap();
    assert_eq!(measured.total_bytes, on_disk as u64);
}

#[tokio::test]
async fn workloads_and_samples_are_counted() {
    let (_fixture, measured) = measured().await;
    assert_eq!(measured.samples.count, READINGS + READINGS / 3);
    assert!((measured.samples.seen_ratio - 1.0).abs() < 1e-9);
    let names: Vec<&str> = measured
        .workloads
        .iter()
        .map(|workload| workload.name.as_str())
        .collect();
    assert_eq!(names, ["checkout", "cart"]);
    assert!(measured.workloads.iter().all(|workload| workload.bytes > 0));
}

#[tokio::test]
async fn a_tier_tells_its_age_and_its_growth() {
    let (_fixture, measured) = measured().await;
    let of = |tier| {
        let mut tiers = measured.tiers.iter();
        tiers.find(|size| size.tier == tier).unwrap()
    };
    // Finished days are merged by the sealing, and a chunk begins with its day.
    let chunks = of(Tier::Chunks1d);
    let oldest = chunks.oldest_at.unwrap();
    let age = measured.at - oldest;
    assert!(
        age >= TimeDelta::days(2) && age <= TimeDelta::days(3),
        "{age}"
    );
    assert_eq!(chunks.keep_days, Some(30));
    assert!(chunks.bytes_per_day.unwrap() > 0.0);
    let restarts = of(Tier::Restarts);
    assert_eq!(
        (
            restarts.oldest_at,
            restarts.keep_days,
            restarts.bytes_per_day
        ),
        (None, None, None)
    );
}

/// A store that was opened a moment ago knows nothing yet, and says so.
#[tokio::test]
async fn an_empty_store_is_measured_too() {
    let fixture = Fixture::new().await;
    let measured = fixture
        .store
        .measure(&Keep::default(), now())
        .await
        .unwrap();
    assert_eq!(measured.samples.bytes_each, None);
    assert!(measured.workloads.is_empty());
}
