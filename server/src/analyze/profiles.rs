//! What the program in a container was doing, in memory until its run ends.

use domain::{
    Timestamp,
    profile::{Growth, Seen},
};

/// Profiles that are kept beside the first one of a run: that before the end is among them although the next run has begun.
const NEWEST: usize = 3;

/// Profiles of the present run, and the newest of the one before until its end is known. In order of time.
#[derive(Debug, Default)]
pub(super) struct Profiles(Vec<Seen>);

impl Profiles {
    /// Takes a profile. Of those between the first and the newest none is needed.
    pub(super) fn push(&mut self, seen: Seen) {
        self.0.push(seen);
        if self.0.len() > 1 + NEWEST {
            self.0.remove(1);
        }
    }

    /// What a run was doing before its end, beside what it did at first; `None` when it was never looked at. Profiles of it and of runs
    /// before it are let go of.
    pub(super) fn take(&mut self, started_at: Timestamp, ended_at: Timestamp) -> Option<Growth> {
        let over = self.0.partition_point(|seen| seen.at <= ended_at);
        let over: Vec<Seen> = self.0.drain(..over).collect();
        let run = &over[over.partition_point(|seen| seen.at <= started_at)..];
        match run {
            [] => None,
            [only] => Some(Growth::between(None, only)),
            [first, .., last] => Some(Growth::between(Some(first), last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::profile::Profile;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_timestamp(minute * 60, 0).expect("in range")
    }

    fn profiles(minutes: impl IntoIterator<Item = i64>) -> Profiles {
        let mut profiles = Profiles::default();
        for minute in minutes {
            let profile = Profile {
                total: minute.unsigned_abs(),
                stacks: Vec::new(),
            };
            let at = at(minute);
            profiles.push(Seen { at, profile });
        }
        profiles
    }

    fn looked_at(growth: Option<Growth>) -> Option<(Option<Timestamp>, Timestamp)> {
        growth.map(|growth| (growth.first_at, growth.last_at))
    }

    #[test]
    fn a_run_is_told_by_its_first_and_its_last_profile() {
        let mut profiles = profiles(1..=50);
        assert_eq!(profiles.0.len(), 4);
        let growth = profiles.take(at(0), at(50));
        assert_eq!(looked_at(growth), Some((Some(at(1)), at(50))));
        assert_eq!(profiles.take(at(0), at(50)), None, "it is told once");
    }

    #[test]
    fn the_next_run_may_have_begun() {
        let mut profiles = profiles([1, 20, 31]);
        let growth = profiles.take(at(0), at(30));
        assert_eq!(looked_at(growth), Some((Some(at(1)), at(20))));
        let next = profiles.take(at(30), at(40));
        assert_eq!(looked_at(next), Some((None, at(31))));
    }

    #[test]
    fn a_run_that_was_never_looked_at_has_none() {
        assert_eq!(profiles([1, 2]).take(at(5), at(9)), None);
    }
}
