//! Why a run ended: one file per cause, each of which looks at the same [`Window`], and an [`arbiter`] that weighs what they found.
//!
//! To add a cause, write a file with a `detect` function and name it in [`DETECTORS`].

pub mod arbiter;
mod child_out_of_memory;
mod completed;
mod crash;
mod deployed;
mod facts;
mod failed_probe;
mod killed;
pub mod memory;
mod node_out_of_memory;
mod out_of_memory;
mod platform;
mod runtime_out_of_memory;
mod stopped;
mod window;
pub mod words;

pub use arbiter::judge;
pub use window::Window;

use crate::verdict::{Cause, Confidence, Evidence};

/// What a detector says about its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was this.
    Found {
        /// How sure that is.
        confidence: Confidence,
        /// Everything that was weighed, the strongest first.
        evidence: Vec<Evidence>,
    },
    /// It was not this.
    Clear,
    /// It may have been this; what would tell was not seen.
    Insufficient {
        /// What was not seen.
        missing: Vec<Evidence>,
    },
}

/// A cause with the function that looks for it.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// The cause it looks for.
    pub cause: Cause,
    /// Looks at a window.
    pub detect: fn(&Window<'_>) -> Finding,
}

/// Every detector. Between findings of the same confidence the first one wins.
pub const DETECTORS: [Detector; 11] = [
    Detector {
        cause: Cause::Platform,
        detect: platform::detect,
    },
    Detector {
        cause: Cause::Deployed,
        detect: deployed::detect,
    },
    Detector {
        cause: Cause::FailedProbe,
        detect: failed_probe::detect,
    },
    Detector {
        cause: Cause::Stopped,
        detect: stopped::detect,
    },
    Detector {
        cause: Cause::OutOfMemory,
        detect: out_of_memory::detect,
    },
    Detector {
        cause: Cause::NodeOutOfMemory,
        detect: node_out_of_memory::detect,
    },
    Detector {
        cause: Cause::RuntimeOutOfMemory,
        detect: runtime_out_of_memory::detect,
    },
    Detector {
        cause: Cause::ChildOutOfMemory,
        detect: child_out_of_memory::detect,
    },
    Detector {
        cause: Cause::Crash,
        detect: crash::detect,
    },
    Detector {
        cause: Cause::Completed,
        detect: completed::detect,
    },
    Detector {
        cause: Cause::Killed,
        detect: killed::detect,
    },
];
