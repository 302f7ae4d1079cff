//! Python: `Traceback (most recent call last):`, frames with the innermost last, then the exception.

use super::{Found, Frame, frame, text};

const HEAD: &str = "Traceback (most recent call last):";

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let first_line = lines.iter().rposition(|line| line.trim() == HEAD)?;
    let after = &lines[first_line + 1..];
    // Frames and code are indented; the exception is not.
    let end = after
        .iter()
        .position(|line| !line.starts_with(' ') && !line.trim().is_empty())?;
    let (kind, message) = text::kind_and_message(after[end]);
    let mut frames: Vec<Frame> = after[..end].iter().filter_map(|line| read(line)).collect();
    frames.reverse();
    frames.truncate(frame::MOST);
    Some(Found {
        kind,
        message,
        frames,
        first_line,
    })
}

/// `  File "/app/main.py", line 3, in handler`.
fn read(line: &str) -> Option<Frame> {
    let (file, rest) = line
        .trim_start()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, "<module>"));
    Some(Frame {
        in_app: ![
            "site-packages/",
            "dist-packages/",
            "/lib/python",
            "<frozen ",
        ]
        .iter()
        .any(|library| file.contains(library)),
        // Names of functions repeat; with their module they hardly do.
        function: format!("{}:{function}", file.rsplit('/').next().unwrap_or(file)),
        file: Some(file.to_owned()),
        line: number.trim().parse().ok(),
    })
}
