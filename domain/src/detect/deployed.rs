//! It was replaced by a container with another image or specification.

use chrono::TimeDelta;

use super::{Finding, Window, facts, words};
use crate::{
    ledger::SpecChange,
    restart::RestartKind,
    verdict::{Confidence, Evidence, EvidenceKind},
};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let death = window.death;
    let Some(next) = death
        .next
        .as_ref()
        .filter(|next| death.kind == RestartKind::Recreated && !next.changes.is_empty())
    else {
        return Finding::Clear;
    };
    let ended_by_itself = death.exit_code.is_some() && !window.was_asked();
    if ended_by_itself && window.saw_everything() {
        // It had died before; the new version came later.
        return Finding::Clear;
    }
    let confidence = match (window.was_asked(), ended_by_itself) {
        (true, _) => Confidence::Confirmed,
        (false, false) => Confidence::Probable,
        (false, true) if replaced_at_once(window) => Confidence::Probable,
        (false, true) => Confidence::Possible,
    };
    let mut evidence: Vec<Evidence> = next
        .changes
        .iter()
        .map(|change| {
            facts::pro(
                EvidenceKind::Deploy,
                sentence(change),
                Some(next.started_at),
            )
        })
        .collect();
    evidence.extend(facts::asked(window));
    evidence.push(facts::exit(window));
    evidence.extend(facts::survived_ooms(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}

/// Where the engine does not tell who ended it: it ended as what is stopped ends, and the new version was there within a minute.
fn replaced_at_once(window: &Window<'_>) -> bool {
    const WITHIN: TimeDelta = TimeDelta::seconds(60);
    /// SIGINT, SIGTERM, SIGKILL, a clean end, and a Go program that does not handle SIGTERM.
    const AS_STOPPED: [i32; 5] = [0, 2, 130, Window::SIGKILLED, 143];

    let death = window.death;
    let soon = death
        .next
        .as_ref()
        .is_some_and(|next| next.started_at - death.ended_at <= WITHIN);
    soon && !window.events_tell_causes
        && death
            .exit_code
            .is_some_and(|code| AS_STOPPED.contains(&code))
}

fn sentence(change: &SpecChange) -> String {
    match change {
        SpecChange::Image { from, to } => format!("image changed {from} → {to}"),
        SpecChange::Digest => "the image's content changed under the same name".to_owned(),
        SpecChange::Limit { from, to } => format!(
            "memory limit changed {} → {}",
            words::limit(*from),
            words::limit(*to)
        ),
        SpecChange::RestartPolicy { from, to } => format!("restart policy changed {from} → {to}"),
    }
}
