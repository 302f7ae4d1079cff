//! The systems that are measured, each behind [`System`]: the same questions in each one's own words.

pub(crate) mod inquest;
pub(crate) mod process;
pub(crate) mod prometheus;
pub(crate) mod victoria;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::fleet::{Fleet, INTERVAL_MS, Poll, Reading, Window};

/// A chart of one container's working set.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct Chart {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    /// One point for each: its minimum, maximum and last value are asked for, where it has more than one sample.
    pub(crate) step_ms: i64,
}

impl Chart {
    /// The request for the same samples from peers, whose steps end at the time that they are asked for. Halfway between two polls:
    /// were it at a poll, its jitter would have it in one step or the other, and of two samples in a step of one they show one.
    fn peers_request(&self, base: &str, query: &str) -> String {
        let early = INTERVAL_MS / 2;
        range_request(
            base,
            query,
            self.from_ms + self.step_ms - early,
            self.to_ms - early,
            self.step_ms,
        )
    }
}

/// What the overview shows: a day of memory as a line, the memory of now, restarts in 10 min, 24 h and the whole time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overview {
    pub(crate) begin_ms: i64,
    pub(crate) now_ms: i64,
}

/// A time-series database, loaded and answering over HTTP.
#[async_trait]
pub(crate) trait System: Send {
    /// As in the results.
    fn name(&self) -> &'static str;

    /// The requests that bring a chart.
    fn chart(&self, container: usize, chart: &Chart) -> Vec<String>;

    /// The requests that bring the overview.
    fn overview(&self, overview: &Overview) -> Vec<String>;

    /// The highest value in the answers to [`System::chart`], by which we see that all systems answer the same.
    fn highest(&self, answers: &[Bytes]) -> Option<f64>;

    /// How many workloads are in every one of the answers to [`System::overview`].
    fn workloads(&self, answers: &[Bytes]) -> anyhow::Result<usize>;

    /// Stops, forgets what the system keeps of its files in memory, and starts.
    async fn restart_cold(&mut self) -> anyhow::Result<()>;

    /// Stops for good.
    async fn stop(&mut self);
}

/// A series of the peers: its name and where its values come from.
type Series = (&'static str, fn(&Reading) -> u64);

/// The peers' series: those that Inquest keeps as samples, and the counter of restarts, for which Inquest has its ledger.
const SERIES: [Series; 7] = [
    (WORKING_SET, |reading| reading.working_set),
    ("container_memory_usage_bytes", |reading| reading.usage),
    ("container_memory_anon_bytes", |reading| reading.anon),
    (LIMIT, |reading| reading.limit),
    ("go_goroutines", |reading| reading.goroutines),
    ("container_tasks", |reading| reading.kernel_tasks),
    (RESTARTS, |reading| reading.restarts),
];
const WORKING_SET: &str = "container_memory_working_set_bytes";
const LIMIT: &str = "container_memory_limit_bytes";
const RESTARTS: &str = "container_restarts_total";

/// Samples of a poll that Inquest stores: restarts are in its ledger, and a series of the peers.
pub(crate) const OUR_SAMPLES: u64 = SERIES.len() as u64 - 1;

/// The name of a container's workload, the one label of the peers' series.
pub(crate) fn workload(container: usize) -> String {
    format!("w{container:04}")
}

/// Makes the fleet's data on a thread of its own, one window ahead, each already `prepared` for its system.
pub(crate) fn ahead<T: Send + 'static>(
    mut fleet: Fleet,
    polls: i64,
    mut prepare: impl FnMut(Window) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        while let Some(window) = fleet.next(polls) {
            // Nobody listens any more: the run has failed.
            if sender.blocking_send(prepare(window)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// `PromQL` for a container's series.
fn selector(series: &str, container: usize) -> String {
    format!("{series}{{workload=\"{}\"}}", workload(container))
}

/// `/api/v1/query_range`, which both peers have.
fn range_request(base: &str, query: &str, from_ms: i64, to_ms: i64, step_ms: i64) -> String {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!(
        "{base}/api/v1/query_range?query={query}&start={}&end={}&step={}",
        seconds(from_ms),
        seconds(to_ms),
        seconds(step_ms)
    )
}

/// `/api/v1/query`, which both peers have.
fn instant_request(base: &str, query: &str, at_ms: i64) -> String {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("{base}/api/v1/query?query={query}&time={}", seconds(at_ms))
}

/// The overview in `PromQL`. A counter that is never reset may be subtracted from what it was, which is by far cheaper than `increase`.
fn promql_overview(base: &str, overview: &Overview) -> Vec<String> {
    const SPARK_STEP_MS: i64 = 15 * 60 * 1000;
    let Overview { begin_ms, now_ms } = *overview;
    let since = |age_ms: i64| {
        format!(
            "{RESTARTS} - {RESTARTS} offset {}s",
            age_ms.min(now_ms - begin_ms - 600_000) / 1000
        )
    };
    let mut requests = vec![range_request(
        base,
        &format!("max_over_time({WORKING_SET}[15m])"),
        now_ms - crate::fleet::DAY_MS,
        now_ms,
        SPARK_STEP_MS,
    )];
    requests.push(instant_request(
        base,
        &format!("{WORKING_SET} / {LIMIT}"),
        now_ms,
    ));
    for age_ms in [600_000, crate::fleet::DAY_MS, 30 * crate::fleet::DAY_MS] {
        requests.push(instant_request(base, &since(age_ms), now_ms));
    }
    requests
}

/// The highest value in answers of `query_range`.
fn promql_highest(answers: &[Bytes]) -> Option<f64> {
    let mut highest = None::<f64>;
    for answer in answers {
        let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
        for series in answer["data"]["result"].as_array()? {
            for point in series["values"].as_array()? {
                let value: f64 = point[1].as_str()?.parse().ok()?;
                highest = Some(highest.map_or(value, |highest| highest.max(value)));
            }
        }
    }
    highest
}

/// The fewest series in answers of either kind of query.
fn promql_series(answers: &[Bytes]) -> anyhow::Result<usize> {
    let mut fewest = None::<usize>;
    for answer in answers {
        let answer: serde_json::Value = serde_json::from_slice(answer)?;
        let series = answer["data"]["result"].as_array().map_or(0, Vec::len);
        fewest = Some(fewest.map_or(series, |fewest| fewest.min(series)));
    }
    Ok(fewest.unwrap_or(0))
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// Appends a number, faster than formatting does: the peers' input has billions of digits.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut place = digits.len();
    loop {
        place -= 1;
        digits[place] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[place..]);
}

/// Every series of a container with its polls, for input that is written series by series.
fn each_series(window: &Window, mut write: impl FnMut(&Series, usize, &[Poll])) {
    for (container, polls) in window.polls.iter().enumerate() {
        for series in &SERIES {
            write(series, container, polls);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        let mut out = Vec::new();
        for number in [0, 7, 10, 1_764_000_000_123, u64::MAX] {
            put_number(&mut out, number);
            out.push(b' ');
        }
        assert_eq!(out, b"0 7 10 1764000000123 18446744073709551615 ");
    }

    #[test]
    fn the_highest_value_and_the_fewest_series_are_found() {
        let answer = |result: &str| Bytes::from(format!(r#"{{"data":{{"result":[{result}]}}}}"#));
        let answers = [
            answer(r#"{"values":[[1,"5"],[2,"17"]]},{"values":[[1,"3"]]}"#),
            answer(r#"{"values":[[1,"4"]]}"#),
        ];
        assert_eq!(promql_highest(&answers), Some(17.0));
        assert_eq!(promql_series(&answers).ok(), Some(1));
        assert_eq!(promql_highest(&[answer("")]), None);
    }
}
