//! The views that docs/SQL.md promises.

use chrono::{DurationRound, TimeDelta};
use domain::{
    ledger::LedgerChange,
    metric::TaskKind,
    sample::{Sample, TaskCount},
};
use server::store::Tick;
use sqlx::{AssertSqlSafe, Row};

use crate::{
    database::{Fixture, now},
    ledger::out_of_memory,
};

#[tokio::test]
async fn every_view_is_read_by_name() {
    let (fixture, now) = (Fixture::new().await, now());
    let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap() - TimeDelta::hours(6);
    let (_, container) = fixture.container("a", "checkout", hour).await;
    let ticks: Vec<Tick> = [40_u64, 60, 50]
        .into_iter()
        .zip(0..)
        .map(|(mib, minute)| {
            let at = hour + TimeDelta::minutes(minute);
            let sample = Sample {
                working_set_bytes: Some(mib << 20),
                limit_bytes: Some(64 << 20),
                tasks: Some(TaskCount {
                    kind: TaskKind::Goroutines,
                    count: mib,
                }),
                ..Sample::empty(at)
            };
            Tick {
                at,
                samples: vec![(container, sample)],
            }
        })
        .collect();
    fixture
        .store
        .samples()
        .append_ticks(fixture.source, &ticks)
        .await
        .unwrap();
    fixture.store.samples().seal(now).await.unwrap();
    let death = LedgerChange::Ended(Box::new(out_of_memory("a", "checkout", now)));
    fixture.record(&[death]).await;

    let sql = fixture.sql().await;
    let memory = sqlx::query(
        "SELECT at, source || '/' || workload_group || '/' || workload || '/' || container AS name, samples,
                ARRAY[working_set_min_bytes, working_set_max_bytes, working_set_avg_bytes, working_set_last_bytes] AS mib, limit_ratio_max
         FROM hourly_memory",
    )
    .fetch_one(&sql)
    .await
    .unwrap();
    assert_eq!(memory.get::<chrono::DateTime<chrono::Utc>, _>("at"), hour);
    assert_eq!(memory.get::<String, _>("name"), "local/shop/checkout/a");
    assert_eq!(memory.get::<i32, _>("samples"), 3);
    assert_eq!(
        memory.get::<Vec<i64>, _>("mib"),
        [40 << 20, 60 << 20, 50 << 20, 50 << 20]
    );
    assert_eq!(
        memory.get::<Option<f64>, _>("limit_ratio_max"),
        Some(60.0 / 64.0)
    );
    let tasks = sqlx::query("SELECT kind, tasks_max FROM hourly_tasks WHERE workload = 'checkout'")
        .fetch_one(&sql)
        .await
        .unwrap();
    assert_eq!(tasks.get::<String, _>("kind"), "goroutines");
    assert_eq!(tasks.get::<i32, _>("tasks_max"), 60);
    let restart = sqlx::query("SELECT cause, last_limit_ratio FROM restarts WHERE counts")
        .fetch_one(&sql)
        .await
        .unwrap();
    assert_eq!(restart.get::<String, _>("cause"), "out_of_memory");
    assert_eq!(
        restart.get::<Option<f64>, _>("last_limit_ratio"),
        Some(63.0 / 64.0)
    );
}

#[tokio::test]
async fn every_example_of_the_documentation_runs() {
    let fixture = Fixture::new().await;
    let sql = fixture.sql().await;
    let text = include_str!("../../../docs/SQL.md");
    let examples = text.split("```sql\n").skip(1);
    let mut run = 0;
    for example in examples.filter_map(|rest| rest.split("```").next()) {
        // Roles belong to the whole cluster; Grafana's macros are what Grafana makes of them.
        if example.contains("CREATE ROLE") {
            continue;
        }
        let example = example
            .replace(
                "$__timeFilter(at)",
                "at BETWEEN now() - interval '1 day' AND now()",
            )
            .replace(
                "$__timeFilter(ended_at)",
                "ended_at BETWEEN now() - interval '1 day' AND now()",
            );
        sqlx::raw_sql(AssertSqlSafe(example))
            .execute(&sql)
            .await
            .unwrap();
        run += 1;
    }
    assert_eq!(run, 5);
}
