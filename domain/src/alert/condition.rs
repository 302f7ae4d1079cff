//! What a rule looks at.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::quantity::Quantity;
use crate::verdict::{Cause, CauseGroup};

/// What makes an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A number beyond a threshold, for as long as it is.
    Threshold(Threshold),
    /// Something that happens in a moment. Its alert ends when it has not happened again for a while.
    Happens(Happening),
}

/// A number, and where it begins and ceases to be of interest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Which number.
    pub signal: Signal,
    /// On which side of the threshold it is of interest.
    pub side: Side,
    /// From here on it is of interest, this value included.
    pub raise: f64,
    /// From here on it no longer is: below `raise` for [`Side::Above`], this value not included. Between the two, what was stays.
    pub clear: f64,
}

/// On which side of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// At least that much.
    Above,
    /// At most that much.
    Below,
}

/// Which of the readings since the last look counts. There is no average, which would hide a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The one furthest on the side of interest.
    Extreme,
    /// The newest.
    Last,
}

/// A number that rules look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Working set ÷ limit.
    MemoryRatio(Pick),
    /// Working set in bytes.
    MemoryWorkingSetBytes(Pick),
    /// Goroutines, tasks or threads.
    Tasks(Pick),
    /// Growth of the working set that has been found, in bytes per hour.
    MemoryGrowth,
    /// Growth of the task count that has been found, per hour.
    TaskGrowth,
    /// Most likely time until memory meets its limit, in seconds.
    TimeToLimit,
    /// Restarts within a window that ends now.
    Restarts {
        /// With these causes.
        causes: Causes,
        /// Its length in seconds.
        window_s: i64,
    },
    /// 1 when the source does not answer or refuses us, else 0. About sources.
    SourceUnreachable,
    /// 1 while something of a source is not seen or not kept, else 0. About sources.
    CoverageLost,
}

/// Something that happens in a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A run ended with one of these causes.
    Restart(Causes),
    /// A process in a container was killed for memory, and the container lived on.
    ChildOutOfMemory,
    /// A workload crashed with a fault that it has not had before.
    NewPanic,
    /// An incident was opened.
    IncidentOpened,
    /// What a deploy was to mend happened again.
    FixFailed,
}

/// Causes of restarts; empty for all that count as restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Causes(BTreeSet<Cause>);

impl Causes {
    /// Exactly these.
    pub fn of(causes: impl IntoIterator<Item = Cause>) -> Self {
        Self(causes.into_iter().collect())
    }

    /// Whether an entry of the ledger is one of them. What people did on purpose is so only when it was named.
    pub fn take(&self, cause: Cause, counts: bool) -> bool {
        if self.0.is_empty() {
            counts
        } else {
            self.0.contains(&cause)
        }
    }

    /// Whether it is about all causes.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// The causes that were named.
    pub fn iter(&self) -> impl Iterator<Item = Cause> {
        self.0.iter().copied()
    }

    /// Reads the name of a cause, or of a group for all its causes.
    pub(super) fn read(name: &str) -> Result<Vec<Cause>, String> {
        let group = match name {
            "memory" => Some(CauseGroup::Memory),
            "program" => Some(CauseGroup::Program),
            "person" => Some(CauseGroup::Person),
            _ => None,
        };
        if let Some(group) = group {
            let causes = Cause::ALL.into_iter();
            return Ok(causes.filter(|cause| cause.group() == group).collect());
        }
        Cause::from_name(name)
            .map(|cause| vec![cause])
            .ok_or_else(|| {
                let known: Vec<&str> = Cause::ALL.into_iter().map(Cause::name).collect();
                format!(
                    "`{name}` is no cause; known are memory, program, person, and {}",
                    known.join(", ")
                )
            })
    }

    pub(super) fn written(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|cause| cause.name()).collect();
        names.join(", ")
    }
}

impl Threshold {
    /// Whether a value is of interest.
    pub fn is_met(&self, value: f64) -> bool {
        match self.side {
            Side::Above => value >= self.raise,
            Side::Below => value <= self.raise,
        }
    }

    /// Whether a value no longer is.
    pub fn is_clear(&self, value: f64) -> bool {
        match self.side {
            Side::Above => value < self.clear,
            Side::Below => value > self.clear,
        }
    }

    /// The one of two values that is further on the side of interest.
    pub fn worse(&self, a: f64, b: f64) -> f64 {
        match self.side {
            Side::Above => a.max(b),
            Side::Below => a.min(b),
        }
    }
}

impl Signal {
    /// What it measures.
    pub const fn quantity(&self) -> Quantity {
        match self {
            Self::MemoryRatio(_) => Quantity::Ratio,
            Self::MemoryWorkingSetBytes(_) => Quantity::Bytes,
            Self::Tasks(_)
            | Self::Restarts { .. }
            | Self::SourceUnreachable
            | Self::CoverageLost => Quantity::Count,
            Self::MemoryGrowth => Quantity::BytesPerHour,
            Self::TaskGrowth => Quantity::CountPerHour,
            Self::TimeToLimit => Quantity::Seconds,
        }
    }

    /// Whether it is one of a source, not of a workload.
    pub const fn is_of_source(&self) -> bool {
        matches!(self, Self::SourceUnreachable | Self::CoverageLost)
    }

    /// The window over which restarts are counted.
    pub const fn window(&self) -> Option<TimeDelta> {
        match self {
            Self::Restarts { window_s, .. } => Some(TimeDelta::seconds(*window_s)),
            _ => None,
        }
    }
}

impl Condition {
    /// Whether it is about sources, not about workloads.
    pub const fn is_of_source(&self) -> bool {
        match self {
            Self::Threshold(threshold) => threshold.signal.is_of_source(),
            Self::Happens(_) => false,
        }
    }

    /// The threshold, if it has one.
    pub const fn threshold(&self) -> Option<&Threshold> {
        match self {
            Self::Threshold(threshold) => Some(threshold),
            Self::Happens(_) => None,
        }
    }
}
