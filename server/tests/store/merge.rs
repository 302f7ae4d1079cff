//! Merging of finished days: whatever happens between, every sample is read, once.

use chrono::{DurationRound, TimeDelta};
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::Metric,
    sample::Sample,
    view::{SeriesQuery, TimeRange},
};
use server::store::{Sealed, Store, Tick};

use crate::database::{Fixture, now};

/// Midnight, some days ago.
fn midnight(days_ago: i64) -> Timestamp {
    now().duration_trunc(TimeDelta::days(1)).unwrap() - TimeDelta::days(days_ago)
}

fn sample(at: Timestamp, pages: u64) -> Sample {
    Sample {
        working_set_bytes: Some(pages * 4_096),
        usage_bytes: Some((pages + 10) * 4_096),
        limit_bytes: Some(64 << 20),
        kernel_tasks: Some(pages % 7),
        ..Sample::empty(at)
    }
}

/// When yesterday is over and merged.
fn today() -> Timestamp {
    midnight(0) + TimeDelta::hours(2)
}

/// A poll of every container each minute in `from..to`.
fn polls(containers: &[ContainerKey], from: Timestamp, to: Timestamp) -> Vec<Tick> {
    (0..(to - from).num_minutes())
        .map(|minute| {
            let at = from + TimeDelta::minutes(minute);
            let samples = containers
                .iter()
                .map(|container| {
                    (
                        *container,
                        sample(at, minute as u64 % 90 + container.0 as u64),
                    )
                })
                .collect();
            Tick { at, samples }
        })
        .collect()
}

async fn append(fixture: &Fixture, ticks: &[Tick]) {
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, ticks)
        .await
        .unwrap();
}

async fn stored(store: &Store, container: ContainerKey) -> Vec<Sample> {
    store
        .samples()
        .tail(container, midnight(9), now())
        .await
        .unwrap()
}

fn of(ticks: &[Tick], container: ContainerKey) -> Vec<Sample> {
    let samples = ticks.iter().flat_map(|tick| &tick.samples);
    samples
        .filter(|(of, _)| *of == container)
        .map(|(_, sample)| *sample)
        .collect()
}

async fn containers(fixture: &Fixture, count: usize) -> Vec<ContainerKey> {
    let mut containers = Vec::new();
    for index in 0..count {
        let (_, container) = fixture
            .container(&format!("c{index}"), &format!("w{index}"), midnight(3))
            .await;
        containers.push(container);
    }
    containers
}

#[tokio::test]
async fn a_finished_day_becomes_one_row_of_each_container() {
    let fixture = Fixture::new().await;
    let containers = containers(&fixture, 3).await;
    let ticks = polls(&containers, midnight(3), midnight(1) + TimeDelta::hours(4));
    append(&fixture, &ticks).await;

    // The first day is over, the second still goes on.
    let samples = fixture.store.samples();
    let sealed = samples
        .seal(midnight(1) - TimeDelta::hours(5))
        .await
        .unwrap();
    assert_eq!(sealed.days, 3);
    assert_eq!(fixture.count("chunk_1d").await, 3);
    assert_eq!(fixture.count("roll_5m").await, 3);
    assert_eq!(fixture.count("roll_1h").await, 3 * (24 + 18));

    let sealed = samples.seal(today()).await.unwrap();
    assert_eq!(sealed.days, 6, "yesterday and the day before");
    assert_eq!(fixture.count("chunk_2h").await, 0);
    assert_eq!(samples.seal(today()).await.unwrap(), Sealed::default());
    for container in containers {
        assert_eq!(
            stored(&fixture.store, container).await,
            of(&ticks, container)
        );
    }
}

#[tokio::test]
async fn late_samples_of_a_merged_day_are_added_to_it_and_to_its_rollups() {
    let fixture = Fixture::new().await;
    let containers = containers(&fixture, 1).await;
    let mut ticks = polls(&containers, midnight(2), midnight(1) + TimeDelta::hours(6));
    append(&fixture, &ticks).await;
    fixture.store.samples().seal(today()).await.unwrap();
    assert_eq!(fixture.count("chunk_1d").await, 2);

    let late = midnight(1) - TimeDelta::hours(3) + TimeDelta::seconds(30);
    let spike = Tick {
        at: late,
        samples: vec![(containers[0], sample(late, 5_000))],
    };
    append(&fixture, std::slice::from_ref(&spike)).await;
    fixture.store.samples().seal(today()).await.unwrap();
    assert_eq!(fixture.count("chunk_2h").await, 0);
    ticks.push(spike);
    ticks.sort_by_key(|tick| tick.at);
    assert_eq!(
        stored(&fixture.store, containers[0]).await,
        of(&ticks, containers[0])
    );

    // Raw, five minutes, hours, a day: the one high sample is at every zoom.
    for points in [1_500, 576, 48, 2] {
        let query = SeriesQuery {
            metrics: vec![Metric::MemoryWorkingSetBytes],
            range: TimeRange {
                from: midnight(2),
                to: midnight(1) + TimeDelta::hours(6),
            },
            points,
        };
        let answer = fixture.store.samples().query(&containers, &query).await;
        let series = answer.unwrap().series.remove(0);
        let highest = series.max.iter().flatten().copied().fold(0.0, f64::max);
        assert_eq!(
            Some(highest),
            Some(5_000.0 * 4_096.0),
            "in steps of {} ms",
            series.step_ms
        );
    }
}

#[tokio::test]
async fn a_metric_that_is_stored_beside_others_is_read_alone_too() {
    let fixture = Fixture::new().await;
    let containers = containers(&fixture, 1).await;
    let mut ticks = polls(&containers, midnight(2), midnight(1) + TimeDelta::hours(6));
    for (tick, minute) in ticks.iter_mut().zip(0_u64..) {
        // A cache that moves, but not within five minutes: usage is beside the sum of it and the working set.
        let cached = (100 + minute / 5 * 37 % 101) * 4_096;
        let (_, sample) = &mut tick.samples[0];
        sample.usage_bytes = sample.working_set_bytes.map(|bytes| bytes + cached);
        sample.anon_bytes = sample.working_set_bytes.map(|bytes| bytes - 4_096);
    }
    append(&fixture, &ticks).await;
    let samples = fixture.store.samples();
    // Of a merged day, and of one that is not.
    let sealed = samples.seal(midnight(1) + TimeDelta::hours(10)).await;
    assert_eq!(sealed.unwrap().days, 1);
    assert_eq!(fixture.count("chunk_2h").await, 3);
    for metric in Metric::ALL {
        let [alone, with_all] = [vec![metric], Metric::ALL.to_vec()].map(|metrics| SeriesQuery {
            metrics,
            range: TimeRange {
                from: midnight(2),
                to: midnight(1) + TimeDelta::hours(6),
            },
            points: 360,
        });
        let alone = samples.query(&containers, &alone).await.unwrap();
        let with_all = samples.query(&containers, &with_all).await.unwrap();
        assert_eq!(alone.get(metric), with_all.get(metric), "{metric}");
        if metric != Metric::MemoryUsageBytes {
            continue;
        }
        let usage = alone.get(metric).unwrap();
        assert_eq!(usage.step_ms, 300_000);
        for (at, ticks) in ticks.chunks(5).enumerate() {
            let values = ticks
                .iter()
                .filter_map(|tick| tick.samples[0].1.usage_bytes);
            let most = values.max().map(|bytes| bytes as f64);
            assert_eq!(usage.max[at], most, "bucket {at}");
        }
    }
}

#[tokio::test]
async fn a_day_whose_merge_was_cut_off_is_read_in_full_and_merged_again() {
    let fixture = Fixture::new().await;
    // More than one transaction's worth.
    let containers = containers(&fixture, 300).await;
    let mut ticks = polls(
        &containers,
        midnight(2),
        midnight(2) + TimeDelta::minutes(30),
    );
    append(&fixture, &ticks).await;
    let sql = fixture.sql().await;
    // The last container of the day cannot be written: the transactions before stay.
    let last = containers.last().unwrap().0;
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "ALTER TABLE chunk_1d ADD CONSTRAINT broken CHECK (container_id <> {last})"
    )))
    .execute(&sql)
    .await
    .unwrap();
    fixture.store.samples().seal(now()).await.unwrap_err();
    assert_eq!(fixture.count("chunk_1d").await, 256);
    assert_eq!(fixture.count("chunk_2h").await, 300);
    for container in [containers[0], containers[299]] {
        assert_eq!(
            stored(&fixture.store, container).await,
            of(&ticks, container)
        );
    }

    // Meanwhile late samples come in, of containers on both sides.
    let late = polls(
        &[containers[0], containers[299]],
        midnight(2) + TimeDelta::minutes(30),
        midnight(2) + TimeDelta::minutes(40),
    );
    append(&fixture, &late).await;
    ticks.extend(late);
    fixture.store.samples().seal(now()).await.unwrap_err();
    for container in [containers[0], containers[299]] {
        assert_eq!(
            stored(&fixture.store, container).await,
            of(&ticks, container)
        );
    }

    sqlx::query("ALTER TABLE chunk_1d DROP CONSTRAINT broken")
        .execute(&sql)
        .await
        .unwrap();
    assert_eq!(fixture.store.samples().seal(now()).await.unwrap().days, 44);
    assert_eq!(fixture.count("chunk_1d").await, 300);
    assert_eq!(fixture.count("chunk_2h").await, 0);
    for container in [containers[0], containers[100], containers[299]] {
        assert_eq!(
            stored(&fixture.store, container).await,
            of(&ticks, container)
        );
    }
}
