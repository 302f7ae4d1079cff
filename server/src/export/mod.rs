//! What Inquest knows as text for other programs: `inquest export` and `GET /api/v1/export`.

mod csv;
mod file;
mod jsonl;
mod log;
mod openmetrics;
mod progress;
mod restarts;
mod samples;
pub(crate) mod scenario;

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use anyhow::Context as _;
use app::backend::{Caller, SharedBackend};
use chrono::Utc;
use clap::ValueEnum;
use domain::{
    metric::Metric,
    view::{EXPORT_RANGE, ExportQuery, TimeRange},
};
use futures::TryStreamExt as _;

use self::{file::Output, progress::Progress};
pub(crate) use self::{
    log::log_text,
    samples::{Part, samples},
};
use crate::{
    backend::StoreBackend,
    cli::{Export, What},
    config::Config,
    startup::Database,
};

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object on each line, named as in the API
    Jsonl,
    /// Comma-separated values with a header line
    Csv,
    /// `OpenMetrics` with timestamps, for samples: what Prometheus and others can import
    Openmetrics,
}

/// Writes what is wanted.
pub async fn run(config: &Config, wanted: &Export) -> anyhow::Result<()> {
    let database = Database::open(config).await?;
    let backend = StoreBackend::new(
        database.store.clone(),
        database.place().clone(),
        config.retention,
        false,
    );
    let written = write(Arc::new(backend), wanted).await;
    database.close().await;
    match written {
        // Whoever reads has read enough: `inquest export | head`.
        Err(error)
            if error
                .downcast_ref()
                .is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        written => written.context("cannot export"),
    }
}

async fn write(backend: SharedBackend, wanted: &Export) -> anyhow::Result<()> {
    let mut output = Output::create(wanted.output.as_deref())?;
    match wanted.what {
        What::Restarts => {
            let time = (wanted.from, wanted.to);
            restarts::write(&*backend, time, wanted.format, &mut output).await?;
        }
        What::Samples => write_samples(backend, wanted, &mut output).await?,
    }
    output.finish()
}

async fn write_samples(
    backend: SharedBackend,
    wanted: &Export,
    out: &mut (dyn io::Write + Send),
) -> anyhow::Result<()> {
    let to = wanted.to.unwrap_or_else(Utc::now);
    let query = ExportQuery {
        workloads: wanted.workload.clone(),
        metrics: if wanted.metrics.is_empty() {
            Metric::ALL.to_vec()
        } else {
            wanted.metrics.clone()
        },
        range: TimeRange {
            from: wanted.from.unwrap_or(to - EXPORT_RANGE),
            to,
        },
    };
    let mut parts = samples(backend, Caller::Anonymous, query, wanted.format).await?;
    let mut progress = Progress::on_stderr();
    while let Some(part) = parts.try_next().await? {
        out.write_all(&part.text)?;
        progress.add(&part);
    }
    progress.finish();
    Ok(())
}
