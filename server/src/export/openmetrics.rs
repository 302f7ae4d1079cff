//! `OpenMetrics` 1.0 with timestamps. Points of one metric must stand together and in order of time, so everything is read once for each
//! metric, and task counts once for each kind.

use std::{borrow::Cow, fmt::Write as _};

use domain::{
    metric::{Metric, TaskKind, Unit},
    view::ExportBlock,
};

/// The last line: without it, an exposition is not complete.
pub(super) const END: &str = "# EOF\n";

/// One reading of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) metric: Metric,
    /// Of task counts, which.
    kind: Option<TaskKind>,
}

/// All there are for these metrics.
pub(super) fn rounds(metrics: &[Metric]) -> Vec<Round> {
    let round = |metric| move |kind| Round { metric, kind };
    metrics
        .iter()
        .flat_map(|metric| match metric {
            Metric::Tasks => TaskKind::ALL.map(Some).map(round(*metric)).to_vec(),
            _ => vec![round(*metric)(None)],
        })
        .collect()
}

impl Round {
    /// What stands before the first point of a metric.
    pub(super) fn header(self) -> String {
        if self.kind.is_some_and(|kind| kind != TaskKind::ALL[0]) {
            return String::new();
        }
        let name = self.metric.name();
        let mut lines = format!("# TYPE inquest_{name} gauge\n");
        let unit = match self.metric.unit() {
            Unit::Bytes => Some("bytes"),
            Unit::Ratio => Some("ratio"),
            Unit::Count => None,
        };
        // Writing to a String does not fail.
        if let Some(unit) = unit {
            let _ = writeln!(lines, "# UNIT inquest_{name} {unit}");
        }
        let _ = writeln!(lines, "# HELP inquest_{name} {}.", self.metric.help());
        lines
    }

    /// The points of a block.
    pub(super) fn write(self, out: &mut String, block: &ExportBlock) {
        let subject = &block.subject;
        let mut series = format!(
            r#"inquest_{}{{workload="{}",group="{}",source="{}",container_id="{}""#,
            self.metric.name(),
            escaped(&subject.name),
            escaped(&subject.group),
            escaped(&subject.source),
            escaped(&subject.container_id.0),
        );
        // Writing to a String does not fail.
        if let Some(kind) = self.kind {
            let _ = write!(series, r#",kind="{}""#, kind.name());
        }
        series.push('}');
        for sample in &block.samples {
            if self.kind.is_some() && sample.tasks.map(|tasks| tasks.kind) != self.kind {
                continue;
            }
            let Some(number) = sample.number(self.metric) else {
                continue;
            };
            let at = sample.at;
            let _ = writeln!(
                out,
                "{series} {number} {}.{:03}",
                at.timestamp(),
                at.timestamp_subsec_millis(),
            );
        }
    }
}

/// The value of a label.
fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(['\\', '"', '\n']) {
        let text = text.replace('\\', r"\\").replace('"', "\\\"");
        Cow::Owned(text.replace('\n', r"\n"))
    } else {
        Cow::Borrowed(text)
    }
}
