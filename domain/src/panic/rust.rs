//! Rust: `thread 'main' panicked at src/main.rs:4:5:` with the message on the next line, and a backtrace where it was asked for.

use super::{Found, Frame, frame, text};

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let first_line = lines.iter().rposition(|line| {
        (line.starts_with("thread '")
            && (line.contains(" panicked at ") || line.contains(" has overflowed its stack")))
            || line.starts_with("memory allocation of ")
            || line.starts_with("fatal runtime error: ")
    })?;
    let line = lines[first_line];
    let Some((_, told)) = line.split_once(" panicked at ") else {
        return Some(Found {
            kind: "fatal runtime error".to_owned(),
            message: text::message(line.trim_start_matches("fatal runtime error: ")),
            frames: Vec::new(),
            first_line,
        });
    };
    let after = &lines[first_line + 1..];
    // Before 1.73 the message came first, in quotes, on the same line.
    let (message, place) = match told.rsplit_once("', ") {
        Some((message, place)) if told.starts_with('\'') => (&message[1..], place),
        _ => (
            after.first().copied().unwrap_or_default(),
            told.trim_end_matches(':'),
        ),
    };
    let mut frames = backtrace(after);
    if frames.is_empty() {
        let (file, line) = frame::place(place);
        frames.push(Frame {
            in_app: is_own(&file),
            // The file stands for the function, which is not told.
            function: file.clone(),
            file: Some(file),
            line,
        });
    }
    Some(Found {
        kind: "panic".to_owned(),
        message: text::message(message),
        frames,
        first_line,
    })
}

/// `   3: app::main` and below it `             at ./src/main.rs:4:5`.
fn backtrace(lines: &[&str]) -> Vec<Frame> {
    let Some(begin) = lines
        .iter()
        .position(|line| line.trim() == "stack backtrace:")
    else {
        return Vec::new();
    };
    let mut frames: Vec<Frame> = Vec::new();
    for line in &lines[begin + 1..] {
        let line = line.trim();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(last) = frames.last_mut() {
                let (file, number) = frame::place(place);
                last.in_app = is_own(&file) && last.in_app;
                (last.file, last.line) = (Some(file), number);
            }
            continue;
        }
        let numbered = line
            .split_once(": ")
            .filter(|(number, _)| number.parse::<u32>().is_ok());
        let Some((_, function)) = numbered else { break };
        if frames.len() == frame::MOST {
            break;
        }
        let function = without_hash(function);
        frames.push(Frame {
            in_app: ![
                "std::",
                "core::",
                "alloc::",
                "rust_begin_unwind",
                "__rustc",
                "_start",
                "__libc",
                "main",
            ]
            .iter()
            .any(|prefix| function.trim_start_matches('<').starts_with(prefix)),
            function: function.to_owned(),
            file: None,
            line: None,
        });
    }
    frames
}

/// Old symbols end in a hash that every build changes: `app::main::h0123456789abcdef`.
fn without_hash(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((name, hash))
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            name
        }
        _ => function,
    }
}

fn is_own(file: &str) -> bool {
    !file.starts_with("/rustc/")
        && !file.contains("/.cargo/registry/")
        && !file.contains("/rustlib/src/")
}
