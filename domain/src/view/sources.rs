//! Sources and how they are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::SourceId,
    source::{EngineInfo, SourceKind, SourceState},
};

/// One source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceRow {
    /// Opaque.
    pub id: SourceId,
    /// Its name in the configuration.
    pub name: String,
    /// What it speaks.
    pub kind: SourceKind,
    /// Where it listens.
    pub endpoint: String,
    /// How it is.
    pub state: SourceState,
    /// Since when it has been so.
    pub since: Option<DateTime<Utc>>,
    /// What failed and how to mend it; `null` when healthy.
    pub problem: Option<String>,
    /// What it says about itself; `null` when it never answered.
    pub engine: Option<EngineInfo>,
    /// When it last answered a poll.
    pub last_poll_at: Option<DateTime<Utc>>,
    /// How long that took, in milliseconds.
    pub last_poll_ms: Option<u64>,
    /// When the next try is due, while it does not answer.
    pub next_try_at: Option<DateTime<Utc>>,
    /// How often it is polled, in milliseconds.
    pub interval_ms: u64,
    /// Whether its event stream is open: causes are seen only there.
    pub events_connected: bool,
    /// Containers it has now.
    pub containers: u32,
    /// Of those, running.
    pub running: u32,
    /// Share of the last 24 h in which it was seen, 0 to 1.
    pub coverage_24h: Option<f64>,
}
