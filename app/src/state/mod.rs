//! What outlives a page: the theme, and the stream of changes.

mod clock;
mod handover;
mod live;
mod theme;

pub use clock::now_ms;
pub use handover::Handover;
pub use live::{Change, Live, Status};
pub use theme::Theme;
