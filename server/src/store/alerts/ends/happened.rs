//! What alert rules may be about, as the ledger tells it.

use domain::{
    Timestamp,
    alert::{Condition, Happening},
    ids::{ContainerKey, IncidentId, RestartId, RuleId, WorkloadId},
    verdict::{Cause, Confidence},
};

use super::super::words::Reason;

/// Something of a workload that a rule may be about.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Happened {
    /// Whose.
    pub(in crate::store) workload: WorkloadId,
    /// When.
    pub(in crate::store) at: Timestamp,
    /// What.
    pub(in crate::store) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum What {
    /// A run ended.
    End {
        /// The entry of the ledger.
        restart: RestartId,
        /// Why.
        cause: Cause,
        /// How sure that is.
        confidence: Confidence,
        /// The sentence that speaks loudest for it.
        evidence: Option<String>,
        /// Whether it counts as a restart.
        counts: bool,
        /// Fingerprint and message of the panic in its log, when the workload has not had that one before.
        new_fault: Option<(String, String)>,
        /// Where it is filed; `None` for what people did on purpose.
        filed: Option<Filed>,
    },
    /// A process in a container was killed for memory.
    ChildOutOfMemory,
    /// A deploy was found not to have mended what it came after.
    FixFailed {
        /// The container that it came with.
        container: ContainerKey,
        /// What was found, in a sentence.
        text: String,
    },
}

/// The incident of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Filed {
    /// Which.
    pub(in crate::store) incident: IncidentId,
    /// Whether it is about the engine or its host.
    pub(in crate::store) is_of_platform: bool,
    /// Whether the end is the first that was put into it.
    pub(in crate::store) is_first: bool,
}

impl What {
    /// The incident that it was put into.
    pub(super) const fn filed(&self) -> Option<Filed> {
        match self {
            Self::End { filed, .. } => *filed,
            _ => None,
        }
    }
}

impl Happened {
    /// Whether a rule about what happens in a moment is about this.
    pub(super) fn is(&self, happening: &Happening) -> bool {
        match (happening, &self.what) {
            (Happening::Restart(causes), What::End { cause, counts, .. }) => {
                causes.take(*cause, *counts)
            }
            (Happening::NewPanic, What::End { new_fault, .. }) => new_fault.is_some(),
            // Those of an engine or its host are about the source, whosever end it was.
            (Happening::IncidentOpened, What::End { filed, .. }) => {
                filed.is_some_and(|filed| filed.is_first && !filed.is_of_platform)
            }
            (Happening::ChildOutOfMemory, What::ChildOutOfMemory)
            | (Happening::FixFailed, What::FixFailed { .. }) => true,
            _ => false,
        }
    }

    /// What a rule says once of it, however often the ledger is told.
    pub(super) fn key(&self, rule: RuleId, condition: &Condition) -> String {
        let what = match (&self.what, condition) {
            (
                What::End {
                    new_fault: Some((fingerprint, _)),
                    ..
                },
                Condition::Happens(Happening::NewPanic),
            ) => format!("fault-{}-{fingerprint}", self.workload),
            (
                What::End {
                    filed: Some(filed), ..
                },
                Condition::Happens(Happening::IncidentOpened),
            ) => format!("incident-{}", filed.incident),
            (What::End { restart, .. }, _) => format!("restart-{restart}"),
            (What::FixFailed { container, .. }, _) => format!("proof-{}", container.0),
            (What::ChildOutOfMemory, _) => {
                format!("child-{}-{}", self.workload, self.at.timestamp_micros())
            }
        };
        format!("rule-{rule}-{what}")
    }

    /// Why a rule is said to have fired.
    pub(super) fn reason(&self, condition: &Condition) -> Reason {
        match &self.what {
            What::End {
                cause,
                confidence,
                evidence,
                new_fault,
                filed,
                ..
            } => {
                let fault = new_fault.as_ref().map(|(_, message)| message.clone());
                let is_about_faults = matches!(condition, Condition::Happens(Happening::NewPanic));
                Reason {
                    cause: Some((*cause, *confidence)),
                    evidence: fault
                        .filter(|_| is_about_faults)
                        .or_else(|| evidence.clone()),
                    incident: filed.map(|filed| filed.incident),
                }
            }
            What::FixFailed { text, .. } => Reason {
                evidence: Some(text.clone()),
                ..Reason::default()
            },
            What::ChildOutOfMemory => Reason {
                cause: Some((Cause::ChildOutOfMemory, Confidence::Confirmed)),
                ..Reason::default()
            },
        }
    }
}
