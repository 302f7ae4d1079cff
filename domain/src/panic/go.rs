//! Go: `panic: …` and `fatal error: …`, then the stacks of goroutines, the one that failed first.

use super::{Found, Frame, frame, text};

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let first_line = lines.iter().rposition(|line| {
        line.starts_with("panic: ")
            || line.starts_with("fatal error: ")
            || line.starts_with("SIGSEGV: ")
    })?;
    let after = &lines[first_line + 1..];
    let stack = after.iter().position(|line| line.starts_with("goroutine "));
    let kind = lines[first_line].split(':').next()?.to_owned();
    // A panic while panicking repeats itself with an indent; the last one is what ended it.
    let said = after[..stack.unwrap_or(0)]
        .iter()
        .filter_map(|line| line.strip_prefix("\tpanic: "))
        .next_back()
        .or_else(|| lines[first_line].split_once(": ").map(|(_, said)| said))?;
    Some(Found {
        message: text::message(said.trim_end_matches(" [recovered]")),
        kind,
        frames: stack.map_or_else(Vec::new, |stack| frames(&after[stack + 1..])),
        first_line,
    })
}

/// Function and place take turns, until an empty line.
fn frames(lines: &[&str]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut lines = lines
        .iter()
        .take_while(|line| !line.trim().is_empty())
        .peekable();
    while let Some(call) = lines.next() {
        let place = lines.next_if(|line| line.starts_with('\t')).copied();
        if call.starts_with('\t') || call.starts_with("created by ") {
            continue;
        }
        let Some((function, _arguments)) = call.rsplit_once('(') else {
            continue;
        };
        if function == "panic" || function.starts_with("runtime.") {
            continue;
        }
        let place = place.and_then(|place| place.split_whitespace().next());
        frames.push(frame(function, place.unwrap_or_default()));
        if frames.len() == frame::MOST {
            break;
        }
    }
    frames
}

/// A function at `file:line`, which may not have been told.
pub(crate) fn frame(function: &str, place: &str) -> Frame {
    let place = (!place.is_empty()).then(|| frame::place(place));
    let (file, line) = place.unzip();
    Frame {
        in_app: !is_standard(function),
        function: function.to_owned(),
        file,
        line: line.flatten(),
    }
}

/// Paths of the standard library have no dot in their first part, which a module's host has; a program's own is `main`.
fn is_standard(function: &str) -> bool {
    if let Some((host, _)) = function.split_once('/') {
        return !host.contains('.');
    }
    let package = function.split('.').next().unwrap_or_default();
    STANDARD.contains(&package)
}

/// Packages of the standard library whose path is one word.
const STANDARD: [&str; 34] = [
    "bufio", "bytes", "cmp", "context", "crypto", "embed", "errors", "expvar", "flag", "fmt",
    "hash", "html", "image", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path",
    "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync",
    "syscall", "testing", "time",
];
