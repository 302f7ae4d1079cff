//! The JVM: an exception's name, its stack of `at package.Class.method(File.java:10)`, and what caused it.

use super::{Found, Frame, frame, text};

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    let first_line = (0..lines.len()).rev().find(|&index| {
        let thrown = thrown(lines[index]);
        thrown.is_some()
            && (lines.get(index + 1).is_some_and(|next| is_frame(next))
                || says_thread(lines[index]))
    })?;
    // The innermost cause is the fault; what wraps it says where it was noticed.
    let block = lines[first_line + 1..]
        .iter()
        .take_while(|line| {
            is_frame(line)
                || line.starts_with("Caused by: ")
                || line.trim_start().starts_with("... ")
        })
        .count();
    let cause = lines[first_line..=first_line + block]
        .iter()
        .rposition(|line| line.starts_with("Caused by: "))
        .map_or(first_line, |place| first_line + place);
    let (kind, message) = text::kind_and_message(thrown(lines[cause])?);
    Some(Found {
        kind,
        message,
        frames: lines[cause + 1..]
            .iter()
            .take_while(|line| is_frame(line))
            .take(frame::MOST)
            .filter_map(|line| read(line))
            .collect(),
        first_line,
    })
}

/// The exception that a line names, without what stands before it.
fn thrown(line: &str) -> Option<&str> {
    let line = line.strip_prefix("Caused by: ").unwrap_or(line);
    let line = match line.strip_prefix("Exception in thread \"") {
        Some(rest) => rest.split_once("\" ")?.1,
        None => line,
    };
    let name = line.split([':', ' ']).next()?;
    (name.contains('.') && text::names_exception(name)).then_some(line)
}

fn says_thread(line: &str) -> bool {
    line.starts_with("Exception in thread \"")
}

fn is_frame(line: &str) -> bool {
    line.starts_with("\tat ")
}

/// `at app//com.shop.Cart.add(Cart.java:12)`, after a tab.
fn read(line: &str) -> Option<Frame> {
    let (function, place) = line.strip_prefix("\tat ")?.split_once('(')?;
    let function = function.rsplit('/').next()?;
    let (file, line) = frame::place(place.trim_end_matches(')'));
    Some(Frame {
        function: function.to_owned(),
        file: Some(file),
        line,
        in_app: !LIBRARIES
            .iter()
            .any(|library| function.starts_with(library)),
    })
}

const LIBRARIES: [&str; 14] = [
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "org.springframework.",
    "org.apache.",
    "org.eclipse.",
    "io.netty.",
    "reactor.",
];
