//! Weighs what the detectors found.

use super::{DETECTORS, Finding, Window, facts};
use crate::verdict::{Cause, Confidence, Verdict};

/// The verdict on an end: the most confident finding, between equals the first in [`DETECTORS`]. Nothing found is [`Cause::Unknown`], with all
/// that was not seen.
pub fn judge(window: &Window<'_>) -> Verdict {
    let mut best: Option<Verdict> = None;
    let mut unseen = Vec::new();
    for detector in DETECTORS {
        match (detector.detect)(window) {
            Finding::Found {
                confidence,
                evidence,
            } => {
                if best
                    .as_ref()
                    .is_none_or(|best| confidence > best.confidence)
                {
                    best = Some(Verdict {
                        cause: detector.cause,
                        confidence,
                        evidence,
                    });
                }
            }
            Finding::Clear => {}
            Finding::Insufficient { missing } => unseen.extend(missing),
        }
    }
    let mut verdict = best.unwrap_or_else(|| Verdict {
        cause: Cause::Unknown,
        confidence: Confidence::Possible,
        evidence: std::iter::once(facts::exit(window))
            .chain(unseen)
            .chain(facts::unseen(window))
            .collect(),
    });
    say_once(&mut verdict);
    verdict
}

fn say_once(verdict: &mut Verdict) {
    let mut said = std::collections::BTreeSet::new();
    verdict
        .evidence
        .retain(|evidence| said.insert(evidence.text.clone()));
}
