//! The state machine of one rule over one workload or source.
//!
//! Only what was seen moves it. Time in which nothing was seen, because the source was blind or nobody looked, is told as such and taken
//! out of every wait: it neither fires nor resolves anything.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{condition::Condition, rule::Rule};
use crate::Timestamp;

/// How a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Where it is.
    pub phase: Phase,
    /// The newest value that was seen, since it left [`Phase::Inactive`].
    pub value: Option<f64>,
    /// The value furthest on the side of interest since then.
    pub peak: Option<f64>,
}

/// Where a rule is. The moments are moved forward by time in which nothing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is the matter.
    Inactive,
    /// The condition holds, but not for long enough yet.
    Pending {
        /// Since when.
        since: Timestamp,
    },
    /// It is an alert.
    Firing {
        /// Since when; this one is never moved.
        since: Timestamp,
        /// Since when the condition has been clear.
        clear_since: Option<Timestamp>,
    },
}

/// What is known of the number a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// A value; of two since the last look, the one that the rule picks.
    Value(f64),
    /// We looked, and there is no such number: the container is not running, there is no limit, nothing grows.
    Absent,
    /// We could not see.
    Unknown,
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// How much of the time since the look before was not seen.
    pub blind: TimeDelta,
    /// Whether a deploy or an operator's stop was so recent that no alert begins.
    pub in_grace: bool,
    /// What was seen.
    pub reading: Reading,
}

/// What a look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The condition began to hold.
    Pending,
    /// It ceased to hold before it was an alert.
    Dropped,
    /// It is an alert from now on.
    Fired,
    /// It happened again while it was one.
    Again,
    /// It is over.
    Resolved,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            phase: Phase::Inactive,
            value: None,
            peak: None,
        }
    }
}

impl Standing {
    /// Whether it is an alert.
    pub const fn is_firing(&self) -> bool {
        matches!(self.phase, Phase::Firing { .. })
    }

    /// Takes a look and says what it changed.
    pub fn look(&mut self, rule: &Rule, look: Look) -> Option<Change> {
        self.not_seen(look.blind);
        if let Phase::Pending { since } = &mut self.phase
            && look.in_grace
        {
            // The wait begins when the grace is over.
            *since = look.at;
        }
        let (met, clear) = match (look.reading, &rule.condition) {
            (Reading::Unknown, _) => return None,
            (Reading::Absent, _) | (Reading::Value(_), Condition::Happens(_)) => (false, true),
            (Reading::Value(value), Condition::Threshold(threshold)) => {
                // What is not a number is nothing that was seen.
                if !value.is_finite() {
                    return None;
                }
                if self.phase != Phase::Inactive || threshold.is_met(value) {
                    self.value = Some(value);
                    self.peak = Some(self.peak.map_or(value, |peak| threshold.worse(peak, value)));
                }
                (threshold.is_met(value), threshold.is_clear(value))
            }
        };
        match &mut self.phase {
            Phase::Firing { clear_since, .. } => {
                if !clear {
                    *clear_since = None;
                    return None;
                }
                let since = *clear_since.get_or_insert(look.at);
                if look.at - since < rule.keep_firing() {
                    return None;
                }
                self.phase = Phase::Inactive;
                Some(Change::Resolved)
            }
            Phase::Pending { .. } if !met => {
                *self = Self::default();
                Some(Change::Dropped)
            }
            Phase::Pending { since } => {
                if look.in_grace || look.at - *since < rule.hold() {
                    return None;
                }
                self.phase = firing(look.at);
                Some(Change::Fired)
            }
            Phase::Inactive if !met => {
                *self = Self::default();
                None
            }
            Phase::Inactive if look.in_grace => {
                (self.value, self.peak) = (None, None);
                None
            }
            Phase::Inactive if rule.hold().is_zero() => {
                self.phase = firing(look.at);
                Some(Change::Fired)
            }
            Phase::Inactive => {
                self.phase = Phase::Pending { since: look.at };
                Some(Change::Pending)
            }
        }
    }

    /// Takes what happened in a moment; `None` when that is too soon after a deploy.
    pub fn happen(&mut self, at: Timestamp, in_grace: bool) -> Option<Change> {
        if in_grace {
            return None;
        }
        let change = match self.phase {
            Phase::Firing { since, clear_since } => {
                // Told late, an earlier one does not make it over sooner.
                let clear_since = clear_since.map_or(at, |before| before.max(at));
                self.phase = Phase::Firing {
                    since,
                    clear_since: Some(clear_since),
                };
                Change::Again
            }
            Phase::Inactive | Phase::Pending { .. } => {
                self.phase = Phase::Firing {
                    since: at,
                    clear_since: Some(at),
                };
                Change::Fired
            }
        };
        Some(change)
    }

    /// Takes time in which nothing was seen out of every wait.
    fn not_seen(&mut self, blind: TimeDelta) {
        if blind <= TimeDelta::zero() {
            return;
        }
        match &mut self.phase {
            Phase::Pending { since }
            | Phase::Firing {
                clear_since: Some(since),
                ..
            } => *since += blind,
            Phase::Inactive | Phase::Firing { .. } => {}
        }
    }
}

const fn firing(at: Timestamp) -> Phase {
    Phase::Firing {
        since: at,
        clear_since: None,
    }
}
