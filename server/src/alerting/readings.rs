//! What one look at all rules goes by.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{RestartId, RuleId, SourceId, WorkloadId},
    outlook::Outlook,
    sample::Sample,
};

use crate::store::alerts::{GoingOn, Kept, OpenAlert, Reason, Roster};

/// Everything that was read for one look.
#[derive(Debug, Default)]
pub struct Readings {
    /// Who there is.
    pub roster: Roster,
    /// Sources that are watched by this configuration; those of earlier ones only have a history.
    pub watched: HashSet<SourceId>,
    /// Samples since the last look, by workload; those of a workload that was not looked up are missing.
    pub samples: HashMap<WorkloadId, Vec<Sample>>,
    /// What is expected of the present runs; a run that was not judged yet is missing.
    pub outlooks: HashMap<WorkloadId, Outlook>,
    /// Restarts by rule and workload. A rule that is missing was not counted: nothing about it can have changed.
    pub counts: HashMap<RuleId, Counted>,
    /// Incidents that go on.
    pub incidents: GoingOn,
    /// Why the ends came about that alerts are about.
    pub reasons: HashMap<RestartId, Reason>,
}

/// Restarts in the window of a rule.
#[derive(Debug, Default)]
pub struct Counted {
    /// By workload; who has none is left out.
    pub by_workload: HashMap<WorkloadId, u32>,
    /// Whether every workload was counted, or only those with an alert.
    pub is_complete: bool,
    /// Those that the ledger has looked at meanwhile: it knows better.
    pub changed: HashSet<WorkloadId>,
}

impl Readings {
    /// Takes back what was counted `before` of alerts that the ledger has changed until `now`.
    pub fn not_counted_since(&mut self, before: &Kept, now: &Kept) {
        let known: HashMap<_, &OpenAlert> = before
            .open
            .iter()
            .map(|alert| ((alert.rule, alert.target), alert))
            .collect();
        for alert in &now.open {
            if let Some(counted) = self.counts.get_mut(&alert.rule)
                && known.get(&(alert.rule, alert.target)) != Some(&alert)
            {
                counted.changed.extend(alert.target.workload);
            }
        }
    }
}

/// When the look is taken, and how much before it was not seen.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Now.
    pub now: Timestamp,
    /// Since the last look.
    pub since_last: TimeDelta,
    /// Of that, what nobody watched because Inquest did not run.
    pub blind: TimeDelta,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::alerts::TargetKey;

    fn alert(workload: i64, value: f64) -> OpenAlert {
        let target = TargetKey {
            source: SourceId(1),
            workload: Some(WorkloadId(workload)),
        };
        let mut alert = OpenAlert::new(RuleId(1), target, Timestamp::UNIX_EPOCH);
        alert.standing.value = Some(value);
        alert
    }

    #[test]
    fn what_the_ledger_has_looked_at_meanwhile_is_not_counted() {
        let before = Kept {
            open: vec![alert(1, 3.0), alert(2, 3.0)],
            ..Kept::default()
        };
        let now = Kept {
            open: vec![alert(1, 3.0), alert(2, 4.0), alert(3, 3.0)],
            ..before.clone()
        };
        let mut readings = Readings {
            counts: HashMap::from([(RuleId(1), Counted::default())]),
            ..Readings::default()
        };
        readings.not_counted_since(&before, &now);
        let changed = &readings.counts[&RuleId(1)].changed;
        assert_eq!(*changed, HashSet::from([WorkloadId(2), WorkloadId(3)]));
    }
}
