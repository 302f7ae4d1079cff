//! How much is measured.

use clap::ValueEnum;

use crate::fleet::{DAY_MS, HOUR_MS};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scale {
    /// 200 containers, 30 days: what the figures are about
    Full,
    /// 20 containers, 3 days: shows in two minutes that everything works
    Small,
}

/// What a scale means.
pub(crate) struct Plan {
    pub(crate) containers: usize,
    pub(crate) days: i64,
    /// Time whose polls come in one by one.
    pub(crate) live_ms: i64,
    pub(crate) chart_rounds: usize,
    pub(crate) cold_rounds: usize,
    pub(crate) overview_rounds: usize,
    /// Polls that come in while charts are asked for.
    pub(crate) incoming: i64,
    /// Workloads of a larger fleet, a day of which is loaded for its overview.
    pub(crate) grown: usize,
}

impl Scale {
    /// As in the results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Small => "small",
        }
    }

    pub(crate) const fn plan(self) -> Plan {
        match self {
            Self::Full => Plan {
                containers: 200,
                days: 30,
                live_ms: DAY_MS,
                chart_rounds: 10,
                cold_rounds: 3,
                overview_rounds: 15,
                incoming: 200,
                grown: 2_000,
            },
            Self::Small => Plan {
                containers: 20,
                days: 3,
                live_ms: 4 * HOUR_MS,
                chart_rounds: 2,
                cold_rounds: 1,
                overview_rounds: 3,
                incoming: 30,
                grown: 200,
            },
        }
    }
}
