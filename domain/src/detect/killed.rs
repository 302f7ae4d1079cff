//! It got SIGKILL, and nothing says from whom: `kill -9` on the host or inside, systemd-oomd, a host without memory.

use super::{Finding, Window, facts, memory::Approach, words};
use crate::verdict::{Confidence, Evidence, EvidenceKind, Stance};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let death = window.death;
    if death.exit_code != Some(Window::SIGKILLED) || window.was_asked() || !death.ooms.is_empty() {
        return Finding::Clear;
    }
    let approach = Approach::of(window.samples, death.ended_at);
    let below = approach.filter(|approach| !approach.would_reach_limit());
    let far = below.filter(|approach| approach.ratio < facts::NEAR_LIMIT);
    // Every kill by the kernel that was measured was reported: below the limit, however near, it was somebody else's.
    let confidence =
        if window.saw_everything() && below.is_some() && facts::limit_was_hit(window).is_none() {
            Confidence::Probable
        } else {
            Confidence::Possible
        };
    let mut evidence = vec![facts::exit(window)];
    evidence.extend(facts::not_asked(window));
    if window.saw_everything() {
        evidence.push(facts::pro(
            EvidenceKind::OomEvent,
            "no OOM kill was reported".to_owned(),
            None,
        ));
    }
    evidence.push(memory(window, far));
    evidence.extend(facts::flag_with_end(window).map(Evidence::against));
    evidence.extend(facts::survived_ooms(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}

/// Memory far from the limit speaks for somebody else's kill, near it against.
fn memory(window: &Window<'_>, far: Option<Approach>) -> Evidence {
    let Some(far) = far else {
        let mut evidence = facts::memory(window);
        if evidence.stance == Stance::For {
            evidence.stance = Stance::Against;
        }
        return evidence;
    };
    facts::pro(
        EvidenceKind::Memory,
        format!(
            "memory was at {} of {} {} before the end",
            words::percent(far.ratio),
            words::bytes(far.limit),
            words::duration(far.before)
        ),
        Some(far.at),
    )
}
