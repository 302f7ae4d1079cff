//! C and C++: what the C library, the C++ runtime and sanitizers print. There is no stack to read.

use super::{Found, text};

/// What is said of a process that ended itself.
pub(super) const ABORT: &str = "abort";

/// Beginnings of lines, with what to call them.
const HEADS: [(&str, &str); 10] = [
    (
        "terminate called after throwing an instance of ",
        "uncaught exception",
    ),
    ("terminate called ", "terminate"),
    ("libc++abi: ", "terminate"),
    ("Segmentation fault", "segmentation fault"),
    ("Bus error", "bus error"),
    ("Illegal instruction", "illegal instruction"),
    ("Floating point exception", "floating point exception"),
    ("Aborted", ABORT),
    ("*** stack smashing detected ***", "stack smashing"),
    ("AddressSanitizer:DEADLYSIGNAL", "sanitizer"),
];
/// Parts of lines: the C library's own checks of its heap, assertions, sanitizers.
const PARTS: [(&str, &str); 7] = [
    ("double free or corruption", "heap corruption"),
    ("free(): invalid ", "heap corruption"),
    ("malloc(): ", "heap corruption"),
    ("corrupted size vs. prev_size", "heap corruption"),
    ("munmap_chunk(): invalid pointer", "heap corruption"),
    ("' failed.", "assertion"),
    ("ERROR: AddressSanitizer: ", "sanitizer"),
];

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let last = lines.iter().rposition(|line| kind(line).is_some())?;
    // `Aborted` and the like only follow the line that says why.
    let first_line = lines[..last]
        .iter()
        .rposition(|line| kind(line).is_some())
        .filter(|before| last - before <= 3)
        .unwrap_or(last);
    let line = lines[first_line];
    let what = lines
        .get(first_line + 1)
        .and_then(|next| next.trim_start().strip_prefix("what():"));
    let thrown = line.strip_prefix("terminate called after throwing an instance of ");
    let said = match (thrown, what) {
        (Some(thrown), Some(what)) => format!("{}: {}", thrown.trim_matches('\''), what.trim()),
        (Some(thrown), None) => thrown.trim_matches('\'').to_owned(),
        (None, _) => line.to_owned(),
    };
    Some(Found {
        kind: kind(line)?.to_owned(),
        message: text::message(&said),
        frames: Vec::new(),
        first_line,
    })
}

fn kind(line: &str) -> Option<&'static str> {
    let head = HEADS.iter().find(|(head, _)| line.starts_with(head));
    let part = || PARTS.iter().find(|(part, _)| line.contains(part));
    head.or_else(part).map(|(_, kind)| *kind)
}
