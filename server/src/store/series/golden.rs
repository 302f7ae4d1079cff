//! Golden files: what any version of a format has written must be readable for ever, and what is written now must not change unnoticed.
//!
//! They lie in `server/tests/fixtures/series`, named after what they hold: format, version, case. A file of the newest version that is
//! missing is written, and the test fails that once.

use std::{fs, path::PathBuf};

use super::{
    aggregate::{self, Aggregate, Extremes, Others},
    codec::{self, PAGE},
    frame,
    point::{Column, Point},
};

/// 2026-01-01 00:00 UTC.
pub(super) const TICK_MS: i64 = 1_767_225_600_000;

fn path(name: &str) -> PathBuf {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/series");
    PathBuf::from(fixtures).join(name)
}

/// What a golden file holds.
pub(super) fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What is written now must be what the file holds.
pub(super) fn check_newest(name: &str, bytes: &[u8]) {
    let path = path(name);
    if !path.exists() {
        fs::write(&path, bytes).expect("written");
        panic!("{name} was missing and is written now");
    }
    assert!(
        read(name) == bytes,
        "{name}: another encoding needs another version"
    );
}

/// A column of every kind.
pub(super) fn columns() -> [(&'static str, Vec<Option<u64>>); 6] {
    // A leak with steps, polls that failed, and restarts.
    let memory =
        |row: u64| (row % 97 != 13).then(|| (3_000 + row % 240 * 37 + row * row % 61) * PAGE);
    let times = |row: u64| Some(10_000 * row + if row % 50 == 7 { 100 + row } else { 0 });
    let extremes = [0, u64::MAX, i64::MAX as u64, 1 << 63, 1, u64::MAX - 1];
    [
        ("memory", (0..720).map(memory).collect()),
        ("times", (0..360).map(times).collect()),
        (
            "tasks",
            (0..720).map(|row| Some(9 + row * row % 23)).collect(),
        ),
        (
            "equal",
            (0..500)
                .map(|row| (row % 11 > 0).then_some(64 << 20))
                .collect(),
        ),
        ("absent", vec![None; 30]),
        (
            "extremes",
            (0..90).map(|row| Some(extremes[row % 6])).collect(),
        ),
    ]
}

/// What two polls of a source saw.
pub(super) fn polls() -> [Vec<(i64, Point)>; 2] {
    let point = |container: i64| {
        let mut point = Point::empty(TICK_MS + container % 3 * 250);
        for (index, column) in Column::ALL.into_iter().enumerate() {
            let value = (container as u64 + 5) * (index as u64 + 1) * 1_000;
            let paged = container % 4 > 0 && index < Column::IN_BYTES;
            let value = if paged { value * PAGE } else { value };
            point.set(column, (container as usize % 9 != index).then_some(value));
        }
        (container * 7 % 60, point)
    };
    [(0..40).map(point).collect(), (40..43).map(point).collect()]
}

/// Rollups in steps of five minutes of a day that has two hours of samples.
fn buckets() -> Vec<Option<Aggregate>> {
    let [(_, rows), ..] = columns();
    let mut buckets: Vec<_> = rows
        .chunks(30)
        .map(|rows| Aggregate::of(rows.iter().copied().flatten()))
        .collect();
    buckets.resize(288, None);
    buckets
}

#[test]
fn columns_of_every_version_are_read() {
    for (name, rows) in columns() {
        for version in 1..=codec::VERSION {
            let bytes = read(&format!("column-{version}-{name}.bin"));
            assert_eq!(bytes[0], version, "{name}");
            assert_eq!(
                codec::decode(&bytes, 1_000),
                Ok(rows.clone()),
                "{name}, {version}"
            );
        }
    }
}

/// As many values as are written one by one since version 3.
fn few() -> Vec<Option<u64>> {
    let [(_, rows), ..] = columns();
    rows.into_iter().take(30).collect()
}

#[test]
fn columns_of_few_values_are_read_and_written_as_ever() {
    let name = format!("column-{}-few.bin", codec::VERSION);
    check_newest(&name, &codec::encode(&few()));
    for version in 3..=codec::VERSION {
        let bytes = read(&format!("column-{version}-few.bin"));
        assert_eq!(codec::decode(&bytes, 1_000), Ok(few()), "{version}");
    }
}

#[test]
fn columns_are_written_as_ever() {
    for (name, rows) in columns() {
        let name = format!("column-{}-{name}.bin", codec::VERSION);
        check_newest(&name, &codec::encode(&rows));
    }
}

#[test]
fn frames_of_every_version_are_read() {
    for version in 1..=frame::VERSION {
        let payload = read(&format!("frame-{version}.bin"));
        assert_eq!(payload[0], version);
        assert_eq!(frame::decode(TICK_MS, &payload), Ok(polls().concat()));
    }
}

#[test]
fn frames_are_written_as_ever() {
    let payload = polls().map(|poll| frame::encode(TICK_MS, &poll)).concat();
    check_newest(&format!("frame-{}.bin", frame::VERSION), &payload);
}

/// What is read of them.
fn drawn(buckets: &[Option<Aggregate>]) -> Vec<Option<Extremes>> {
    let extremes = |bucket: Aggregate| [bucket.min, bucket.max, bucket.last];
    buckets.iter().map(|bucket| bucket.map(extremes)).collect()
}

#[test]
fn rollups_of_every_version_are_read() {
    let drawn = drawn(&buckets());
    for version in 1..=codec::VERSION {
        let bytes = read(&format!("rollup-{version}.bin"));
        let read = aggregate::decode(&bytes, 288, Others::NONE);
        assert_eq!(read, Ok(drawn.clone()));
    }
}

/// A cache of 8 MiB and a page for every hour.
fn buckets_of_cache() -> Vec<Option<Aggregate>> {
    let cache = |at: usize| (2_048 + at as u64 / 12) * PAGE;
    let buckets = buckets().into_iter().enumerate();
    buckets
        .map(|(at, bucket)| Aggregate::of(bucket.into_iter().map(|_| cache(at))))
        .collect()
}

/// The working set with the cache.
fn buckets_of_usage() -> Vec<Option<Aggregate>> {
    let sum = |(memory, cache): (Option<Aggregate>, Option<Aggregate>)| {
        let (memory, cache) = (memory?, cache?);
        Some(Aggregate {
            min: memory.min + cache.min,
            max: memory.max + cache.max,
            last: memory.last + cache.last,
            avg: memory.avg + cache.avg,
            count: memory.count,
        })
    };
    buckets()
        .into_iter()
        .zip(buckets_of_cache())
        .map(sum)
        .collect()
}

#[test]
fn rollups_beside_memory_are_read_and_written_as_ever() {
    let (memory, usage) = (buckets(), buckets_of_usage());
    let others = Others {
        memory: Some(memory.as_slice()),
        cache: None,
    };
    let name = format!("rollup-{}-beside.bin", codec::VERSION);
    check_newest(
        &name,
        &aggregate::encode(&usage, others).expect("has values"),
    );
    let memory = drawn(&memory);
    let others = Others {
        memory: Some(memory.as_slice()),
        cache: None,
    };
    for version in 3..=codec::VERSION {
        let bytes = read(&format!("rollup-{version}-beside.bin"));
        let read = aggregate::decode(&bytes, 288, others);
        assert_eq!(read, Ok(drawn(&usage)), "{version}");
        let alone = aggregate::decode(&bytes, 288, Others::NONE);
        assert!(alone.is_err(), "{version}");
    }
}

#[test]
fn rollups_beside_memory_and_cache_are_read_and_written_as_ever() {
    let (memory, cache, usage) = (buckets(), buckets_of_cache(), buckets_of_usage());
    let others = Others {
        memory: Some(memory.as_slice()),
        cache: Some(cache.as_slice()),
    };
    let name = format!("rollup-{}-sum.bin", codec::VERSION);
    check_newest(
        &name,
        &aggregate::encode(&usage, others).expect("has values"),
    );
    let (memory, cache) = (drawn(&memory), drawn(&cache));
    let (memory, cache) = (Some(memory.as_slice()), Some(cache.as_slice()));
    for version in 3..=codec::VERSION {
        let bytes = read(&format!("rollup-{version}-sum.bin"));
        let read = aggregate::decode(&bytes, 288, Others { memory, cache });
        assert_eq!(read, Ok(drawn(&usage)), "{version}");
        let others = Others {
            memory,
            cache: None,
        };
        let alone = aggregate::decode(&bytes, 288, others);
        assert!(alone.is_err(), "{version}");
    }
}

#[test]
fn rollups_are_written_as_ever() {
    let bytes = aggregate::encode(&buckets(), Others::NONE).expect("has values");
    check_newest(&format!("rollup-{}.bin", codec::VERSION), &bytes);
}
