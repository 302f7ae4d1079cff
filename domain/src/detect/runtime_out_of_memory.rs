//! The program's own heap was exhausted below the container's limit: a JVM's, V8's, .NET's or an allocator's own word for it.

use super::{Finding, Window, facts};
use crate::verdict::{Confidence, EvidenceKind};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let Some(panic) = window.panic.filter(|panic| panic.out_of_memory) else {
        return Finding::Clear;
    };
    // The kernel's kill explains itself, and so does a person's stop; what the program wrote before is then another matter.
    if matches!(window.death.exit_code, Some(0 | Window::SIGKILLED)) || window.was_asked() {
        return Finding::Clear;
    }
    let killed = facts::oom(window);
    let confidence = match window.death.exit_code {
        _ if killed.is_some() => Confidence::Possible,
        Some(_) => Confidence::Confirmed,
        None => Confidence::Probable,
    };
    let mut evidence = vec![facts::panic(panic), facts::exit(window)];
    evidence.extend(facts::not_asked(window));
    evidence.push(facts::memory(window));
    if let Some((at, text)) = killed {
        evidence.push(facts::con(EvidenceKind::OomEvent, text, Some(at)));
    }
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}
