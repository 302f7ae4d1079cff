//! The restart ledger: one entry for each run that ended, whatever the engine's own counter says.

mod change;

pub use change::{CameBack, DownRun, LedgerChange, OpenRun};
