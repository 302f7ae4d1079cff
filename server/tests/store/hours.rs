//! Hours: what is equal to the last value takes no space, and is read all the same.

use chrono::{DurationRound, TimeDelta};
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::{Sample, TaskCount},
    view::{SeriesQuery, SeriesSet, TimeRange},
};
use server::store::Tick;
use sqlx::PgPool;

use crate::database::{Fixture, now};

/// Minimum, maximum, last value.
type Extremes = (Option<f64>, Option<f64>, Option<f64>);

/// The day before yesterday.
fn day() -> TimeRange {
    let midnight = now().duration_trunc(TimeDelta::days(1)).unwrap();
    TimeRange {
        from: midnight - TimeDelta::days(2),
        to: midnight - TimeDelta::days(1),
    }
}

/// Memory goes up and down and ends an hour where it began, a limit stays but is taken away for the last six hours.
fn sample(at: Timestamp, minute: u64) -> Sample {
    let pages = 5_000 + minute % 60 * 7 % 59;
    Sample {
        working_set_bytes: Some(pages * 4_096),
        usage_bytes: Some((pages + 2_048) * 4_096),
        limit_bytes: (minute < 18 * 60).then_some(64 << 20),
        tasks: Some(TaskCount {
            kind: TaskKind::Goroutines,
            count: 9 + minute / 60 * u64::from(minute.is_multiple_of(2)),
        }),
        kernel_tasks: Some(11),
        ..Sample::empty(at)
    }
}

/// A day with a sample every minute, in hours; the container that has them.
async fn a_day(fixture: &Fixture) -> (ContainerKey, Vec<Vec<Sample>>) {
    let (_, container) = fixture.container("a", "checkout", day().from).await;
    let samples: Vec<_> = (0..24 * 60)
        .map(|minute| {
            let at = day().from + TimeDelta::minutes(minute);
            sample(at, minute as u64)
        })
        .collect();
    let ticks: Vec<_> = samples
        .iter()
        .map(|sample| Tick {
            at: sample.at,
            samples: vec![(container, *sample)],
        })
        .collect();
    let store = fixture.store.samples();
    store.append_ticks(fixture.source, &ticks).await.unwrap();
    (container, samples.chunks(60).map(<[_]>::to_vec).collect())
}

async fn hours_of(fixture: &Fixture, container: ContainerKey) -> SeriesSet {
    let query = SeriesQuery {
        metrics: Metric::ALL.to_vec(),
        range: day(),
        points: 24,
    };
    let answer = fixture.store.samples().query(&[container], &query).await;
    answer.unwrap()
}

/// What the views show, column by column.
async fn shown(sql: &PgPool) -> Vec<serde_json::Value> {
    sqlx::query_scalar(
        "SELECT to_jsonb(m) || to_jsonb(t) FROM hourly_memory m JOIN hourly_tasks t USING (at, container) ORDER BY at",
    )
    .fetch_all(sql)
    .await
    .unwrap()
}

async fn rows_where(sql: &PgPool, condition: &str) -> i64 {
    let count = format!("SELECT count(*) FROM roll_1h WHERE {condition}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .fetch_one(sql)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_equal_to_the_last_value_is_not_stored_and_read_all_the_same() {
    let fixture = Fixture::new().await;
    let (container, hours) = a_day(&fixture).await;
    fixture.store.samples().seal(now()).await.unwrap();
    let sql = fixture.sql().await;

    let only_last = |measure: &str| {
        format!(
            "{measure}_last IS NOT NULL AND num_nonnulls({measure}_min, {measure}_max, {measure}_avg) = 0"
        )
    };
    assert_eq!(rows_where(&sql, &only_last("limit")).await, 18);
    assert_eq!(rows_where(&sql, &only_last("cache")).await, 24);
    assert_eq!(rows_where(&sql, &only_last("kernel_tasks")).await, 24);
    assert_eq!(rows_where(&sql, &only_last("working_set")).await, 0);
    let absent = "num_nonnulls(limit_min, limit_max, limit_avg, limit_last) = 0";
    assert_eq!(rows_where(&sql, absent).await, 6);

    let series = hours_of(&fixture, container).await;
    let of = |metric: Metric, value: fn(&Sample) -> Option<f64>| {
        let series = series.get(metric).unwrap();
        assert_eq!(series.step_ms, 3_600_000);
        for (hour, samples) in hours.iter().enumerate() {
            let values: Vec<f64> = samples.iter().filter_map(value).collect();
            let expected: Extremes = (
                values.iter().copied().reduce(f64::min),
                values.iter().copied().reduce(f64::max),
                values.last().copied(),
            );
            let found = (series.min[hour], series.max[hour], series.last[hour]);
            assert_eq!(found, expected, "{metric}, hour {hour}");
        }
    };
    of(Metric::MemoryWorkingSetBytes, |s| {
        Some(s.working_set_bytes? as f64)
    });
    of(Metric::MemoryUsageBytes, |s| Some(s.usage_bytes? as f64));
    of(Metric::MemoryCacheBytes, |s| {
        Some((s.usage_bytes? - s.working_set_bytes?) as f64)
    });
    of(Metric::MemoryAnonBytes, |_| None);
    of(Metric::MemoryLimitBytes, |s| Some(s.limit_bytes? as f64));
    of(Metric::MemoryRatio, |s| {
        Some(s.working_set_bytes? as f64 / s.limit_bytes? as f64)
    });
    of(Metric::Tasks, |s| Some(s.tasks?.count as f64));
    of(Metric::KernelTasks, |s| Some(s.kernel_tasks? as f64));

    let shown = shown(&sql).await;
    assert_eq!(shown.len(), 24);
    for (row, samples) in shown.iter().zip(&hours) {
        let memory: Vec<_> = samples.iter().filter_map(|s| s.working_set_bytes).collect();
        let (least, most) = (memory.iter().min().unwrap(), memory.iter().max().unwrap());
        let average = memory.iter().sum::<u64>() / 60;
        assert_eq!(row["working_set_min_bytes"], *least);
        assert_eq!(row["working_set_avg_bytes"], average);
        assert_eq!(row["usage_max_bytes"], most + (8 << 20));
        for column in ["min", "max", "avg", "last"] {
            assert_eq!(row[format!("cache_{column}_bytes")], 8 << 20);
            assert_eq!(row[format!("kernel_tasks_{column}")], 11);
            assert!(row[format!("anon_{column}_bytes")].is_null());
        }
        let ratio = samples[0]
            .limit_bytes
            .map(|limit| *most as f64 / limit as f64);
        assert_eq!(row["limit_ratio_max"].as_f64(), ratio);
    }
}

#[tokio::test]
async fn hours_that_have_all_statistics_are_read_as_ever() {
    let fixture = Fixture::new().await;
    let (container, _) = a_day(&fixture).await;
    fixture.store.samples().seal(now()).await.unwrap();
    let sql = fixture.sql().await;
    let (series, views) = (hours_of(&fixture, container).await, shown(&sql).await);

    // As they were written before there were nulls.
    let measures = [
        "working_set",
        "usage",
        "cache",
        "anon",
        "limit",
        "tasks",
        "kernel_tasks",
    ];
    let filled = measures.map(|of| {
        let filled = ["min", "max", "avg"]
            .map(|part| format!("{of}_{part} = coalesce({of}_{part}, {of}_last)"));
        filled.join(", ")
    });
    let fill = format!("UPDATE roll_1h SET {}", filled.join(", "));
    sqlx::query(sqlx::AssertSqlSafe(fill))
        .execute(&sql)
        .await
        .unwrap();
    assert_eq!(rows_where(&sql, "cache_min IS NULL").await, 0);
    assert_eq!(hours_of(&fixture, container).await, series);
    assert_eq!(shown(&sql).await, views);
}

#[tokio::test]
async fn merging_a_day_leaves_its_hours_alone() {
    let fixture = Fixture::new().await;
    a_day(&fixture).await;
    let sql = fixture.sql().await;
    let writers = || async {
        let writers = "SELECT xmin::text FROM roll_1h ORDER BY at";
        let writers = sqlx::query_scalar(writers).fetch_all(&sql).await;
        let writers: Vec<String> = writers.unwrap();
        writers
    };
    let samples = fixture.store.samples();
    // The last windows of the day stay open.
    samples.seal(day().to - TimeDelta::hours(3)).await.unwrap();
    let before = writers().await;
    assert!((12..24).contains(&before.len()), "{}", before.len());
    let sealed = samples.seal(now()).await.unwrap();
    assert_eq!(sealed.days, 1);
    let after = writers().await;
    assert_eq!((after.len(), &after[..before.len()]), (24, &before[..]));
}
