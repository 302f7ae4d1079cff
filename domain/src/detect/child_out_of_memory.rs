//! The kernel killed another process in the container, and the main one ended upon it by itself.
//!
//! When the container lives on there is no end to judge: that is a dated fact of the ledger.

use super::{Finding, Window, facts};
use crate::verdict::{Confidence, EvidenceKind};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let own_exit = !matches!(window.death.exit_code, None | Some(0 | Window::SIGKILLED));
    let Some((at, text)) = facts::oom(window).filter(|_| own_exit && !window.was_asked()) else {
        return Finding::Clear;
    };
    let mut evidence = vec![
        facts::pro(EvidenceKind::OomEvent, text, Some(at)),
        facts::exit(window),
        facts::memory(window),
    ];
    evidence.extend(facts::not_asked(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence: Confidence::Probable,
        evidence,
    }
}
