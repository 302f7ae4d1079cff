//! The pieces pages are made of.

pub mod bar;
pub mod cause;
pub mod chart;
pub mod confidence;
pub mod spark;
pub mod theme;
pub mod topbar;

pub use bar::MemoryBar;
pub use cause::{CauseLabel, CauseMark, Glyph, group_tone, tone};
pub use confidence::ConfidenceDots;
pub use spark::{Sparkline, Trend};
pub use theme::ThemeButton;
pub use topbar::TopBar;
