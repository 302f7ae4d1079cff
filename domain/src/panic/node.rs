//! Node.js: an error's name with its stack of `at function (file:line:column)`, or V8's word that its heap is full.

use super::{Found, Frame, frame, text};

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let first_line = (0..lines.len()).rev().find(|&index| {
        lines[index].starts_with("FATAL ERROR: ")
            || (named(lines[index])
                && lines
                    .get(index + 1)
                    .is_some_and(|next| next.starts_with("    at ")))
    })?;
    let line = lines[first_line].trim_start_matches("Uncaught ");
    if let Some(said) = line.strip_prefix("FATAL ERROR: ") {
        return Some(Found {
            kind: "FATAL ERROR".to_owned(),
            message: text::message(said),
            frames: Vec::new(),
            first_line,
        });
    }
    let (kind, message) = text::kind_and_message(line);
    Some(Found {
        kind,
        message,
        frames: lines[first_line + 1..]
            .iter()
            .map_while(|line| line.strip_prefix("    at "))
            .map(read)
            .take(frame::MOST)
            .collect(),
        first_line,
    })
}

fn named(line: &str) -> bool {
    let line = line.trim_start_matches("Uncaught ");
    let name = line.split([':', ' ']).next().unwrap_or_default();
    text::names_exception(name) && !name.contains('.')
}

/// `async Cart.add (/app/cart.js:12:5)`, `/app/index.js:3:1`.
fn read(call: &str) -> Frame {
    let call = call.strip_prefix("async ").unwrap_or(call);
    let (function, place) = match call.rsplit_once(" (") {
        Some((function, place)) => (Some(function), place.trim_end_matches(')')),
        None => (None, call),
    };
    let (file, line) = frame::place(place.trim_start_matches("file://"));
    let function = function.map_or_else(
        || file.rsplit('/').next().unwrap_or(&file).to_owned(),
        str::to_owned,
    );
    Frame {
        in_app: !file.starts_with("node:")
            && !file.contains("/node_modules/")
            && file != "<anonymous>",
        function,
        file: Some(file),
        line,
    }
}
