//! A program that ends in a panic or an uncaught exception.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::{Farewell, Happening};
use crate::quantity::Nanos;

/// Crashes at each beat, the way its language does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crash {
    pub(crate) when: When,
    language: Language,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Language {
    Go,
    Rust,
    Java,
    Node,
    /// V8 gives up on its heap.
    NodeHeap,
    /// An exit code of the program's own, with nothing in its log that tells why.
    Silent,
}

impl Acts for Crash {
    fn next(&self, beat: &Beat, _life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        let (code, log) = match self.language {
            Language::Go => (2, Farewell::GoPanic),
            Language::Rust => (101, Farewell::RustPanic),
            Language::Java => (3, Farewell::JavaHeap),
            Language::Node => (1, Farewell::NodeException),
            Language::NodeHeap => (134, Farewell::NodeHeap),
            Language::Silent => (70, Farewell::Silent),
        };
        Some((
            beat.next_after(after)?,
            Happening::Exit {
                code,
                log,
                again_after_ms: None,
            },
        ))
    }
}
