//! A person or a tool stopped, restarted or killed it through the engine's API.

use super::{Finding, Window, facts, failed_probe};
use crate::{
    restart::RestartKind,
    verdict::{Confidence, Evidence, EvidenceKind},
};

/// 128 + SIGTERM.
const TERMINATED: i32 = 143;
/// 128 + SIGINT.
const INTERRUPTED: i32 = 130;

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let death = window.death;
    let recreated = death.kind == RestartKind::Recreated;
    let same = death.next.as_ref().filter(|next| next.changes.is_empty());
    let probe_failed = failed_probe::told(window);
    let confidence = if probe_failed.is_some() {
        Confidence::Possible
    } else if window.was_asked() {
        Confidence::Confirmed
    } else if stays_down(window) {
        Confidence::Probable
    } else if matches!(death.exit_code, Some(TERMINATED | INTERRUPTED)) {
        if window.events_tell_causes {
            // Signals from outside the API: `kill` on the host, a supervisor inside.
            Confidence::Possible
        } else {
            Confidence::Probable
        }
    } else if death.exit_code.is_none() && recreated && same.is_some() {
        Confidence::Possible
    } else {
        return match death.exit_code {
            None => Finding::Insufficient {
                missing: facts::unseen(window),
            },
            Some(_) => Finding::Clear,
        };
    };
    let mut evidence = facts::asked(window);
    evidence.push(facts::exit(window));
    if let (true, Some(next)) = (recreated, same) {
        evidence.push(facts::pro(
            EvidenceKind::Deploy,
            "a new container of the same image took its place".to_owned(),
            Some(next.started_at),
        ));
    }
    if stays_down(window) {
        evidence.push(facts::pro(
            EvidenceKind::OperatorEvent,
            "it stayed down, though the engine starts at once what ends by itself".to_owned(),
            None,
        ));
    }
    if !window.was_asked() && window.saw_everything() {
        evidence.push(facts::con(
            EvidenceKind::KillEvent,
            "no kill came through the API".to_owned(),
            None,
        ));
    }
    if let Some((at, text)) = facts::oom(window) {
        evidence.push(facts::con(EvidenceKind::OomEvent, text, Some(at)));
    }
    evidence.extend(probe_failed.map(Evidence::against));
    evidence.extend(window.panic.map(facts::panic));
    evidence.extend(facts::survived_ooms(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}

/// Podman tells of no stop, but starts at once, and without back-off, what ends by itself under a policy that always restarts: what stays
/// down was stopped.
fn stays_down(window: &Window<'_>) -> bool {
    let death = window.death;
    !window.events_tell_causes
        && !window.was_asked()
        && death.exit_code.is_some()
        && death.hidden.is_none()
        && matches!(death.kind, RestartKind::StayedDown | RestartKind::Manual)
        && matches!(
            death.spec.restart_policy.as_str(),
            "always" | "unless-stopped"
        )
}
