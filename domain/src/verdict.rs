//! Why a run ended: cause, confidence and the evidence for and against.

use serde::{Deserialize, Serialize};

use chrono::{DateTime, Utc};

/// Why a run ended, or a process in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Cause {
    /// The kernel killed it for reaching its own memory limit.
    OutOfMemory,
    /// The kernel killed it because the host or a parent cgroup had no memory left.
    NodeOutOfMemory,
    /// A process in the container was killed for memory, but not the main one: the container lived on, or ended by itself upon it.
    ChildOutOfMemory,
    /// The program's own heap was exhausted below the container's limit.
    RuntimeOutOfMemory,
    /// The program failed: panic, uncaught exception, fatal signal, exit code other than zero.
    Crash,
    /// The program ended by itself with exit code zero.
    Completed,
    /// A person or a tool stopped, restarted or killed it through the engine's API.
    Stopped,
    /// It was replaced by a new image or specification.
    Deployed,
    /// A health check had it killed.
    FailedProbe,
    /// The engine, the host or an eviction ended it.
    Platform,
    /// It got SIGKILL, and nothing says from whom.
    Killed,
    /// The evidence does not say.
    Unknown,
}

/// The four questions people ask, and the honest fifth answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CauseGroup {
    /// Was it memory?
    Memory,
    /// Was it the program?
    Program,
    /// Was it a person?
    Person,
    /// Was it the platform?
    Platform,
    /// Not known.
    Unknown,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 12] = [
        Self::OutOfMemory,
        Self::NodeOutOfMemory,
        Self::ChildOutOfMemory,
        Self::RuntimeOutOfMemory,
        Self::Crash,
        Self::Completed,
        Self::Stopped,
        Self::Deployed,
        Self::FailedProbe,
        Self::Platform,
        Self::Killed,
        Self::Unknown,
    ];

    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfMemory => "out_of_memory",
            Self::NodeOutOfMemory => "node_out_of_memory",
            Self::ChildOutOfMemory => "child_out_of_memory",
            Self::RuntimeOutOfMemory => "runtime_out_of_memory",
            Self::Crash => "crash",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Deployed => "deployed",
            Self::FailedProbe => "failed_probe",
            Self::Platform => "platform",
            Self::Killed => "killed",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`Cause::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// The words people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OutOfMemory => "Out of memory",
            Self::NodeOutOfMemory => "Host out of memory",
            Self::ChildOutOfMemory => "Child out of memory",
            Self::RuntimeOutOfMemory => "Heap exhausted",
            Self::Crash => "Crash",
            Self::Completed => "Completed",
            Self::Stopped => "Stopped by operator",
            Self::Deployed => "Deployed",
            Self::FailedProbe => "Failed probe",
            Self::Platform => "Platform",
            Self::Killed => "Killed",
            Self::Unknown => "Unknown",
        }
    }

    /// Which of the four questions it answers.
    pub const fn group(self) -> CauseGroup {
        match self {
            Self::OutOfMemory
            | Self::NodeOutOfMemory
            | Self::ChildOutOfMemory
            | Self::RuntimeOutOfMemory => CauseGroup::Memory,
            Self::Crash | Self::Completed | Self::FailedProbe => CauseGroup::Program,
            Self::Stopped | Self::Deployed => CauseGroup::Person,
            Self::Platform => CauseGroup::Platform,
            Self::Killed | Self::Unknown => CauseGroup::Unknown,
        }
    }
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Confidence {
    /// One of several readings of the evidence.
    Possible,
    /// The best reading; something that would settle it was not seen.
    Probable,
    /// Direct evidence, and none against.
    Confirmed,
}

impl Confidence {
    /// The name in the API and the database, and the word people read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Confirmed => "confirmed",
        }
    }

    /// Reads [`Confidence::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Possible, Self::Probable, Self::Confirmed]
            .into_iter()
            .find(|confidence| confidence.name() == name)
    }
}

/// Whether a piece of evidence supports the cause, speaks against it, or should be there and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Stance {
    /// Supports the cause.
    For,
    /// Speaks against it.
    Against,
    /// Would have helped, and was not seen.
    Missing,
}

/// What a piece of evidence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EvidenceKind {
    /// The engine's `oom` event.
    OomEvent,
    /// The exit code and its signal.
    ExitCode,
    /// A signal sent through the engine's API.
    KillEvent,
    /// An operator's stop or restart.
    OperatorEvent,
    /// Memory before the end.
    Memory,
    /// Image or specification changed.
    Deploy,
    /// What inspect said.
    EngineFlag,
    /// The engine's health check.
    HealthCheck,
    /// What the program wrote.
    Log,
    /// Whether we could see.
    Coverage,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// Which way it points.
    pub stance: Stance,
    /// What it is about.
    pub kind: EvidenceKind,
    /// The sentence people read: what was seen, with numbers.
    pub text: String,
    /// When it was seen.
    pub at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// The same, speaking against.
    pub(crate) fn against(self) -> Self {
        Self {
            stance: Stance::Against,
            ..self
        }
    }
}

/// What we conclude about the end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Why it ended.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// Everything that was weighed.
    pub evidence: Vec<Evidence>,
}
