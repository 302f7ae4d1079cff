//! What is remembered of each container between rounds.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::Observation,
    ids::EngineId,
    sample::Sample,
    workload::{ContainerSpec, ContainerState},
};
use tokio::time::Instant;

use super::aftermath::Aftermath;

/// From this share of its limit on, a container is sampled at every beat.
pub(crate) const ARM_AT: f64 = 0.80;
/// Below this share it no longer is. Lower, so that a saw tooth at the threshold does not switch with every reading.
pub(super) const DISARM_BELOW: f64 = 0.75;

/// A container that is listed, or that an event told about.
#[derive(Debug)]
pub(super) struct Known {
    /// Spreads calls about containers evenly over a round; the same for a container for ever.
    pub(super) hash: u64,
    /// The newest answer of inspect.
    pub(super) seen: Option<Observation>,
    /// Whether an inspect is under way or wanted.
    pub(super) look: Look,
    /// A stats call is under way.
    pub(super) sampling: bool,
    /// Close to its limit.
    pub(super) armed: bool,
    /// Kills of the kernel of which it was not seen what became of them.
    aftermath: Aftermath,
    /// When the newest reading of the present run came.
    read_at: Option<Instant>,
}

/// Whether a container is being inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing happened since the last inspect.
    Enough,
    /// It should be inspected in the next round.
    Wanted,
    /// An inspect is under way.
    UnderWay,
    /// An inspect is under way, and something has happened since it was sent.
    OnceMore,
}

impl Look {
    /// Whether an inspect is under way.
    pub(super) fn is_under_way(self) -> bool {
        matches!(self, Self::UnderWay | Self::OnceMore)
    }

    /// Something happened.
    pub(super) fn want(&mut self) {
        *self = if self.is_under_way() {
            Self::OnceMore
        } else {
            Self::Wanted
        };
    }

    /// Marks an inspect as sent. Not when one is under way; then one more is sent when it is back.
    pub(super) fn begin(&mut self) -> bool {
        if self.is_under_way() {
            *self = Self::OnceMore;
            return false;
        }
        *self = Self::UnderWay;
        true
    }

    /// An inspect is back. Whether one more must be sent.
    pub(super) fn end(&mut self) -> bool {
        std::mem::replace(self, Self::Enough) == Self::OnceMore
    }
}

impl Known {
    /// A container nobody has looked at yet.
    pub(super) fn new(id: &EngineId) -> Self {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            seen: None,
            look: Look::Enough,
            sampling: false,
            armed: false,
            aftermath: Aftermath::default(),
            read_at: None,
        }
    }

    /// What it is made from, once inspected.
    pub(super) fn spec(&self) -> Option<&ContainerSpec> {
        self.seen.as_ref().map(|seen| &seen.spec)
    }

    /// Whether it has processes to measure, as far as we know.
    pub(super) fn is_running(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| {
            matches!(seen.state, ContainerState::Running | ContainerState::Paused)
        })
    }

    /// Whether the list contradicts what inspect said last, so that it must be asked again.
    pub(super) fn contradicts(
        &self,
        listed: Option<ContainerState>,
        status: &str,
        now: Timestamp,
    ) -> bool {
        let Some(seen) = &self.seen else { return true };
        if listed.is_some_and(|listed| listed != seen.state) {
            return true;
        }
        // "Up 7 seconds" of a run that we think is old: there was a restart between two rounds, and its event was missed.
        let young = status.starts_with("Up") && status.contains("second");
        young
            && seen
                .started_at
                .is_some_and(|started| now - started > TimeDelta::seconds(90))
    }

    /// Takes an answer of inspect. Returns whether it shows a run we had not seen.
    pub(super) fn observe(&mut self, observation: Observation) -> bool {
        let before = self.seen.as_ref().and_then(|seen| seen.started_at);
        let new_run = observation.started_at != before;
        self.aftermath.seen(observation.at);
        self.seen = Some(observation);
        if !self.is_running() || new_run {
            self.armed = false;
            self.read_at = None;
        }
        new_run && self.is_running()
    }

    /// The kernel killed a process in it.
    pub(super) fn killed(&mut self, at: Timestamp) {
        self.aftermath.killed(at);
        // Events that were recovered may be older than what was seen since.
        if let Some(seen) = &self.seen {
            self.aftermath.seen(seen.at);
        }
    }

    /// Whether a look would tell now that it lived on after a kill. A look that is under way is waited for, and one that failed belongs to the
    /// next round: an engine that hangs is not asked at every beat.
    pub(super) fn may_have_lived_on(&self, now: Timestamp) -> bool {
        self.look == Look::Enough && self.is_running() && self.aftermath.is_due(now)
    }

    /// A reading came at `now`. Returns how much later than an interval after the one before it. `None` for the first of a run.
    pub(super) fn read_after(&mut self, now: Instant, interval: Duration) -> Option<Duration> {
        let before = self.read_at.replace(now)?;
        Some((now - before).saturating_sub(interval))
    }

    /// Takes a reading and arms or disarms.
    pub(super) fn measure(&mut self, sample: &Sample) {
        match sample.memory_ratio() {
            Some(ratio) if ratio >= ARM_AT => self.armed = true,
            Some(ratio) if ratio < DISARM_BELOW => self.armed = false,
            Some(_between) => {}
            None => self.armed = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::workload::WorkloadKey;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    fn running(started_at: i64) -> Observation {
        Observation {
            at: at(started_at),
            spec: ContainerSpec {
                id: EngineId::from("c0ffee"),
                workload: WorkloadKey {
                    group: String::new(),
                    name: "web".to_owned(),
                },
                image: String::new(),
                image_id: String::new(),
                created_at: None,
                limit_bytes: Some(100),
                restart_policy: String::new(),
                labels: domain::labels::Labels::default(),
            },
            state: ContainerState::Running,
            started_at: Some(at(started_at)),
            finished_at: None,
            exit_code: None,
            oom_killed: false,
            restart_count: Some(0),
        }
    }

    fn reading(working_set: u64) -> Sample {
        Sample {
            working_set_bytes: Some(working_set),
            limit_bytes: Some(100),
            ..Sample::empty(at(0))
        }
    }

    #[test]
    fn arms_at_eighty_percent_and_disarms_below_seventy_five() {
        let mut known = Known::new(&EngineId::from("c0ffee"));
        let armed: Vec<bool> = [79, 80, 76, 75, 74, 79, 95]
            .into_iter()
            .map(|working_set| {
                known.measure(&reading(working_set));
                known.armed
            })
            .collect();
        assert_eq!(armed, [false, true, true, true, false, false, true]);
    }

    #[test]
    fn a_death_or_a_new_run_disarms() {
        let mut known = Known::new(&EngineId::from("c0ffee"));
        assert!(known.observe(running(0)), "the first look shows a new run");
        known.measure(&reading(99));
        assert!(!known.observe(running(0)), "the same run");
        assert!(known.armed);
        assert!(known.observe(running(50)));
        assert!(!known.armed);
        known.measure(&reading(99));
        known.observe(Observation {
            state: ContainerState::Restarting,
            ..running(50)
        });
        assert!(!known.armed);
        assert!(!known.is_running());
    }

    #[test]
    fn after_a_kill_one_look_is_due_while_it_runs_and_none_is_on_its_way() {
        let mut known = Known::new(&EngineId::from("c0ffee"));
        known.killed(at(1));
        assert!(!known.may_have_lived_on(at(9)), "nobody has seen it run");
        known.observe(running(0));
        assert!(known.may_have_lived_on(at(9)));
        for look in [Look::Wanted, Look::UnderWay, Look::OnceMore] {
            known.look = look;
            assert!(!known.may_have_lived_on(at(9)), "{look:?}");
        }
        known.look = Look::Enough;
        known.observe(Observation {
            at: at(9),
            ..running(0)
        });
        assert!(!known.may_have_lived_on(at(60)));
        known.killed(at(4));
        assert!(
            !known.may_have_lived_on(at(60)),
            "it was told late and seen to live on before"
        );
        known.killed(at(60));
        known.observe(Observation {
            state: ContainerState::Exited,
            ..running(0)
        });
        assert!(!known.may_have_lived_on(at(99)), "its end was seen");
    }

    #[test]
    fn a_reading_lags_behind_the_one_before_it_in_the_same_run() {
        let interval = Duration::from_secs(10);
        let begun = Instant::now();
        let mut known = Known::new(&EngineId::from("c0ffee"));
        known.observe(running(0));
        let read = |known: &mut Known, second| {
            known.read_after(begun + Duration::from_secs(second), interval)
        };
        assert_eq!(read(&mut known, 3), None, "the first");
        assert_eq!(read(&mut known, 12), Some(Duration::ZERO));
        assert_eq!(read(&mut known, 25), Some(Duration::from_secs(3)));
        known.observe(running(30));
        assert_eq!(read(&mut known, 60), None, "the first of another run");
    }

    #[test]
    fn the_list_gives_away_a_restart_whose_event_was_missed() {
        let mut known = Known::new(&EngineId::from("c0ffee"));
        assert!(
            known.contradicts(Some(ContainerState::Running), "Up 2 hours", at(0)),
            "never inspected"
        );
        known.observe(running(0));
        assert!(!known.contradicts(
            Some(ContainerState::Running),
            "Up 2 hours (healthy)",
            at(7_200)
        ));
        assert!(!known.contradicts(Some(ContainerState::Running), "Up 50 seconds", at(50)));
        assert!(known.contradicts(Some(ContainerState::Running), "Up 7 seconds", at(7_200)));
        assert!(known.contradicts(
            Some(ContainerState::Running),
            "Up Less than a second",
            at(7_200)
        ));
        assert!(known.contradicts(
            Some(ContainerState::Exited),
            "Exited (0) 3 seconds ago",
            at(10)
        ));
    }
}
