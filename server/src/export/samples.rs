//! Samples as a stream of text. It ends early with an error when the store fails: whoever passes it on must not let that look like the end.

use app::backend::{BackendError, Caller, SharedBackend};
use bytes::Bytes;
use chrono::SecondsFormat;
use domain::{
    Timestamp,
    metric::Metric,
    sample::Sample,
    view::{ExportBlock, ExportQuery},
};
use futures::{
    StreamExt as _, TryStreamExt as _, future,
    stream::{self, BoxStream},
};

use super::{
    Format, csv, jsonl,
    openmetrics::{self, Round},
};

/// A piece of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// Whole lines.
    pub(crate) text: Bytes,
    /// Who and when the samples are of, for people.
    pub(crate) place: Option<(String, Timestamp)>,
    /// The share of the whole that is done with it, from 0 to 1.
    pub(crate) done: f64,
}

/// The text, piece by piece. Nothing is read that is not asked for, and dropping it ends the work.
pub(crate) type Parts = BoxStream<'static, Result<Part, BackendError>>;

/// How the samples of one reading are written.
#[derive(Clone, Debug)]
enum Writer {
    Csv(Vec<Metric>),
    Jsonl(Vec<Metric>),
    OpenMetrics(Round),
}

impl Writer {
    /// The readings that a format takes, each with its writer.
    fn all(format: Format, metrics: &[Metric]) -> Vec<Self> {
        match format {
            Format::Csv => vec![Self::Csv(metrics.to_vec())],
            Format::Jsonl => vec![Self::Jsonl(metrics.to_vec())],
            Format::Openmetrics => openmetrics::rounds(metrics)
                .into_iter()
                .map(Self::OpenMetrics)
                .collect(),
        }
    }

    /// What has to be read.
    fn metrics(&self) -> Vec<Metric> {
        match self {
            Self::Csv(metrics) | Self::Jsonl(metrics) => metrics.clone(),
            Self::OpenMetrics(round) => vec![round.metric],
        }
    }

    fn header(&self) -> String {
        match self {
            Self::Csv(metrics) => csv::header(metrics),
            Self::Jsonl(_) => String::new(),
            Self::OpenMetrics(round) => round.header(),
        }
    }

    fn text(&self, block: &ExportBlock) -> Bytes {
        let mut text = String::new();
        match self {
            Self::Csv(metrics) => csv::write(&mut text, metrics, block),
            Self::Jsonl(metrics) => jsonl::write(&mut text, metrics, block),
            Self::OpenMetrics(round) => round.write(&mut text, block),
        }
        text.into()
    }
}

/// Samples as text. What is refused is refused here, before the first piece.
pub(crate) async fn samples(
    backend: SharedBackend,
    caller: Caller,
    query: ExportQuery,
    format: Format,
) -> Result<Parts, BackendError> {
    let mut writers = Writer::all(format, &query.metrics).into_iter().enumerate();
    let readings = writers.len();
    let ask = move |(index, writer): (usize, Writer)| {
        let (backend, caller) = (SharedBackend::clone(&backend), caller.clone());
        let query = ExportQuery {
            metrics: writer.metrics(),
            ..query.clone()
        };
        async move {
            let blocks = backend.export(&caller, &query).await?;
            let share = move |done: f64| (index as f64 + done) / readings as f64;
            let header = part(writer.header(), share(0.0));
            let parts = blocks.map_ok(move |block| Part {
                text: writer.text(&block),
                done: share(block.done),
                place: Some((block.subject.name.clone(), block.until)),
            });
            Ok::<_, BackendError>(stream::once(future::ok(header)).chain(parts))
        }
    };
    // No metrics at all are refused like any that make no sense.
    let first = writers.next().unwrap_or((0, Writer::Csv(Vec::new())));
    let first = ask(first).await?;
    let later = stream::iter(writers).then(ask).try_flatten();
    let end = match format {
        Format::Openmetrics => openmetrics::END,
        Format::Csv | Format::Jsonl => "",
    };
    let end = stream::once(future::ok(part(end.to_owned(), 1.0)));
    let parts = first.chain(later).chain(end);
    Ok(parts
        .try_filter(|part| future::ready(!part.text.is_empty()))
        .boxed())
}

fn part(text: String, done: f64) -> Part {
    Part {
        text: text.into(),
        place: None,
        done,
    }
}

/// Whether there is anything to write.
pub(super) fn has_values(sample: &Sample, metrics: &[Metric]) -> bool {
    metrics
        .iter()
        .any(|metric| sample.number(*metric).is_some())
}

/// RFC 3339, to the millisecond as samples are kept.
pub(super) fn moment(at: Timestamp) -> impl std::fmt::Display {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
