//! What the store keeps of the ledger: the changes it is told, and what it gives back when Inquest starts again.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    ids::EngineId,
    restart::{Restart, RestartKind},
    workload::ContainerSpec,
};

/// One change of the ledger. All changes are idempotent: writing one twice leaves what writing it once left.
#[derive(Clone, Debug, PartialEq)]
pub enum LedgerChange {
    /// A run began: kept as open, keyed `(container, started_at)`. Nothing happens when that run is known, open or ended.
    Began(OpenRun),
    /// A run ended. Closes the run (and makes it, when its beginning was never written), and writes the entry keyed
    /// `(container, run_started_at)`. An entry that exists is replaced: more has been learnt, such as how the next run began.
    Ended(Box<Restart>),
    /// A run that had stayed down was followed by another after all. Only `started_at`, `kind` and `next_image` of the entry change.
    CameBack(CameBack),
    /// A process in the container was killed for memory and the container lived on: a dated fact, not a restart.
    /// Keyed `(container, at)`.
    ChildOutOfMemory {
        /// In which container.
        container: EngineId,
        /// When the kernel's report came, by the engine's clock.
        at: Timestamp,
    },
}

/// A run that has not ended as far as we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// Whose run, and what it was made from.
    pub spec: ContainerSpec,
    /// When it began: as the source first told, and from then on its key.
    pub started_at: Timestamp,
    /// The engine's own restart counter as it was last read; tells how many lives were missed while nobody watched.
    pub restart_count: Option<u64>,
}

/// The newest entry of a workload that has stayed down so far (`started_at` is not set).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownRun {
    /// Whose run it was, and what it was made from.
    pub spec: ContainerSpec,
    /// When it had begun.
    pub run_started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Its exit code, when it was seen.
    pub exit_code: Option<i32>,
}

/// See [`LedgerChange::CameBack`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameBack {
    /// The container whose run had ended.
    pub container: EngineId,
    /// When that run had begun.
    pub run_started_at: Timestamp,
    /// When the next run of the workload began.
    pub started_at: Timestamp,
    /// How it came about.
    pub kind: RestartKind,
    /// The image of the next run, when it is another one.
    pub next_image: Option<String>,
}
