//! The engine or its host ended it.

use super::{Finding, Window, facts};
use crate::{
    restart::RestartKind,
    verdict::{Confidence, EvidenceKind},
};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let confidence = if window.death.kind == RestartKind::EngineRestart {
        // Above an end that merely looks asked for: engines signal their containers when they go down.
        Confidence::Confirmed
    } else if window.death.lost_with_host {
        // Nothing started it again, which would show that the engine had been away: a job, or what somebody started later.
        Confidence::Probable
    } else {
        return Finding::Clear;
    };
    let mut evidence = vec![facts::pro(
        EvidenceKind::Coverage,
        "the engine was away and none of its containers lived through it".to_owned(),
        window.death.gaps.first().map(|gap| gap.from),
    )];
    evidence.push(facts::exit(window));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence,
        evidence,
    }
}
