//! A JSON object on each line for each sample, its fields named as in the API.

use std::fmt::Write as _;

use domain::{metric::Metric, view::ExportBlock};
use serde_json::Value;

use super::samples::{has_values, moment};

/// The lines of a block. What was not seen is `null`.
pub(super) fn write(out: &mut String, metrics: &[Metric], block: &ExportBlock) {
    let subject = &block.subject;
    let text = |text: &str| Value::from(text);
    let subject = format!(
        r#""workload":"{}","workload_name":{},"group":{},"source":{},"container_id":{}"#,
        subject.workload,
        text(&subject.name),
        text(&subject.group),
        text(&subject.source),
        text(&subject.container_id.0),
    );
    for sample in &block.samples {
        if !has_values(sample, metrics) {
            continue;
        }
        // Writing to a String does not fail.
        let _ = write!(out, r#"{{"at":"{}",{subject}"#, moment(sample.at));
        for metric in metrics {
            let _ = match sample.number(*metric) {
                Some(number) => write!(out, r#","{metric}":{number}"#),
                None => write!(out, r#","{metric}":null"#),
            };
        }
        if metrics.contains(&Metric::Tasks) {
            let _ = match sample.tasks {
                Some(tasks) => write!(out, r#","task_kind":"{}""#, tasks.kind.name()),
                None => write!(out, r#","task_kind":null"#),
            };
        }
        out.push_str("}\n");
    }
}
