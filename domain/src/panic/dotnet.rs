//! .NET: `Unhandled exception. System.…Exception: message`, then `   at Namespace.Class.Method(…) in file:line 12`.

use super::{Found, Frame, frame, text};

pub(super) fn find(lines: &[&str]) -> Option<Found> {
    const HEADS: [&str; 3] = [
        "Unhandled exception. ",
        "Unhandled Exception: ",
        "Fatal error. ",
    ];

    let head = |line: &str| HEADS.iter().find(|head| line.starts_with(*head)).copied();
    let first_line = lines.iter().rposition(|line| head(line).is_some())?;
    let line = lines[first_line];
    let said = &line[head(line)?.len()..];
    // `Out of memory.` of a fatal error has no exception's name.
    let (kind, message) = match said.split([':', ' ']).next() {
        Some(name) if text::names_exception(name) => text::kind_and_message(said),
        _ if said.starts_with("Out of memory") => (
            "System.OutOfMemoryException".to_owned(),
            text::message(said),
        ),
        _ => ("fatal error".to_owned(), text::message(said)),
    };
    Some(Found {
        kind,
        message,
        frames: lines[first_line + 1..]
            .iter()
            .take_while(|line| line.starts_with("   "))
            .filter_map(|line| read(line))
            .take(frame::MOST)
            .collect(),
        first_line,
    })
}

fn read(line: &str) -> Option<Frame> {
    let call = line.strip_prefix("   at ")?;
    let (call, place) = match call.split_once(") in ") {
        Some((call, place)) => (call, Some(place)),
        None => (call, None),
    };
    let function = call.split('(').next()?;
    let (file, line) = match place.and_then(|place| place.rsplit_once(":line ")) {
        Some((file, line)) => (Some(file.to_owned()), line.trim().parse().ok()),
        None => (None, None),
    };
    Some(Frame {
        in_app: !function.starts_with("System.") && !function.starts_with("Microsoft."),
        function: function.to_owned(),
        file,
        line,
    })
}
