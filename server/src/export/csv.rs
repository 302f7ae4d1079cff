//! Comma-separated values (RFC 4180): a line for each sample, a column for each series.

use std::{borrow::Cow, fmt::Write as _};

use domain::{metric::Metric, view::ExportBlock};

use super::samples::{has_values, moment};

/// The names of the columns.
pub(super) fn header(metrics: &[Metric]) -> String {
    let mut line = "at,workload,workload_name,group,source,container_id".to_owned();
    for metric in metrics {
        line.push(',');
        line.push_str(metric.name());
    }
    if metrics.contains(&Metric::Tasks) {
        line.push_str(",task_kind");
    }
    line.push('\n');
    line
}

/// The lines of a block. What was not seen is empty.
pub(super) fn write(out: &mut String, metrics: &[Metric], block: &ExportBlock) {
    let subject = &block.subject;
    let subject = format!(
        "{},{},{},{},{}",
        subject.workload,
        quoted(&subject.name),
        quoted(&subject.group),
        quoted(&subject.source),
        quoted(&subject.container_id.0),
    );
    for sample in &block.samples {
        if !has_values(sample, metrics) {
            continue;
        }
        // Writing to a String does not fail.
        let _ = write!(out, "{},{subject}", moment(sample.at));
        for metric in metrics {
            out.push(',');
            if let Some(number) = sample.number(*metric) {
                let _ = write!(out, "{number}");
            }
        }
        if metrics.contains(&Metric::Tasks) {
            out.push(',');
            out.push_str(sample.tasks.map_or("", |tasks| tasks.kind.name()));
        }
        out.push('\n');
    }
}

/// Quotes around what would be taken for structure.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}
