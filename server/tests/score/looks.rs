//! What others see who look at the engine every ten seconds: the present state, and nothing of how it came about.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::Timestamp;
use simulator::{ContainerState, Death, RunningSimulator, Status};

/// How often they look.
const EVERY: TimeDelta = TimeDelta::seconds(10);
/// Looks are kept for as long as an end may need them.
const KEPT: TimeDelta = TimeDelta::seconds(60);

/// Looks at every container, from which the first after each end is kept.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    last_at: Option<Timestamp>,
    before: HashMap<String, ContainerState>,
    /// For each container and each change of its state: what was seen before and after.
    changes: HashMap<String, Vec<Change>>,
}

/// Two looks that differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) at: Timestamp,
    pub(crate) before: ContainerState,
    pub(crate) after: ContainerState,
}

impl Looks {
    /// Looks, when it is time.
    pub(crate) fn look(&mut self, simulator: &RunningSimulator, now: Timestamp) {
        if self.last_at.is_some_and(|last| now - last < EVERY) {
            return;
        }
        self.last_at = Some(now);
        for seen in simulator.samples() {
            let id = &seen.container.id;
            let Some(before) = self.before.insert(id.clone(), seen.state) else {
                continue;
            };
            if before != seen.state {
                self.changes.entry(id.clone()).or_default().push(Change {
                    at: now,
                    before,
                    after: seen.state,
                });
            }
        }
    }

    /// The first look at which the container was not as before, after this end. `None` when it was removed meanwhile.
    pub(crate) fn after(&self, death: &Death) -> Option<Change> {
        let changes = self.changes.get(&death.container_id)?;
        let first = changes.partition_point(|change| change.at < death.ended_at);
        changes
            .get(first)
            .filter(|change| change.at - death.ended_at <= KEPT)
            .copied()
    }
}

impl Change {
    /// Whether it was still down at the look: only then inspect tells how it ended.
    pub(crate) fn is_down(&self) -> bool {
        matches!(self.after.status, Status::Exited | Status::Restarting)
    }
}
