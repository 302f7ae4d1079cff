//! What is said about one end.

use domain::{
    Timestamp,
    profile::Growth,
    verdict::{Cause, Evidence, EvidenceKind, Stance},
    view::{PanicGroup, RestartRow},
};

use crate::format::{NBSP, count, day, duration, duration_short};

/// What happened, in a sentence without its full stop: `checkout ran out of memory`.
pub fn headline(name: &str, cause: Cause) -> String {
    let happened = match cause {
        Cause::OutOfMemory => "ran out of memory",
        Cause::NodeOutOfMemory => "was killed because its host ran out of memory",
        Cause::ChildOutOfMemory => "ended after a process in it was killed for memory",
        Cause::RuntimeOutOfMemory => "exhausted its own heap",
        Cause::Crash => "crashed",
        Cause::Completed => "ended by itself",
        Cause::Stopped => "was stopped by an operator",
        Cause::Deployed => "was replaced by another version",
        Cause::FailedProbe => "was killed by its health check",
        Cause::Platform => "was ended by the platform",
        Cause::Killed => "was killed from outside the engine",
        Cause::Unknown => "ended, and nothing says why",
    };
    format!("{name} {happened}")
}

/// The strongest reasons, as one paragraph.
pub fn because(evidence: &[Evidence]) -> String {
    let mut reasons: Vec<&Evidence> = evidence
        .iter()
        .filter(|evidence| evidence.stance == Stance::For)
        .collect();
    // What the program said and what memory did is what people ask about first.
    reasons.sort_by_key(|evidence| match evidence.kind {
        EvidenceKind::OomEvent | EvidenceKind::Log => 0,
        EvidenceKind::Memory => 1,
        _ => 2,
    });
    let doubts = evidence
        .iter()
        .filter(|evidence| evidence.stance == Stance::Against)
        .take(1);
    let said: Vec<String> = reasons
        .into_iter()
        .take(3)
        .chain(doubts)
        .map(|evidence| evidence.text.trim_end_matches('.').to_owned())
        .collect();
    if said.is_empty() {
        return "Nothing was seen that would tell.".to_owned();
    }
    let mut text = said.join("; ");
    text.push('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How it went on: `again after 1 s by its restart policy`.
pub fn went_on(row: &RestartRow) -> String {
    use domain::restart::RestartKind;

    let how = match row.kind {
        RestartKind::Policy => "by its restart policy",
        RestartKind::Manual => "by an operator",
        RestartKind::Recreated => "in a new container",
        RestartKind::EngineRestart => "with the engine",
        RestartKind::Unobserved => "unseen",
        RestartKind::StayedDown => "",
    };
    match row.started_at {
        Some(at) => {
            let after = (at - row.ended_at).num_milliseconds();
            if after < 0 {
                format!("its successor had been started before {how}")
            } else {
                format!("running again after {} {how}", duration(after))
            }
        }
        None => "down since".to_owned(),
    }
}

/// How often a panic was seen: `Seen 14 times since 3 Nov, in 2 images`.
pub fn seen(group: &PanicGroup) -> String {
    let since = day(group.first_seen_at.timestamp_millis());
    let images = match group.images.len() {
        0 | 1 => String::new(),
        images => format!(", in {images} images"),
    };
    match group.count {
        0 | 1 => "Seen for the first time.".to_owned(),
        times => format!(
            "Seen {} times since {since}{images}.",
            count(f64::from(times))
        ),
    }
}

/// That a panic was gone and is here again.
pub fn came_back(group: &PanicGroup) -> Option<String> {
    let back = group.came_back.as_ref()?;
    let versions = if back.image == back.image_before {
        String::new()
    } else {
        format!(" with {} (before: {})", back.image, back.image_before)
    };
    Some(format!(
        "It came back on {} after {} without it{versions}.",
        day(back.at.timestamp_millis()),
        duration_short(back.quiet_ms)
    ))
}

/// `3 lines`, `1 line`.
pub fn plural(n: usize, noun: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{}{NBSP}{noun}{end}", count(n as f64))
}

/// Where goroutines pile up, or that they do not.
pub fn piled_up(growth: &Growth) -> String {
    let total = count(growth.last_total as f64);
    let Some(first_total) = growth.first_total else {
        return format!(
            "There were {total}. The run ended before it was looked at a second time, so what had become more is not known."
        );
    };
    let Some((leak, place)) = growth.leak().and_then(|leak| Some((leak, leak.place()?))) else {
        return format!(
            "There were {total}, at first {}. At no place did they pile up.",
            count(first_total as f64)
        );
    };
    format!(
        "{} of {total} are in {}. At first {} there: they are begun again and again, and do not end.",
        count(leak.last as f64),
        place.function,
        match leak.first {
            0 => "none was".to_owned(),
            1 => "one was".to_owned(),
            more => format!("{} were", count(more as f64)),
        }
    )
}

/// When they were looked at.
pub fn looked(growth: &Growth, ended_at: Timestamp) -> String {
    let before = |from: Timestamp, to: Timestamp| duration((to - from).num_milliseconds());
    let last = format!("{} before the end", before(growth.last_at, ended_at));
    growth.first_at.map_or(last.clone(), |first| {
        format!(
            "{last}, compared with {} earlier",
            before(first, growth.last_at)
        )
    })
}
