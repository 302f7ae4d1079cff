//! Samples: what was appended is read back, wherever it is by now.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::{Sample, TaskCount},
    view::{SeriesQuery, SeriesView, TimeRange},
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use server::store::{Keep, Store, StoreError, Tick};

use crate::database::{Fixture, now};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// When one container took the place of the other, in the middle of a bucket.
const RECREATED_MS: i64 = 25 * HOUR_MS + 12_345;

fn at(ms: i64) -> Timestamp {
    DateTime::from_timestamp_millis(ms).unwrap()
}

pub(crate) fn sample(at: Timestamp, memory: u64) -> Sample {
    Sample {
        working_set_bytes: Some(memory),
        usage_bytes: Some(memory + (8 << 20)),
        limit_bytes: Some(64 << 20),
        tasks: Some(TaskCount {
            kind: TaskKind::Goroutines,
            count: memory / 4096,
        }),
        kernel_tasks: Some(9),
        ..Sample::empty(at)
    }
}

/// A poll every ten seconds in `from..to`.
pub(crate) fn steady(container: ContainerKey, from: Timestamp, to: Timestamp) -> Vec<Tick> {
    let polls = (to - from).num_seconds() / 10;
    (0..polls)
        .map(|poll| {
            let at = from + TimeDelta::seconds(10 * poll);
            Tick {
                at,
                samples: vec![(container, sample(at, (poll as u64 % 500 + 1000) * 4096))],
            }
        })
        .collect()
}

pub(crate) async fn everything(store: &Store, container: ContainerKey) -> Vec<Sample> {
    store
        .samples()
        .tail(container, at(0), now() + TimeDelta::days(1))
        .await
        .unwrap()
}

pub(crate) fn samples_of(ticks: &[Tick]) -> Vec<Sample> {
    ticks.iter().map(|tick| tick.samples[0].1).collect()
}

#[tokio::test]
async fn sealing_moves_samples_without_changing_them() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let ticks = steady(container, now - TimeDelta::hours(9), now);
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();

    let sealed = fixture.store.samples().seal(now).await.unwrap();
    assert!(sealed.chunks >= 3 && sealed.polls >= 3, "{sealed:?}");
    assert_eq!(
        everything(&fixture.store, container).await,
        samples_of(&ticks)
    );
    assert_eq!(fixture.store.samples().seal(now).await.unwrap().polls, 0);

    // A batch whose acknowledgement was lost comes again.
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap();
    assert_eq!(
        everything(&fixture.store, container).await,
        samples_of(&ticks)
    );

    // A server that starts now reads the rest from the head.
    let restarted = Store::open(&fixture.url).await.unwrap();
    assert_eq!(everything(&restarted, container).await, samples_of(&ticks));
    assert_eq!(
        restarted.samples().latest(container),
        ticks.last().map(|tick| tick.samples[0].1)
    );
}

#[tokio::test]
async fn two_polls_of_one_tick_are_both_kept() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, one) = fixture.container("a", "checkout", now).await;
    let (_, two) = fixture.container("b", "cart", now).await;
    let samples = fixture.store.samples();
    samples
        .append(fixture.source, now, &[(one, sample(now, 4096))])
        .await
        .unwrap();
    samples
        .append(fixture.source, now, &[(two, sample(now, 8192))])
        .await
        .unwrap();
    samples.append(fixture.source, now, &[]).await.unwrap();

    let restarted = Store::open(&fixture.url).await.unwrap();
    assert_eq!(everything(&restarted, one).await, [sample(now, 4096)]);
    assert_eq!(everything(&restarted, two).await, [sample(now, 8192)]);
    assert_eq!(fixture.count("head_log").await, 2);
}

#[tokio::test]
async fn a_large_fleet_is_sealed_in_parts() {
    let (fixture, now) = (Fixture::new().await, now());
    let (samples, fleet) = (fixture.store.samples(), 1..=3_000);
    let begin = (now - TimeDelta::hours(9)).timestamp_millis();
    let begin = at(begin - begin % (2 * HOUR_MS));
    let polls: Vec<Tick> = [begin, begin + TimeDelta::seconds(10)]
        .into_iter()
        .map(|at| Tick {
            at,
            samples: fleet
                .clone()
                .map(|id| (ContainerKey(id), sample(at, id as u64 * 4096)))
                .collect(),
        })
        .collect();
    samples.append_ticks(fixture.source, &polls).await.unwrap();
    assert_eq!(fixture.count("head_log").await, 4, "a row for each part");
    let sealed = samples.seal(now).await.unwrap();
    assert_eq!((sealed.chunks, sealed.samples), (3_000, 6_000));
    assert_eq!(fixture.count("head_log").await, 0);
    for id in [1, 1_500, 3_000] {
        let expected: Vec<Sample> = polls.iter().map(|poll| poll.samples[id - 1].1).collect();
        assert_eq!(
            everything(&fixture.store, ContainerKey(id as i64)).await,
            expected
        );
    }
}

#[tokio::test]
async fn what_waits_to_be_sealed_is_read_after_a_start() {
    let fixture = Fixture::new().await;
    let end = at(now().timestamp_millis() / (2 * HOUR_MS) * 2 * HOUR_MS);
    let (_, container) = fixture.container("a", "checkout", end).await;
    let ticks = steady(container, end - TimeDelta::minutes(20), end);
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();
    // Their window has ended and could be sealed, but nobody has done it.
    let started = Store::open_at(&fixture.url, end + TimeDelta::minutes(10))
        .await
        .unwrap();
    assert_eq!(everything(&started, container).await, samples_of(&ticks));
    let sealed = started.samples().seal(end + TimeDelta::minutes(11)).await;
    assert_eq!(sealed.unwrap().samples, 120);
    assert_eq!(everything(&started, container).await, samples_of(&ticks));
}

#[tokio::test]
async fn sealing_that_fails_half_way_leaves_everything_where_it_was() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let ticks = steady(container, now - TimeDelta::hours(5), now);
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();
    let sql = fixture.sql().await;
    let rows = fixture.count("head_log").await;
    // Hours are written last: the head is emptied and the chunks are written by then.
    sqlx::query("ALTER TABLE roll_1h ADD CONSTRAINT broken CHECK (container_id < 0)")
        .execute(&sql)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap_err();
    assert_eq!(fixture.count("head_log").await, rows);
    assert_eq!(fixture.count("chunk_2h").await, 0);

    sqlx::query("ALTER TABLE roll_1h DROP CONSTRAINT broken")
        .execute(&sql)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap();
    assert_eq!(
        everything(&fixture.store, container).await,
        samples_of(&ticks)
    );
}

#[tokio::test]
async fn damaged_and_future_chunks_are_errors() {
    let fixture = Fixture::new().await;
    // In a day that has not ended, or its chunks would be merged.
    let day = at(now().timestamp_millis() / (24 * HOUR_MS) * 24 * HOUR_MS);
    let hour = |hour| day + TimeDelta::hours(hour);
    let (_, container) = fixture.container("a", "checkout", day).await;
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &steady(container, hour(9), hour(10)))
        .await
        .unwrap();
    fixture.store.samples().seal(hour(18)).await.unwrap();
    let sql = fixture.sql().await;
    for damage in [
        "UPDATE chunk_2h SET usage = set_byte(usage, length(usage) / 2, get_byte(usage, length(usage) / 2) # 1)",
        "UPDATE chunk_2h SET usage = set_byte(usage, 0, 200)",
    ] {
        sqlx::query(damage).execute(&sql).await.unwrap();
        let error = fixture
            .store
            .samples()
            .tail(container, day, hour(18))
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn old_partitions_are_dropped() {
    let (fixture, now) = (Fixture::new().await, now());
    let (_, container) = fixture.container("a", "checkout", now).await;
    let recent = steady(
        container,
        now - TimeDelta::hours(9),
        now - TimeDelta::hours(8),
    );
    for from in [now - TimeDelta::days(500), now - TimeDelta::days(40)] {
        let ticks = steady(container, from, from + TimeDelta::hours(1));
        fixture
            .store
            .samples()
            .append_ticks(fixture.source, &ticks)
            .await
            .unwrap();
    }
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &recent)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap();
    let retained = fixture.store.retain(&Keep::default(), now).await.unwrap();
    assert!(
        retained.raw_partitions >= 2 && retained.rollup_partitions == 1,
        "{retained:?}"
    );
    assert_eq!(
        everything(&fixture.store, container).await,
        samples_of(&recent)
    );
    assert_eq!(
        fixture
            .store
            .retain(&Keep::default(), now)
            .await
            .unwrap()
            .raw_partitions,
        0
    );
    // Forty days ago there are no samples any more, but rollups.
    let month = TimeRange {
        from: now - TimeDelta::days(60),
        to: now,
    };
    let query = SeriesQuery {
        metrics: vec![Metric::MemoryRatio],
        range: month,
        points: 500,
    };
    let series = fixture
        .store
        .samples()
        .query(&[container], &query)
        .await
        .unwrap()
        .series
        .remove(0);
    assert!(series.max[..400].iter().any(Option::is_some));
}

/// One thing that happens to the store.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(i64, Option<u64>, Option<u64>)>),
    Seal,
}

fn step() -> impl Strategy<Value = Step> {
    // Up to two days ago, late as often as not; any memory, any number of tasks.
    // Of bytes, what SQL can count in hourly rollups.
    let memory = prop_oneof![
        0..1_u64 << 62,
        (0..20_000_u64).prop_map(|pages| pages * 4096)
    ];
    let point = (
        0..48 * HOUR_MS,
        option::of(memory),
        option::of(0..50_000_u64),
    );
    prop_oneof![4 => vec(point, 1..60).prop_map(Step::Append), 1 => Just(Step::Seal)]
}

fn question() -> impl Strategy<Value = (i64, i64, u32, Metric)> {
    let metric = prop::sample::select(Metric::ALL.to_vec());
    (0..48 * HOUR_MS, 1..48 * HOUR_MS, 1..600_u32, metric)
}

/// The answer computed from all samples, one after the other.
fn naive(model: &[BTreeMap<i64, Sample>; 2], view: &SeriesView) -> [Vec<Option<f64>>; 3] {
    let mut columns = [
        vec![None; view.last.len()],
        vec![None; view.last.len()],
        vec![None; view.last.len()],
    ];
    let mut all: Vec<(i64, usize, f64)> = model
        .iter()
        .enumerate()
        .flat_map(|(index, samples)| {
            samples
                .iter()
                .filter_map(move |(at, sample)| Some((*at, index, sample.value(view.metric)?)))
        })
        .collect();
    all.sort_by_key(|(at, index, _)| (*at, *index));
    for (at, _, value) in all {
        let index = (at - view.from.timestamp_millis()).div_euclid(view.step_ms);
        let Some(index) = usize::try_from(index)
            .ok()
            .filter(|index| *index < view.last.len())
        else {
            continue;
        };
        let [min, max, last] = &mut columns;
        min[index] = Some(min[index].map_or(value, |known: f64| known.min(value)));
        max[index] = Some(max[index].map_or(value, |known: f64| known.max(value)));
        last[index] = Some(value);
    }
    columns
}

#[test]
fn every_question_is_answered_as_by_looking_at_every_sample() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(
            &(vec(step(), 1..12), vec(question(), 1..8)),
            |(steps, questions)| {
                case.set(case.get() + 1);
                runtime.block_on(check(&fixture, case.get(), &steps, &questions));
                Ok(())
            },
        )
        .unwrap();
}

async fn check(
    fixture: &Fixture,
    case: u32,
    steps: &[Step],
    questions: &[(i64, i64, u32, Metric)],
) {
    let (now, samples) = (now(), fixture.store.samples());
    let begin = (now - TimeDelta::hours(48)).timestamp_millis();
    let (_, one) = fixture
        .container(
            &format!("{case}a"),
            &format!("{case}"),
            now - TimeDelta::hours(2),
        )
        .await;
    let (_, two) = fixture
        .container(
            &format!("{case}b"),
            &format!("{case}"),
            now - TimeDelta::hours(1),
        )
        .await;
    let containers = [one, two];
    let mut model: [BTreeMap<i64, Sample>; 2] = Default::default();
    for step in steps {
        match step {
            Step::Seal => drop(samples.seal(now).await.unwrap()),
            Step::Append(points) => {
                let tick_of = |offset: i64| begin + offset - offset.rem_euclid(10_000) - 5_000;
                let mut ticks = Vec::new();
                for (offset, memory, tasks) in points {
                    let container = usize::from(*offset >= RECREATED_MS);
                    // Never within 100 ms of the tick, so that nothing is snapped to it.
                    let (tick, ms) = (
                        tick_of(*offset),
                        begin + offset - offset.rem_euclid(10_000) + offset.rem_euclid(90) * 50,
                    );
                    // A container is read once at a moment; of two readings either may be kept.
                    if model[container].contains_key(&ms) {
                        continue;
                    }
                    let sample = Sample {
                        working_set_bytes: *memory,
                        usage_bytes: memory.map(|memory| memory.saturating_add(4096)),
                        limit_bytes: Some(64 << 20),
                        tasks: tasks.map(|count| TaskCount {
                            kind: TaskKind::Goroutines,
                            count,
                        }),
                        kernel_tasks: *tasks,
                        ..Sample::empty(at(ms))
                    };
                    model[container].insert(ms, sample);
                    ticks.push(Tick {
                        at: at(tick),
                        samples: vec![(containers[container], sample)],
                    });
                }
                samples.append_ticks(fixture.source, &ticks).await.unwrap();
            }
        }
    }
    // What came in too late for memory is seen after the next sealing.
    samples.seal(now).await.unwrap();
    let restarted = Store::open(&fixture.url).await.unwrap();
    for store in [&fixture.store, &restarted] {
        for (container, model) in containers.iter().zip(&model) {
            assert_eq!(
                everything(store, *container).await,
                model.values().copied().collect::<Vec<_>>()
            );
        }
        for (from, length, points, metric) in questions {
            let range = TimeRange {
                from: at(begin + from),
                to: at(begin + from + length),
            };
            let query = SeriesQuery {
                metrics: vec![*metric],
                range,
                points: *points,
            };
            let view = store
                .samples()
                .query(&containers, &query)
                .await
                .unwrap()
                .series
                .remove(0);
            assert!(view.last.len() <= *points as usize && view.from <= range.from);
            let expected = naive(&model, &view);
            for (got, expected) in [&view.min, &view.max, &view.last]
                .into_iter()
                .zip(&expected)
            {
                let wrong = got
                    .iter()
                    .zip(expected)
                    .position(|(got, expected)| got != expected);
                let wrong = wrong.map(|index| (index, got[index], expected[index]));
                assert_eq!(
                    wrong, None,
                    "{metric} in steps of {} ms: (index, got, expected)",
                    view.step_ms
                );
            }
        }
    }
}
