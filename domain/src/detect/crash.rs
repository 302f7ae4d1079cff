//! The program failed: a panic, an uncaught exception, a fatal signal, an exit code other than zero.

use super::{Finding, Window, facts};
use crate::verdict::{Confidence, Evidence, EvidenceKind};

/// 128 + SIGTERM: somebody asked the process itself to end, so it did not fail.
const TERMINATED: i32 = 143;
/// 128 + SIGINT.
const INTERRUPTED: i32 = 130;
/// A Go program without a SIGTERM handler ends so too when it is stopped.
const GO: i32 = 2;
/// A JVM with `ExitOnOutOfMemoryError` ends so, and with SIGABRT V8, .NET and a JVM with `CrashOnOutOfMemoryError`. Assertions do too: only
/// the log tells which it was.
const AS_HEAPS_END: [i32; 2] = [3, 134];

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let Some(code) = window.death.exit_code else {
        return Finding::Insufficient {
            missing: vec![facts::exit(window)],
        };
    };
    if matches!(code, 0 | Window::SIGKILLED | TERMINATED | INTERRUPTED) || window.was_asked() {
        return Finding::Clear;
    }
    let killed_child = facts::oom(window);
    let own_heap = window.panic.is_some_and(|panic| panic.out_of_memory);
    let may_be_heap = window.panic.is_none() && AS_HEAPS_END.contains(&code);
    let confidence = if killed_child.is_some() || own_heap {
        Confidence::Possible
    } else if window.saw_everything() && !may_be_heap {
        Confidence::Confirmed
    } else {
        // A stop that was not seen looks like this when the program answers signals with this code, and an exhausted heap that was not read of.
        Confidence::Probable
    };
    let mut evidence: Vec<_> = window.panic.map(facts::panic).into_iter().collect();
    evidence.push(facts::exit(window));
    evidence.extend(facts::not_asked(window));
    if let Some((at, text)) = killed_child {
        evidence.push(facts::con(EvidenceKind::OomEvent, text, Some(at)));
    }
    evidence.extend(facts::flag_with_end(window).map(Evidence::against));
    evidence.extend(facts::survived_ooms(window));
    if code == GO && !window.saw_everything() {
        evidence.push(facts::con(
            EvidenceKind::ExitCode,
            "a Go program that does not handle SIGTERM ends with 2 when it is stopped".to_owned(),
            None,
        ));
    }
    if may_be_heap {
        evidence.push(facts::missing(
            EvidenceKind::Log,
            "no last words that tell why; an exhausted heap ends with this code too".to_owned(),
            None,
        ));
    }
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}
