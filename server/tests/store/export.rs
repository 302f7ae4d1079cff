//! Exports have every stored sample with its value, or visibly end too early.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use domain::{
    Timestamp,
    ids::ContainerKey,
    metric::{Metric, TaskKind},
    sample::{Sample, TaskCount},
};
use serde_json::Value;
use server::store::Tick;
use sqlx::AssertSqlSafe;

use crate::{
    database::{Fixture, now},
    serving::serve,
};

/// What would be taken for structure by one format or another.
const NAME: &str = "a \"b\", c\\d\ne";

/// Hours of polls, each with something missing.
fn course(container: ContainerKey, from: Timestamp, hours: i64) -> Vec<Tick> {
    (0..hours * 60)
        .map(|minute| {
            let at = from + TimeDelta::minutes(minute) + TimeDelta::milliseconds(500 + minute % 7);
            let bytes = |missing, value: i64| (minute % missing != 0).then_some(value as u64);
            let kind = if minute % 11 == 0 {
                TaskKind::KernelTasks
            } else {
                TaskKind::Goroutines
            };
            let sample = Sample {
                working_set_bytes: bytes(5, 1_000_003 * minute),
                usage_bytes: bytes(3, i64::MAX - minute),
                limit_bytes: Some(64 << 20),
                tasks: bytes(2, minute).map(|count| TaskCount { kind, count }),
                ..Sample::empty(at)
            };
            Tick {
                at: from + TimeDelta::minutes(minute),
                samples: vec![(container, sample)],
            }
        })
        .collect()
}

/// Two workloads with three days of samples, the newest not sealed yet.
struct Shop {
    fixture: Fixture,
    begin: Timestamp,
    now: Timestamp,
    /// Engine id and samples.
    containers: BTreeMap<&'static str, Vec<Sample>>,
}

impl Shop {
    async fn new() -> Self {
        let (fixture, now) = (Fixture::new().await, now());
        let begin = now - TimeDelta::hours(70);
        let mut containers = BTreeMap::new();
        for (id, name) in [("c1", NAME), ("c2", "plain")] {
            let (_, container) = fixture.container(id, name, begin).await;
            let ticks = course(container, begin, 70);
            let store = &fixture.store;
            store
                .samples()
                .append_ticks(fixture.source, &ticks)
                .await
                .unwrap();
            containers.insert(id, ticks.iter().map(|tick| tick.samples[0].1).collect());
            // As the next poll of it would say.
            sqlx::query("UPDATE container SET state = 'running', last_seen_at = $2 WHERE id = $1")
                .bind(container.0)
                .bind(now)
                .execute(&fixture.sql().await)
                .await
                .unwrap();
        }
        fixture.store.samples().seal(now).await.unwrap();
        Self {
            fixture,
            begin,
            now,
            containers,
        }
    }

    fn url(&self, address: &str, format: &str, more: &str) -> String {
        let time = |at: Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (from, to) = (time(self.begin), time(self.now));
        format!("{address}/export?format={format}&from={from}&to={to}{more}")
    }

    /// Container, milliseconds, series, and the number as text.
    fn expected(&self, metrics: &[Metric]) -> BTreeMap<(String, i64, Metric), String> {
        let mut expected = BTreeMap::new();
        for (id, samples) in &self.containers {
            for sample in samples {
                for metric in metrics {
                    if let Some(number) = sample.number(*metric) {
                        let key = ((*id).to_owned(), sample.at.timestamp_millis(), *metric);
                        expected.insert(key, number.to_string());
                    }
                }
            }
        }
        expected
    }
}

fn millis(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

#[tokio::test]
async fn json_lines_have_every_number() {
    let shop = Shop::new().await;
    let address = serve(&shop.fixture.store).await;
    let response = reqwest::get(shop.url(&address, "jsonl", "")).await.unwrap();
    let name = response.headers()["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"inquest-") && name.ends_with(".jsonl\""));
    let mut got = BTreeMap::new();
    for line in response.text().await.unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let id = row["container_id"].as_str().unwrap();
        assert_eq!(
            row["workload_name"],
            if id == "c1" { NAME } else { "plain" }
        );
        assert_eq!(row["task_kind"].is_null(), row["tasks"].is_null());
        for metric in Metric::ALL {
            if let Value::Number(number) = &row[metric.name()] {
                let key = (id.to_owned(), millis(row["at"].as_str().unwrap()), metric);
                let twice = got.insert(key, number.to_string());
                assert_eq!(twice, None);
            }
        }
    }
    // serde_json writes a whole share as 1.0.
    let expected = shop.expected(&Metric::ALL);
    assert_eq!(got.len(), expected.len());
    for (key, number) in expected {
        let (got, number) = (
            got[&key].parse::<f64>().unwrap(),
            number.parse::<f64>().unwrap(),
        );
        assert!(
            (got - number).abs() <= f64::EPSILON * number.abs(),
            "{key:?}: {got}, not {number}"
        );
    }
}

#[tokio::test]
async fn csv_has_every_number_of_one_workload() {
    let mut shop = Shop::new().await;
    shop.containers.remove("c1");
    let address = serve(&shop.fixture.store).await;
    let workloads: Value = reqwest::get(format!("{address}/workloads?search=plain"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let id = workloads["data"][0]["id"].as_str().unwrap();
    let more = format!("&workload={id}&metrics=memory_usage_bytes,memory_ratio");
    let text = reqwest::get(shop.url(&address, "csv", &more))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("at,workload,workload_name,group,source,container_id,memory_usage_bytes,memory_ratio")
    );
    let metrics = [Metric::MemoryUsageBytes, Metric::MemoryRatio];
    let mut got = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        for (metric, cell) in metrics.into_iter().zip(&cells[6..]) {
            if !cell.is_empty() {
                got.insert(
                    (cells[5].to_owned(), millis(cells[0]), metric),
                    (*cell).to_owned(),
                );
            }
        }
    }
    assert_eq!(got, shop.expected(&metrics));
}

#[tokio::test]
async fn openmetrics_has_every_number_and_keeps_series_together() {
    let shop = Shop::new().await;
    let address = serve(&shop.fixture.store).await;
    let text = reqwest::get(shop.url(&address, "openmetrics", ""))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.ends_with("\n# EOF\n"));
    let (mut got, mut seen, mut last) = (BTreeMap::new(), Vec::<String>::new(), i64::MIN);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, rest) = line.split_once("} ").unwrap();
        let (number, at) = rest.split_once(' ').unwrap();
        let at = at.replace('.', "").parse::<i64>().unwrap();
        if seen.last().is_none_or(|known| known != series) {
            assert!(!seen.contains(&series.to_owned()), "{series} comes twice");
            seen.push(series.to_owned());
        } else {
            assert!(at > last, "{line} is out of order");
        }
        last = at;
        let name = series
            .strip_prefix("inquest_")
            .unwrap()
            .split('{')
            .next()
            .unwrap();
        let metric = name.parse::<Metric>().unwrap();
        assert_eq!(series.contains(",kind=\""), metric == Metric::Tasks);
        let id = if series.contains("container_id=\"c1\"") {
            "c1"
        } else {
            "c2"
        };
        let quoted = r#"workload="a \"b\", c\\d\ne""#;
        assert_eq!(series.contains(quoted), id == "c1");
        got.insert((id.to_owned(), at, metric), number.to_owned());
    }
    assert_eq!(got, shop.expected(&Metric::ALL));
}

#[tokio::test]
async fn a_store_that_fails_on_the_way_cuts_the_connection() {
    let shop = Shop::new().await;
    let address = serve(&shop.fixture.store).await;
    // Of the second container, so that the first is sent.
    for table in ["chunk_2h", "chunk_1d"] {
        let damage = format!(
            "UPDATE {table} SET at = set_byte(at, 0, 200) WHERE container_id = (SELECT max(id) FROM container)"
        );
        sqlx::query(AssertSqlSafe(damage))
            .execute(&shop.fixture.sql().await)
            .await
            .unwrap();
    }
    for format in ["jsonl", "csv", "openmetrics"] {
        let mut response = reqwest::get(shop.url(&address, format, "")).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut got = Vec::new();
        let end = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => got.extend(chunk),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let got = String::from_utf8(got).unwrap();
        assert!(got.contains("c1") && !got.contains("# EOF"), "{format}");
        end.expect_err("an end like any other");
    }
}
