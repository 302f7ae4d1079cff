//! Its health check failed, and something had it ended for that.
//!
//! Docker itself ends nothing for its health; Swarm and tools that restart unhealthy containers do, through the API, as a person would. So what
//! tells is the order: unhealthy, then soon after asked to end. A person may have seen the same and acted, hence never more than probable.

use chrono::TimeDelta;

use super::{Finding, Window, facts, words};
use crate::verdict::{Confidence, Evidence, EvidenceKind};

/// Swarm acts within a second; tools look every 5 to 10 s. Later, it was rather a person.
const ACTED_WITHIN: TimeDelta = TimeDelta::seconds(30);

pub(super) fn detect(window: &Window<'_>) -> Finding {
    let Some(told) = told(window) else {
        return Finding::Clear;
    };
    let mut evidence = vec![told];
    evidence.extend(facts::asked(window));
    evidence.push(facts::exit(window));
    evidence.push(facts::missing(
        EvidenceKind::OperatorEvent,
        "the engine does not tell who asked: a person may have acted on the health check too"
            .to_owned(),
        None,
    ));
    evidence.extend(facts::unseen(window));
    Finding::Found {
        confidence: Confidence::Probable,
        evidence,
    }
}

/// That it was unhealthy just before it was asked to end.
pub(super) fn told(window: &Window<'_>) -> Option<Evidence> {
    let asked_at = window.death.asked.first()?;
    let unhealthy_at = facts::unhealthy(window, asked_at)?;
    let after = asked_at - unhealthy_at;
    (after <= ACTED_WITHIN).then(|| {
        facts::pro(
            EvidenceKind::HealthCheck,
            format!(
                "its health check failed {} before it was asked to end",
                words::duration(after)
            ),
            Some(unhealthy_at),
        )
    })
}
