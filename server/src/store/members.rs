//! Which containers a workload has had, remembered for a moment: a chart of the last hour is then drawn from memory alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::{ContainerKey, WorkloadId};

use super::{Store, containers::Resolved, error::StoreError};

/// A container that another server made known is missed for this long at most.
const FRESH: Duration = Duration::from_secs(5);
/// Above this, what is out of date is thrown away.
const MANY: usize = 4_096;

/// What was read recently.
#[derive(Debug, Default)]
pub(super) struct Members(Mutex<Known>);

/// When they were read, and the containers of a workload.
type Known = HashMap<i64, (Instant, Arc<[ContainerKey]>)>;

impl Members {
    /// Containers of a workload, the newest last, if they were read a moment ago.
    fn get(&self, workload: WorkloadId) -> Option<Arc<[ContainerKey]>> {
        let known = self.lock();
        let (read_at, containers) = known.get(&workload.0)?;
        (read_at.elapsed() < FRESH).then(|| Arc::clone(containers))
    }

    fn put(&self, workload: WorkloadId, containers: Arc<[ContainerKey]>) {
        let mut known = self.lock();
        if known.len() >= MANY {
            known.retain(|_, (read_at, _)| read_at.elapsed() < FRESH);
        }
        known.insert(workload.0, (Instant::now(), containers));
    }

    /// Takes note of a container: what was read before it belonged to its workload is out of date.
    pub(super) fn note(&self, resolved: Resolved) {
        let mut known = self.lock();
        let is_new = |(_, containers): &(Instant, Arc<[ContainerKey]>)| {
            !containers.contains(&resolved.container)
        };
        if known.get(&resolved.workload.0).is_some_and(is_new) {
            known.remove(&resolved.workload.0);
        }
    }

    // A panic while the lock was held leaves at worst an entry that is read again.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Every container a workload has had, the newest last. None when there is no such workload.
    pub(super) async fn members(
        &self,
        workload: WorkloadId,
    ) -> Result<Arc<[ContainerKey]>, StoreError> {
        if let Some(known) = self.members.get(workload) {
            return Ok(known);
        }
        let containers: Arc<[ContainerKey]> = self.containers().of_workload(workload).await?.into();
        // An id that nobody has must not take memory.
        if !containers.is_empty() {
            self.members.put(workload, Arc::clone(&containers));
        }
        Ok(containers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_container_is_not_missed() {
        let (members, workload) = (Members::default(), WorkloadId(1));
        members.put(workload, [ContainerKey(10)].into());
        let note = |container| {
            members.note(Resolved {
                workload,
                container: ContainerKey(container),
            });
        };
        note(10);
        assert_eq!(
            members.get(workload).as_deref(),
            Some(&[ContainerKey(10)][..])
        );
        note(11);
        assert_eq!(members.get(workload), None);
    }
}
