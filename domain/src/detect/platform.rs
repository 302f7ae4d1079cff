//! The engine or its host ended it.

use super::{Finding, Window, facts};
use crate::{
    restart::RestartKind,
    verdict::{Confidence, EvidenceKind},
};

pub(super) fn detect(window: &Window<'_>) -> Finding {
    if window.death.kind != RestartKind::EngineRestart {
        return Finding::Clear;
    }
    let mut evidence = vec![facts::pro(
        EvidenceKind::Coverage,
        "the engine was away and none of its containers lived through it".to_owned(),
        window.death.gaps.first().map(|gap| gap.from),
    )];
    evidence.push(facts::exit(window));
    evidence.extend(facts::unseen(window));
    // Above an end that merely looks asked for: engines signal their containers when they go down.
    Finding::Found {
        confidence: Confidence::Confirmed,
        evidence,
    }
}
