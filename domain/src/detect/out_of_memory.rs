//! The kernel killed it for reaching its own limit.
//!
//! 137 alone proves nothing: only 21 of 349 ends with it were out of memory in one public count. The kernel's own report, through the engine's `oom`
//! event, does: in 101 of 101 measured kills it came, within a second. Memory near the limit is the next best thing.

use super::{Finding, Window, facts, memory::Approach};
use crate::{
    fact::Observation,
    verdict::{Confidence, Evidence, EvidenceKind},
    workload::ContainerState,
};

/// Where the engine reports no OOM kills, memory has to be this near. Polls of every 10 s saw 85.6–100 % before a slow leak was killed.
const VERY_NEAR: f64 = 0.95;

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let death = window.death;
    if death.spec.limit_bytes.is_none() && facts::inspected(window) {
        return Finding::Clear;
    }
    match death.exit_code {
        Some(Window::SIGKILLED) => {}
        // Unseen exits may have been anything; memory may still tell.
        None if !window.was_asked() => {}
        _ => return Finding::Clear,
    }
    if let Some((at, text)) = facts::oom(window) {
        let told = facts::pro(EvidenceKind::OomEvent, text, Some(at));
        return reported(window, told);
    }
    if window.was_asked() {
        return Finding::Clear;
    }
    if death.hidden.is_some_and(|hidden| hidden.number > 1) {
        return Finding::Insufficient {
            missing: facts::unseen(window),
        };
    }
    inferred(window)
}

/// The kernel said so.
fn reported(window: &Window<'_>, told: Evidence) -> Finding {
    let death = window.death;
    let killed_first = death
        .asked
        .kills
        .iter()
        .any(|(kill, _)| death.ooms.iter().all(|oom| kill < oom));
    let confidence = match (death.exit_code, window.was_asked()) {
        (_, true) if killed_first => return Finding::Clear,
        (_, true) => Confidence::Possible,
        (Some(_), false) => Confidence::Confirmed,
        (None, false) => Confidence::Probable,
    };
    let mut evidence = vec![told, facts::exit(window)];
    evidence.extend(facts::not_asked(window));
    evidence.push(facts::memory(window));
    evidence.extend(facts::asked(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}

/// Nobody said so, but it looks like it.
fn inferred(window: &Window<'_>) -> Finding {
    let death = window.death;
    let approach = Approach::of(window.samples, death.ended_at);
    let ratio = approach.map_or(0.0, |approach| approach.ratio);
    let projected = approach.is_some_and(|approach| approach.would_reach_limit());
    let flag = flag(window);
    let hit = facts::limit_was_hit(window);
    let told = facts::flag_with_end(window);
    let confidence = match death.exit_code {
        Some(_) if hit.is_some() || told.is_some() => Confidence::Probable,
        Some(_) if !window.events_tell_causes && ratio >= VERY_NEAR => Confidence::Probable,
        // Every kill that was measured was reported. Where none was, standing near the limit is not enough: it has to have been reached.
        Some(_) if window.saw_everything() && projected => Confidence::Probable,
        Some(_) if window.saw_everything() && ratio >= facts::NEAR_LIMIT => Confidence::Possible,
        Some(_) if window.events_tell_causes && (ratio >= facts::NEAR_LIMIT || projected) => {
            Confidence::Probable
        }
        Some(_) if ratio >= facts::NEAR_LIMIT || projected => Confidence::Possible,
        // Set, while we were not listening: the report we missed. Set although we listened: another's, or stale.
        Some(_) if flag.is_some() && !death.stream_whole() && death.child_ooms.is_empty() => {
            Confidence::Probable
        }
        Some(_) if flag.is_some() && death.child_ooms.is_empty() => Confidence::Possible,
        None if ratio >= VERY_NEAR => Confidence::Possible,
        _ => return undecided(window),
    };
    let mut evidence: Vec<Evidence> = told.into_iter().collect();
    evidence.extend([facts::memory(window), facts::exit(window)]);
    evidence.extend(hit);
    evidence.extend(flag);
    evidence.extend(facts::not_asked(window));
    if window.saw_everything() {
        evidence.push(facts::con(
            EvidenceKind::OomEvent,
            "no OOM kill was reported, though events were seen throughout".to_owned(),
            None,
        ));
    }
    evidence.extend(facts::survived_ooms(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}

fn undecided(window: &Window<'_>) -> Finding {
    if window.saw_everything() {
        return Finding::Clear;
    }
    let mut missing = vec![facts::memory(window)];
    missing.retain(|evidence| evidence.stance == crate::verdict::Stance::Missing);
    missing.extend(facts::unseen(window));
    Finding::Insufficient { missing }
}

/// The engine's `OOMKilled`, seen after this end and not before it, with its caveat.
fn flag(window: &Window<'_>) -> Option<Evidence> {
    let end = window.death.ended_at;
    let dead = |seen: &&Observation| {
        matches!(
            seen.state,
            ContainerState::Exited | ContainerState::Restarting
        )
    };
    let observations = &window.death.observations;
    let after = observations
        .iter()
        .filter(dead)
        .find(|seen| seen.at >= end && seen.oom_killed)?;
    let before = observations
        .iter()
        .any(|seen| seen.at < end && seen.oom_killed);
    (!before).then(|| {
        facts::pro(
            EvidenceKind::EngineFlag,
            "inspect said OOMKilled; a killed child sets that too".to_owned(),
            Some(after.at),
        )
    })
}
