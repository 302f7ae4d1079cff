//! VictoriaMetrics: loaded by its bulk import, then merged.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use bytes::Bytes;

use super::{
    Chart, Overview, SERIES, System, WORKING_SET, ahead, each_series,
    process::{Process, drop_from_cache, free_port, peer_program, size_of},
    promql_highest, promql_overview, promql_series, put_number, selector, workload,
};
use crate::{
    fleet::{DAY_MS, Fleet, INTERVAL_MS, Poll, Shape, Window},
    progress::Progress,
};

/// What one import request has at most, about.
const REQUEST_BYTES: usize = 16 << 20;

/// A VictoriaMetrics of our own.
#[derive(Debug)]
pub(crate) struct VictoriaMetrics {
    folder: PathBuf,
    log: PathBuf,
    url: String,
    /// Whether it may answer from its response cache.
    pub(crate) cached: bool,
    process: Option<Process>,
}

impl VictoriaMetrics {
    /// Starts one with its files under `run`.
    pub(crate) async fn start(run: &Path, name: &str) -> anyhow::Result<Self> {
        let mut system = Self {
            folder: run.join(name),
            log: run.join(format!("{name}.log")),
            url: String::new(),
            cached: false,
            process: None,
        };
        system.run().await?;
        Ok(system)
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        let address = format!("127.0.0.1:{}", free_port()?);
        self.url = format!("http://{address}");
        let mut command = Command::new(peer_program("victoria-metrics"));
        command
            .arg(format!("-storageDataPath={}", self.folder.display()))
            .arg(format!("-httpListenAddr={address}"))
            .args(["-retentionPeriod=2y", "-loggerLevel=WARN"])
            // The newest samples count: those of the last 30 s are not left out.
            .arg("-search.latencyOffset=0s");
        let ready = format!("{}/health", self.url);
        self.process = Some(Process::start(command, &self.log, &ready).await?);
        Ok(())
    }

    /// Imports the data, and merges them as it would in time.
    pub(crate) async fn load(&self, shape: Shape) -> anyhow::Result<()> {
        let client = reqwest::Client::new();
        let mut windows = ahead(Fleet::new(shape), DAY_MS / INTERVAL_MS, |window| {
            (window.count(), requests(&window))
        });
        let mut progress = Progress::new("VictoriaMetrics", shape);
        while let Some((polls, bodies)) = windows.recv().await {
            for body in bodies {
                let request = client
                    .post(format!("{}/api/v1/import", self.url))
                    .body(body);
                request.send().await?.error_for_status()?;
            }
            progress.add(polls);
        }
        progress.end();
        self.get("/internal/force_flush").await?;
        self.get("/internal/force_merge").await?;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let metrics = self.get("/metrics").await?;
            let busy = metrics.lines().any(|line| {
                let merging = line.starts_with("vm_active_merges{")
                    || line.starts_with("vm_active_force_merges");
                merging && !line.ends_with(" 0")
            });
            if !busy {
                return Ok(());
            }
        }
    }

    /// Takes in another fleet while it answers: one poll every `pace`.
    pub(crate) async fn ingest(&self, shape: Shape, pace: Duration) -> anyhow::Result<()> {
        let client = reqwest::Client::new();
        let mut fleet = Fleet::new(shape);
        let mut due = tokio::time::interval(pace);
        while let Some(window) = fleet.next(shape.polls) {
            for (_, polls) in window.by_tick() {
                let body = exposition(&polls);
                due.tick().await;
                let request = client
                    .post(format!("{}/api/v1/import/prometheus", self.url))
                    .body(body);
                request.send().await?.error_for_status()?;
            }
        }
        Ok(())
    }

    /// Bytes on disk, without caches.
    pub(crate) async fn size(&self) -> anyhow::Result<u64> {
        self.get("/internal/force_flush").await?;
        Ok(size_of(&self.folder, &["cache", "tmp", "snapshots"])?)
    }

    async fn get(&self, path: &str) -> anyhow::Result<String> {
        let answer = reqwest::get(format!("{}{path}", self.url)).await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.context("VictoriaMetrics broke off")
    }

    fn without_cache(&self, requests: Vec<String>) -> Vec<String> {
        if self.cached {
            return requests;
        }
        requests
            .into_iter()
            .map(|request| format!("{request}&nocache=1"))
            .collect()
    }
}

/// Bodies for `/api/v1/import`: one line of JSON for each series.
fn requests(window: &Window) -> Vec<Bytes> {
    let mut bodies = Vec::new();
    let mut body = Vec::with_capacity(REQUEST_BYTES);
    each_series(window, |(name, value), container, polls| {
        if polls.is_empty() {
            return;
        }
        let labels = format!(
            r#"{{"metric":{{"__name__":"{name}","workload":"{}"}},"values":["#,
            workload(container)
        );
        body.extend_from_slice(labels.as_bytes());
        for poll in polls {
            put_number(&mut body, value(&poll.reading));
            body.push(b',');
        }
        body.pop();
        body.extend_from_slice(br#"],"timestamps":["#);
        for poll in polls {
            put_number(&mut body, poll.at_ms as u64);
            body.push(b',');
        }
        body.pop();
        body.extend_from_slice(b"]}\n");
        if body.len() > REQUEST_BYTES - (1 << 20) {
            bodies.push(std::mem::replace(&mut body, Vec::with_capacity(REQUEST_BYTES)).into());
        }
    });
    bodies.push(body.into());
    bodies
}

/// A poll of the whole fleet in Prometheus' format, under other names than those of the fleet that was loaded.
fn exposition(polls: &[(usize, Poll)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in &SERIES {
        for (container, poll) in polls {
            body.extend_from_slice(format!("{name}{{workload=\"busy-{container}\"}} ").as_bytes());
            put_number(&mut body, value(&poll.reading));
            body.push(b' ');
            put_number(&mut body, poll.at_ms as u64);
            body.push(b'\n');
        }
    }
    body
}

#[async_trait]
impl System for VictoriaMetrics {
    fn name(&self) -> &'static str {
        if self.cached {
            "victoriametrics_cached"
        } else {
            "victoriametrics"
        }
    }

    fn chart(&self, container: usize, chart: &Chart) -> Vec<String> {
        let series = selector(WORKING_SET, container);
        // Exactly the three curves in one request; where a step has one sample, the sample.
        let query = if chart.step_ms <= INTERVAL_MS {
            series
        } else {
            format!(
                r#"aggr_over_time(("min_over_time","max_over_time","last_over_time"),{series}[{}s])"#,
                chart.step_ms / 1000
            )
        };
        self.without_cache(vec![chart.peers_request(&self.url, &query)])
    }

    fn overview(&self, overview: &Overview) -> Vec<String> {
        self.without_cache(promql_overview(&self.url, overview))
    }

    fn highest(&self, answers: &[Bytes]) -> Option<f64> {
        promql_highest(answers)
    }

    fn workloads(&self, answers: &[Bytes]) -> anyhow::Result<usize> {
        promql_series(answers)
    }

    async fn restart_cold(&mut self) -> anyhow::Result<()> {
        self.stop().await;
        drop_from_cache(&self.folder)?;
        self.run().await
    }

    async fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
    }
}
