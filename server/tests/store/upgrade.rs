//! A database that the first version of the schema left behind: every sample and restart is there after the upgrade.

use std::path::Path;

use chrono::{DateTime, TimeDelta};
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::{Sample, TaskCount},
    verdict::Cause,
    view::{RestartQuery, SeriesQuery, TimeRange},
};
use server::store::Store;
use sqlx::{Connection, PgConnection, migrate::Migrator};

use crate::database::empty_database;

/// When the fixture's first sample was taken, in milliseconds. One follows every ten seconds.
const BEGIN_MS: i64 = 1_795_416_903_000;
/// Sealed ones, and sixty more in the head.
const SAMPLES: i64 = 2_610;

fn at(ms: i64) -> Timestamp {
    DateTime::from_timestamp_millis(ms).unwrap()
}

/// What was written into the fixture.
fn written() -> Vec<Sample> {
    let sample = |poll: i64| {
        let pages = poll as u64 % 500 + 1_000;
        Sample {
            working_set_bytes: Some(pages * 4_096),
            usage_bytes: Some(pages * 4_096 + (8 << 20)),
            limit_bytes: Some(64 << 20),
            tasks: Some(TaskCount {
                kind: TaskKind::Goroutines,
                count: pages,
            }),
            kernel_tasks: Some(9),
            ..Sample::empty(at(BEGIN_MS + 10_000 * poll))
        }
    };
    (0..SAMPLES).map(sample).collect()
}

/// A database as the first version left it.
async fn first_version() -> String {
    let url = empty_database().await;
    let first = tempfile::tempdir().unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    for name in [
        "0001_fleet.sql",
        "0002_ledger.sql",
        "0003_observation.sql",
        "0004_samples.sql",
    ] {
        std::fs::copy(migrations.join(name), first.path().join(name)).unwrap();
    }
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let migrator = Migrator::new(first.path()).await.unwrap();
    migrator.run(&mut connection).await.unwrap();
    sqlx::raw_sql(include_str!("fixtures/schema_4.sql"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    url
}

async fn stored(store: &Store) -> Vec<Sample> {
    let range = (at(BEGIN_MS), at(BEGIN_MS) + TimeDelta::days(1));
    store
        .samples()
        .tail(ContainerKey(1), range.0, range.1)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_first_schema_is_upgraded_without_a_loss() {
    let url = first_version().await;
    let store = Store::open(&url).await.unwrap();
    let day = TimeRange {
        from: at(BEGIN_MS),
        to: at(BEGIN_MS) + TimeDelta::hours(8),
    };
    let hours = |store: Store| async move {
        let query = SeriesQuery {
            metrics: vec![Metric::MemoryWorkingSetBytes],
            range: day,
            points: 9,
        };
        store
            .samples()
            .query(&[ContainerKey(1)], &query)
            .await
            .unwrap()
            .series
            .remove(0)
    };

    // As it is found, then with the head sealed, then with the day merged.
    let moments = [6, 48].map(|hours| at(BEGIN_MS) + TimeDelta::hours(hours));
    let before = hours(store.clone()).await;
    store.samples().seal(moments[0]).await.unwrap();
    assert_eq!(hours(store.clone()).await, before);
    let sealed = store.samples().seal(moments[1]).await.unwrap();
    assert_eq!((sealed.polls, sealed.days), (60, 1));
    assert_eq!(stored(&store).await, written());
    // The seventh hour was in the head.
    assert_eq!(hours(store.clone()).await.max[..6], before.max[..6]);
    assert_eq!(stored(&Store::open(&url).await.unwrap()).await, written());

    let restarts = store
        .restart_rows(&RestartQuery::default())
        .await
        .unwrap()
        .data;
    let causes: Vec<_> = restarts.iter().map(|row| row.cause).collect();
    assert_eq!(causes, [Cause::Crash, Cause::OutOfMemory]);
    assert_eq!(restarts[1].last_memory_ratio, Some(63.0 / 64.0));
}
