//! The log of a run as a text file.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use domain::{log::Stream, view::LogView};

/// A line for each line: time, stream, text. What is missing is said in comments.
pub(crate) fn log_text(log: &LogView) -> String {
    let mut out = String::new();
    if let Some(reason) = log.summary.missing {
        let _infallible = writeln!(out, "# {}", reason.sentence());
    }
    if log.summary.is_cut {
        out.push_str("# The run wrote more; these are its last lines.\n");
    }
    for line in &log.lines {
        let at = line.at.map_or_else(
            || "-".to_owned(),
            |at| at.to_rfc3339_opts(SecondsFormat::Millis, true),
        );
        let stream = match line.stream {
            Stream::Out => "out",
            Stream::Err => "err",
        };
        let _infallible = writeln!(out, "{at} {stream} {}", line.text);
    }
    out
}
