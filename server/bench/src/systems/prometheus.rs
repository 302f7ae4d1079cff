//! Prometheus: blocks made by `promtool`, then compacted by the server itself.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Chart, Overview, System, WORKING_SET, each_series,
    process::{Process, drop_from_cache, free_port, peer_program, size_of},
    promql_highest, promql_overview, promql_series, put_number, selector, workload,
};
use crate::{
    fleet::{Fleet, HOUR_MS, INTERVAL_MS, Shape, Window},
    progress::Progress,
};

/// One `promtool` makes one block of it: it reads its whole input again for each block. Blocks begin at multiples of it.
const BLOCK_MS: i64 = 18 * HOUR_MS;
/// How many run at a time, each with half a gigabyte of input on disk.
const AT_A_TIME: usize = 2;
/// A server that is done leaves its blocks alone for so long.
const SETTLED: Duration = Duration::from_secs(6);

/// A Prometheus of our own.
#[derive(Debug)]
pub(crate) struct Prometheus {
    folder: PathBuf,
    log: PathBuf,
    config: PathBuf,
    url: String,
    process: Option<Process>,
}

impl Prometheus {
    /// Makes blocks of the data under `run`, and starts a server on them.
    pub(crate) async fn load(run: &Path, name: &str, shape: Shape) -> anyhow::Result<Self> {
        let mut system = Self {
            folder: run.join(name),
            log: run.join(format!("{name}.log")),
            config: run.join(format!("{name}.yml")),
            url: String::new(),
            process: None,
        };
        fs::create_dir_all(&system.folder)?;
        fs::write(&system.config, "")?;
        system.make_blocks(shape).await?;
        system.run().await?;
        system.compact().await?;
        Ok(system)
    }

    async fn make_blocks(&self, shape: Shape) -> anyhow::Result<()> {
        let mut fleet = Fleet::new(shape);
        let mut progress = Progress::new("Prometheus", shape);
        let slots = std::sync::Arc::new(Semaphore::new(AT_A_TIME));
        let mut blocks = JoinSet::new();
        let mut begin_ms = shape.begin_ms;
        for number in 0.. {
            // Before the data are made: they would wait in memory.
            let slot = slots.clone().acquire_owned().await?;
            let end_ms = begin_ms - begin_ms.rem_euclid(BLOCK_MS) + BLOCK_MS;
            let Some(window) = fleet.next((end_ms - begin_ms) / INTERVAL_MS) else {
                break;
            };
            progress.add(window.count());
            let first_ms = std::mem::replace(&mut begin_ms, end_ms);
            let (folder, input) = (
                self.folder.clone(),
                self.folder.with_extension(format!("{number}.txt")),
            );
            blocks.spawn_blocking(move || {
                let _slot = slot;
                make_block(&window, first_ms, &input, &folder)
            });
        }
        while let Some(made) = blocks.join_next().await {
            made??;
        }
        progress.end();
        Ok(())
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        let address = format!("127.0.0.1:{}", free_port()?);
        self.url = format!("http://{address}");
        let mut command = Command::new(peer_program("prometheus"));
        command
            .arg(format!("--config.file={}", self.config.display()))
            .arg(format!("--storage.tsdb.path={}", self.folder.display()))
            .arg(format!("--web.listen-address={address}"))
            // With this retention it compacts to blocks of up to twenty days, with which it is at its best.
            .args(["--storage.tsdb.retention.time=600d", "--log.level=warn"]);
        let ready = format!("{}/-/ready", self.url);
        self.process = Some(Process::start(command, &self.log, &ready).await?);
        Ok(())
    }

    /// Waits until it has compacted all it wants to, which it begins one minute after its start.
    async fn compact(&self) -> anyhow::Result<()> {
        eprintln!("  Prometheus compacts …");
        let mut before = Vec::new();
        loop {
            tokio::time::sleep(SETTLED).await;
            let metrics = reqwest::get(format!("{}/metrics", self.url))
                .await?
                .text()
                .await?;
            let triggered = metrics
                .lines()
                .filter_map(|line| {
                    line.strip_prefix("prometheus_tsdb_compactions_triggered_total ")
                })
                .any(|count| count != "0");
            let blocks = self.blocks()?;
            let busy = blocks.iter().any(|name| name.contains("tmp"));
            if triggered && !busy && blocks == before {
                eprintln!("  Prometheus has {} blocks", blocks.len());
                return Ok(());
            }
            before = blocks;
        }
    }

    /// Names of the folders of blocks, unfinished ones too.
    fn blocks(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with("01") {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Bytes of the blocks. There is no log to count: nothing is scraped.
    pub(crate) fn size(&self) -> anyhow::Result<u64> {
        self.blocks()?.iter().try_fold(0, |bytes, block| {
            Ok(bytes + size_of(&self.folder.join(block), &[])?)
        })
    }
}

/// Writes a window in the `OpenMetrics` format, has a block made of it, and moves that into `folder`.
fn make_block(window: &Window, begin_ms: i64, input: &Path, folder: &Path) -> anyhow::Result<()> {
    write_open_metrics(window, begin_ms, input)
        .with_context(|| format!("cannot write {}", input.display()))?;
    let output = input.with_extension("blocks");
    let done = Command::new(peer_program("promtool"))
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .arg(format!("--max-block-duration={}h", BLOCK_MS / HOUR_MS))
        .args([input, &output])
        .stdin(Stdio::null())
        .output()
        .context("cannot start promtool; `xtask/setup.sh bench` fetches it")?;
    ensure!(
        done.status.success(),
        "promtool: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    fs::remove_file(input)?;
    for entry in fs::read_dir(&output)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("01") {
            fs::rename(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(fs::remove_dir_all(&output)?)
}

fn write_open_metrics(window: &Window, begin_ms: i64, file: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut line = Vec::with_capacity(128);
    let mut outcome = Ok(());
    each_series(window, |(name, value), container, polls| {
        let prefix = format!("{name}{{workload=\"{}\"}} ", workload(container));
        for poll in polls {
            line.clear();
            line.extend_from_slice(prefix.as_bytes());
            put_number(&mut line, value(&poll.reading));
            line.push(b' ');
            // A first poll that is read a little before its tick would get a block of its own.
            let at_ms = poll.at_ms.max(begin_ms) as u64;
            put_number(&mut line, at_ms / 1000);
            line.push(b'.');
            let fraction = at_ms % 1000;
            line.extend(
                [fraction / 100, fraction / 10 % 10, fraction % 10].map(|digit| b'0' + digit as u8),
            );
            line.push(b'\n');
            if outcome.is_ok() {
                outcome = out.write_all(&line);
            }
        }
    });
    outcome?;
    out.write_all(b"# EOF\n")?;
    out.flush()
}

#[async_trait]
impl System for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn chart(&self, container: usize, chart: &Chart) -> Vec<String> {
        let series = selector(WORKING_SET, container);
        if chart.step_ms <= INTERVAL_MS {
            // One sample in each step, which is its own minimum and maximum.
            return vec![chart.peers_request(&self.url, &series)];
        }
        ["min_over_time", "max_over_time", "last_over_time"]
            .map(|function| {
                let query = format!("{function}({series}[{}s])", chart.step_ms / 1000);
                chart.peers_request(&self.url, &query)
            })
            .to_vec()
    }

    fn overview(&self, overview: &Overview) -> Vec<String> {
        promql_overview(&self.url, overview)
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
