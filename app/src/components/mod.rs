//! The pieces pages are made of.

pub mod bar;
pub mod cause;
pub mod chart;
pub mod confidence;
pub mod empty;
pub mod fact;
pub mod failure;
pub mod notice;
pub mod skeleton;
pub mod spark;
pub mod tabs;
pub mod theme;
pub mod time;
pub mod topbar;

pub use bar::MemoryBar;
#[cfg(feature = "ssr")]
pub use bar::ShareBar;
pub use cause::{CauseLabel, CauseMark, Glyph, group_tone, tone};
pub use confidence::ConfidenceDots;
pub use empty::Empty;
pub use fact::Fact;
pub use failure::Failure;
pub use notice::Notice;
pub use skeleton::Skeleton;
pub use spark::{Sparkline, Trend};
pub use tabs::{Tab, WorkloadTabs};
pub use theme::ThemeButton;
pub use time::Ago;
pub use topbar::TopBar;
