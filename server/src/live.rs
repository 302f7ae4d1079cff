//! What browsers are told over the one SSE stream: that something changed, and what. They fetch the data themselves.

use domain::{
    Timestamp,
    ids::{IncidentId, RestartId, SourceId, WorkloadId},
};
use serde::Serialize;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use tokio::sync::broadcast;

/// Something browsers may want to fetch again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// New samples of a source are stored.
    Poll {
        /// Which source.
        source: SourceId,
        /// Its tick.
        at: Timestamp,
    },
    /// A ledger entry was written or completed.
    Restart {
        /// Whose.
        workload: WorkloadId,
        /// Which.
        restart: RestartId,
        /// When the run ended.
        at: Timestamp,
    },
    /// A dated fact other than a restart: child OOM, deploy, gap.
    Timeline {
        /// Whose; `None` when it concerns a whole source.
        workload: Option<WorkloadId>,
        /// When.
        at: Timestamp,
    },
    /// An incident was opened, has grown, or somebody or the time changed it.
    Incident {
        /// Which.
        incident: IncidentId,
        /// When.
        at: Timestamp,
    },
    /// An alert began, ended, was held back, taken or told.
    Alert {
        /// How many fire now and are not held back.
        firing: u32,
    },
    /// A source changed its state.
    Source {
        /// Which.
        source: SourceId,
    },
}

impl LiveEvent {
    /// The name of the event in the stream; the same as `type` in its data.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Poll { .. } => "poll",
            Self::Restart { .. } => "restart",
            Self::Timeline { .. } => "timeline",
            Self::Incident { .. } => "incident",
            Self::Alert { .. } => "alert",
            Self::Source { .. } => "source",
        }
    }
}

/// The channel between the recorder and every open browser, and what every page says. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<LiveEvent>,
    firing: Arc<AtomicU32>,
}

impl Live {
    /// How many events a slow browser may lag behind before it is told to fetch everything anew.
    const CAPACITY: usize = 1_024;

    /// Tells every open browser. Nobody listening is no error.
    pub fn publish(&self, event: LiveEvent) {
        let _nobody_listens = self.sender.send(event);
    }

    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.sender.subscribe()
    }

    /// How many alerts fire and are not held back, as far as was last asked.
    pub fn firing(&self) -> u32 {
        self.firing.load(Ordering::Relaxed)
    }

    /// Remembers that.
    pub fn set_firing(&self, firing: u32) {
        self.firing.store(firing, Ordering::Relaxed);
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(Self::CAPACITY),
            firing: Arc::default(),
        }
    }
}
