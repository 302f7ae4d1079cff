//! Why a verdict was replaced: something became known after it was given.

use serde::{Deserialize, Serialize};

use crate::verdict::{EvidenceKind, Stance, Verdict};

/// What became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RevisionReason {
    /// The kernel's OOM kill was told late.
    OomEvent,
    /// The run's log was read after the verdict.
    Log,
    /// It became known that a person or a tool had asked for it.
    OperatorEvent,
    /// Another image or specification took its place.
    Deploy,
    /// The health check's failures were told late.
    HealthCheck,
    /// Something else: events or states that came late, or a newer Inquest.
    Other,
}

impl RevisionReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::OomEvent,
        Self::Log,
        Self::OperatorEvent,
        Self::Deploy,
        Self::HealthCheck,
        Self::Other,
    ];

    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OomEvent => "oom_event",
            Self::Log => "log",
            Self::OperatorEvent => "operator_event",
            Self::Deploy => "deploy",
            Self::HealthCheck => "health_check",
            Self::Other => "other",
        }
    }

    /// Reads [`RevisionReason::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// What became known, as people read it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OomEvent => "the kernel's OOM kill was told late",
            Self::Log => "its log was read after the verdict",
            Self::OperatorEvent => "it became known that someone had asked for it",
            Self::Deploy => "another image or specification took its place",
            Self::HealthCheck => "its health check's failures were told late",
            Self::Other => "more became known",
        }
    }
}

/// Why `new` replaces `old`, or `None` when it says the same. The same cause just as sure is the same, unless the program's own words
/// are new.
pub fn reason(old: &Verdict, new: &Verdict) -> Option<RevisionReason> {
    let is_new = |kind| {
        new.evidence.iter().any(|evidence| {
            evidence.stance == Stance::For
                && evidence.kind == kind
                && !old.evidence.iter().any(|known| known.text == evidence.text)
        })
    };
    if (old.cause, old.confidence) == (new.cause, new.confidence) {
        return is_new(EvidenceKind::Log).then_some(RevisionReason::Log);
    }
    let reasons = [
        (EvidenceKind::OomEvent, RevisionReason::OomEvent),
        (EvidenceKind::Log, RevisionReason::Log),
        (EvidenceKind::Deploy, RevisionReason::Deploy),
        (EvidenceKind::OperatorEvent, RevisionReason::OperatorEvent),
        (EvidenceKind::HealthCheck, RevisionReason::HealthCheck),
    ];
    // A kill that is told late is someone's who asked; that nobody asked is told under the same kind.
    let asked =
        is_new(EvidenceKind::KillEvent) && new.cause.group() == crate::verdict::CauseGroup::Person;
    let known = reasons.into_iter().find(|(kind, _)| is_new(*kind));
    Some(match known {
        Some((_, reason)) => reason,
        None if asked => RevisionReason::OperatorEvent,
        None => RevisionReason::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Cause, Confidence, Evidence};

    fn verdict(cause: Cause, confidence: Confidence, kinds: &[EvidenceKind]) -> Verdict {
        let evidence = kinds.iter().map(|kind| Evidence {
            stance: Stance::For,
            kind: *kind,
            text: kind_text(*kind),
            at: None,
        });
        Verdict {
            cause,
            confidence,
            evidence: evidence.collect(),
        }
    }

    fn kind_text(kind: EvidenceKind) -> String {
        format!("{kind:?}")
    }

    #[test]
    fn the_reason_is_what_is_new() {
        use EvidenceKind::{ExitCode, Log, Memory, OomEvent};

        let killed = verdict(Cause::Killed, Confidence::Probable, &[ExitCode]);
        let oom = verdict(
            Cause::OutOfMemory,
            Confidence::Confirmed,
            &[OomEvent, ExitCode],
        );
        assert_eq!(reason(&killed, &oom), Some(RevisionReason::OomEvent));
        assert_eq!(reason(&killed, &killed), None);

        let crash = verdict(Cause::Crash, Confidence::Confirmed, &[ExitCode]);
        let told = verdict(Cause::Crash, Confidence::Confirmed, &[Log, ExitCode]);
        assert_eq!(reason(&crash, &told), Some(RevisionReason::Log));
        assert_eq!(reason(&told, &crash), None, "nothing is new");
        let memory = verdict(Cause::Crash, Confidence::Confirmed, &[ExitCode, Memory]);
        assert_eq!(reason(&crash, &memory), None);

        let surer = verdict(Cause::Killed, Confidence::Confirmed, &[ExitCode]);
        assert_eq!(reason(&killed, &surer), Some(RevisionReason::Other));
    }

    #[test]
    fn names_are_read_back() {
        for reason in RevisionReason::ALL {
            assert_eq!(RevisionReason::from_name(reason.name()), Some(reason));
        }
    }
}
