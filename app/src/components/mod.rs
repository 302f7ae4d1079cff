//! The pieces pages are made of.

pub mod bar;
pub mod cause;
pub mod chart;
pub mod confidence;
pub mod spark;

pub use bar::MemoryBar;
pub use cause::{CauseLabel, CauseMark, Glyph, group_tone, tone};
pub use confidence::ConfidenceDots;
pub use spark::{Sparkline, Trend};
