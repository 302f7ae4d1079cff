//! From what sources say to what is kept: the recorder writes facts, feeds the ledger and has ends judged.

mod desk;
pub(crate) mod history;
pub mod metrics;
pub mod profiles;
mod recorder;
mod ring;
mod scene;
mod stalled;
mod window;
pub mod worker;

pub use recorder::Recorder;
pub use stalled::Stalled;
pub use worker::{Outlooks, Worker};
