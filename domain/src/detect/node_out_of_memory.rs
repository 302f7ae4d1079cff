//! The kernel killed it because the host, or a cgroup above its own, had no memory left.
//!
//! A container without a limit cannot reach one: when the kernel killed it for memory, the memory was somebody else's.

use super::{Finding, Window, facts};
use crate::verdict::{Confidence, EvidenceKind};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    if window.death.exit_code != Some(Window::SIGKILLED) || window.was_asked() {
        return Finding::Clear;
    }
    let (told, confidence) = match (facts::oom(window), facts::flag_with_end(window)) {
        (Some((at, text)), _) => (
            facts::pro(EvidenceKind::OomEvent, text, Some(at)),
            Confidence::Confirmed,
        ),
        (None, Some(flag)) => (flag, Confidence::Probable),
        (None, None) => return Finding::Clear,
    };
    if window.death.spec.limit_bytes.is_some() || !facts::inspected(window) {
        return Finding::Clear;
    }
    let mut evidence = vec![told];
    evidence.push(facts::pro(
        EvidenceKind::Memory,
        "no limit of its own was set, so it cannot have reached one".to_owned(),
        None,
    ));
    evidence.push(facts::exit(window));
    evidence.extend(facts::not_asked(window));
    evidence.push(facts::memory(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}
