//! What is known of one end, in pieces that a page puts together: the page of a restart, and that of an incident.
//!
//! All of them are for documents: the server alone renders them, so they hold no signals and cost the browser nothing.

pub mod chart;
pub mod correction;
pub mod excerpt;
pub mod frames;
pub mod goroutines;
pub mod log;
pub mod neighbours;
pub mod panic;
pub mod revisions;
pub mod verdict;
pub mod words;

pub use chart::BlackBoxChart;
pub use correction::{CorrectionForm, Corrections};
pub use excerpt::LogExcerpt;
pub use frames::Frames;
pub use goroutines::Goroutines;
pub use log::LogBlock;
pub use neighbours::Neighbours;
pub use panic::PanicBlock;
pub use revisions::Revisions;
pub use verdict::{EvidenceColumns, VerdictBlock};
