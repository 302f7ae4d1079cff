//! What an incident is about.

use serde::{Deserialize, Serialize};

use crate::{restart::Restart, verdict::Cause, workload::WorkloadKey};

/// What an incident is about. Restarts with the same subject belong together while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One workload that ends for one reason.
    Workload {
        /// Which.
        workload: WorkloadKey,
        /// Why.
        cause: Cause,
        /// Which fault, where the log named one: another panic is another matter.
        fault: Option<String>,
    },
    /// The engine or its host, with everything on it.
    Platform {
        /// Why: `platform` or `node_out_of_memory`.
        cause: Cause,
    },
}

impl Subject {
    /// What a restart is about, or `None` for what people did on purpose and jobs that ended well. `fault` is the fingerprint of the panic
    /// in its log.
    pub fn of(restart: &Restart, fault: Option<&str>) -> Option<Self> {
        restart
            .counts()
            .then(|| Self::new(restart.workload.clone(), restart.verdict.cause, fault))
    }

    /// What an end that counts is about.
    pub fn new(workload: WorkloadKey, cause: Cause, fault: Option<&str>) -> Self {
        match cause {
            Cause::Platform | Cause::NodeOutOfMemory => Self::Platform { cause },
            _ => Self::Workload {
                workload,
                cause,
                fault: fault
                    .filter(|_| matches!(cause, Cause::Crash | Cause::RuntimeOutOfMemory))
                    .map(str::to_owned),
            },
        }
    }

    /// Why.
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Workload { cause, .. } | Self::Platform { cause } => *cause,
        }
    }

    /// Which fault, where it is known.
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Workload { fault, .. } => fault.as_deref(),
            Self::Platform { .. } => None,
        }
    }

    /// Whether something about `other` is about this. A fault that is not known is not another fault: the log of one restart in a loop may
    /// be lost, and the log of the newest comes after its end.
    pub fn admits(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Workload {
                    workload,
                    cause,
                    fault,
                },
                Self::Workload {
                    workload: other_workload,
                    cause: other_cause,
                    fault: other_fault,
                },
            ) => {
                let same_fault = fault.is_none() || other_fault.is_none() || fault == other_fault;
                workload == other_workload && cause == other_cause && same_fault
            }
            (one, other) => one == other,
        }
    }

    /// Takes over the fault of something that it admits.
    pub(super) fn learn(&mut self, other: &Self) {
        if let (
            Self::Workload { fault, .. },
            Self::Workload {
                fault: Some(known), ..
            },
        ) = (self, other)
        {
            fault.get_or_insert_with(|| known.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn crash(fault: Option<&str>) -> Subject {
        let workload = WorkloadKey {
            group: String::new(),
            name: "web".to_owned(),
        };
        Subject::new(workload, Cause::Crash, fault)
    }

    #[rstest]
    #[case::both_unknown(None, None, true)]
    #[case::the_same(Some("go:v1:a"), Some("go:v1:a"), true)]
    #[case::another(Some("go:v1:a"), Some("go:v1:b"), false)]
    #[case::not_known_yet(Some("go:v1:a"), None, true)]
    #[case::known_now(None, Some("go:v1:a"), true)]
    fn a_fault_that_is_not_known_is_not_another(
        #[case] one: Option<&str>,
        #[case] other: Option<&str>,
        #[case] admits: bool,
    ) {
        assert_eq!(crash(one).admits(&crash(other)), admits);
    }

    #[test]
    fn the_first_fault_that_is_known_stays() {
        let mut subject = crash(None);
        for fault in [None, Some("go:v1:a"), None] {
            subject.learn(&crash(fault));
        }
        assert_eq!(subject.fault(), Some("go:v1:a"));
        assert!(!subject.admits(&crash(Some("go:v1:b"))));
    }

    #[test]
    fn only_programs_have_faults_and_a_host_has_no_workload() {
        let workload = WorkloadKey {
            group: String::new(),
            name: "web".to_owned(),
        };
        let of = |cause| Subject::new(workload.clone(), cause, Some("go:v1:a"));
        assert_eq!(of(Cause::OutOfMemory).fault(), None);
        assert_eq!(
            of(Cause::Platform),
            Subject::Platform {
                cause: Cause::Platform
            }
        );
        assert!(!of(Cause::Platform).admits(&of(Cause::NodeOutOfMemory)));
    }
}
