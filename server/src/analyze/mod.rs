//! From what sources say to what is kept: the recorder writes facts, feeds the ledger and has ends judged.

mod desk;
pub mod metrics;
pub mod recorder;
mod ring;
mod scene;
mod stalled;
mod window;

pub use recorder::Recorder;
pub use stalled::Stalled;
