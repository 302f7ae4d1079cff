//! What a program was doing when somebody looked: its goroutines by their stacks, and which of them became more.

mod goroutines;
mod growth;

use serde::{Deserialize, Serialize};

pub use self::{
    goroutines::goroutines,
    growth::{Grown, Growth},
};
use crate::{Timestamp, panic::Frame};

/// Stacks that are read of a profile, those of most goroutines first. A leak is among them long before it kills.
pub const MOST_STACKS: usize = 64;

/// Goroutines by their stacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// How many there are in all.
    pub total: u64,
    /// Their stacks, that of most goroutines first.
    pub stacks: Vec<Stack>,
}

impl Profile {
    /// About how much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        let frames = self.stacks.iter().flat_map(|stack| &stack.frames);
        let text =
            |frame: &Frame| frame.function.len() + frame.file.as_ref().map_or(0, String::len);
        frames
            .map(|frame| size_of::<Frame>() + text(frame))
            .sum::<usize>()
            + size_of::<Self>()
    }
}

/// Goroutines that all are at the same place, called the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// How many.
    pub count: u64,
    /// Where, the innermost function first.
    pub frames: Vec<Frame>,
}

/// A profile and when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When, by the engine's clock.
    pub at: Timestamp,
    /// What was seen.
    pub profile: Profile,
}
