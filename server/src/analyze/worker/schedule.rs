//! Which run is judged when.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{ContainerKey, WorkloadId},
};

/// A course has sixty cells: with a sixtieth more of its age there is another one.
const SHARE: i32 = 60;
/// Judged no more often than this …
const LEAST: TimeDelta = TimeDelta::seconds(10);
/// … and no less often.
const MOST: TimeDelta = TimeDelta::minutes(30);

/// The runs that last, with the moment at which each is due.
#[derive(Debug, Default)]
pub(super) struct Schedule(HashMap<WorkloadId, Slot>);

#[derive(Debug)]
struct Slot {
    begin: Timestamp,
    due: Timestamp,
}

impl Schedule {
    /// Takes note of what runs. Of several runs of a workload the newest counts.
    pub(super) fn update(
        &mut self,
        lasting: &[(WorkloadId, ContainerKey, Timestamp)],
        now: Timestamp,
    ) {
        let mut newest = HashMap::with_capacity(lasting.len());
        for (workload, _, begin) in lasting {
            let known = newest.entry(*workload).or_insert(*begin);
            *known = (*known).max(*begin);
        }
        self.0
            .retain(|id, slot| newest.get(id) == Some(&slot.begin));
        for (workload, begin) in newest {
            self.0.entry(workload).or_insert(Slot { begin, due: now });
        }
    }

    /// When the present run of a workload began.
    pub(super) fn begin_of(&self, workload: WorkloadId) -> Option<Timestamp> {
        self.0.get(&workload).map(|slot| slot.begin)
    }

    /// Those that are due, the longest waiting first, at most so many.
    pub(super) fn due(&self, now: Timestamp, most: usize) -> Vec<WorkloadId> {
        let mut waiting: BinaryHeap<_> = self
            .0
            .iter()
            .filter(|(_, slot)| slot.due <= now)
            .map(|(id, slot)| Reverse((slot.due, *id)))
            .collect();
        std::iter::from_fn(|| waiting.pop())
            .take(most)
            .map(|Reverse((_, id))| id)
            .collect()
    }

    /// A run was judged; the next time is when there is more to judge by.
    pub(super) fn judged(&mut self, workload: WorkloadId, now: Timestamp, is_near: bool) {
        if let Some(slot) = self.0.get_mut(&workload) {
            let wait = if is_near {
                LEAST
            } else {
                ((now - slot.begin) / SHARE).clamp(LEAST, MOST)
            };
            slot.due = now + wait;
        }
    }

    /// How many runs last.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    fn lasting(runs: &[(i64, i64)]) -> Vec<(WorkloadId, ContainerKey, Timestamp)> {
        runs.iter()
            .map(|(id, begin)| (WorkloadId(*id), ContainerKey(*id), at(*begin)))
            .collect()
    }

    #[test]
    fn nobody_waits_for_ever() {
        let mut schedule = Schedule::default();
        let runs: Vec<_> = (0..100).map(|id| (id, 0)).collect();
        let mut seen = std::collections::HashSet::new();
        for round in 0..10 {
            let now = at(100_000 + round * 10);
            schedule.update(&lasting(&runs), now);
            let due = schedule.due(now, 10);
            assert_eq!(due.len(), 10);
            for id in due {
                schedule.judged(id, now, false);
                assert!(seen.insert(id), "judged twice before others once");
            }
        }
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn an_old_run_is_judged_rarely_and_one_near_its_limit_often() {
        let mut schedule = Schedule::default();
        let now = at(6_000);
        schedule.update(&lasting(&[(1, 0), (2, 0)]), now);
        schedule.judged(WorkloadId(1), now, false);
        schedule.judged(WorkloadId(2), now, true);
        assert_eq!(schedule.due(at(6_010), 9), [WorkloadId(2)]);
        assert_eq!(schedule.due(at(6_100), 9).len(), 2);
    }

    #[test]
    fn a_new_run_is_due_at_once() {
        let mut schedule = Schedule::default();
        schedule.update(&lasting(&[(1, 0)]), at(6_000));
        schedule.judged(WorkloadId(1), at(6_000), false);
        schedule.update(&lasting(&[(1, 6_005)]), at(6_010));
        assert_eq!(schedule.due(at(6_010), 9), [WorkloadId(1)]);
        schedule.update(&[], at(6_020));
        assert_eq!(schedule.len(), 0);
    }
}
