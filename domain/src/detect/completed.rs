//! The program ended by itself with exit code zero.

use super::{Finding, Window, facts};
use crate::verdict::{Confidence, EvidenceKind};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    if window.death.exit_code != Some(0) || window.was_asked() {
        return Finding::Clear;
    }
    let confidence = if window.saw_everything() {
        Confidence::Confirmed
    } else {
        // A program that handles SIGTERM ends with 0 when it is stopped.
        Confidence::Probable
    };
    let mut evidence = vec![facts::exit(window)];
    evidence.extend(facts::not_asked(window));
    if let Some((at, text)) = facts::oom(window) {
        evidence.push(facts::con(EvidenceKind::OomEvent, text, Some(at)));
    }
    evidence.extend(facts::survived_ooms(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}
