//! What becomes of a container in which the kernel killed a process.
//!
//! Either its end follows within [`OOM_REACH`], or the kill was a child's. An end tells itself; that it lived on is known only once it was
//! seen to run after that time, and the usual look at it may be a minute away. So there is one look for it.

use domain::{Timestamp, ledger::OOM_REACH};

/// The kills in a container after which it was not looked at late enough.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aftermath {
    unseen: Option<Unseen>,
}

#[derive(Clone, Copy, Debug)]
struct Unseen {
    /// The kill that the next look is for. It stays when others follow, so that a container whose children die all the time is looked at,
    /// and so that two looks in [`OOM_REACH`] are enough: what a look leaves over came before it, and what the next one leaves over after it.
    waiting: Timestamp,
    newest: Timestamp,
}

impl Aftermath {
    /// The kernel killed a process.
    pub(super) fn killed(&mut self, at: Timestamp) {
        let before = self.unseen.unwrap_or(Unseen {
            waiting: at,
            newest: at,
        });
        self.unseen = Some(Unseen {
            newest: before.newest.max(at),
            ..before
        });
    }

    /// It was looked at.
    pub(super) fn seen(&mut self, at: Timestamp) {
        self.unseen = self
            .unseen
            .filter(|unseen| !tells_of(at, unseen.newest))
            .map(|unseen| Unseen {
                waiting: if tells_of(at, unseen.waiting) {
                    unseen.newest
                } else {
                    unseen.waiting
                },
                ..unseen
            });
    }

    /// Whether a look now would tell.
    pub(super) fn is_due(self, now: Timestamp) -> bool {
        self.unseen
            .is_some_and(|unseen| tells_of(now, unseen.waiting))
    }
}

/// Whether a look is late enough to tell what became of a kill.
fn tells_of(look: Timestamp, kill: Timestamp) -> bool {
    look >= kill + OOM_REACH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    #[test]
    fn one_look_that_is_late_enough_settles_a_kill() {
        let reach = OOM_REACH.num_milliseconds();
        let mut aftermath = Aftermath::default();
        assert!(!aftermath.is_due(at(reach)), "nothing was killed");
        aftermath.killed(at(0));
        assert!(!aftermath.is_due(at(reach - 1)));
        assert!(aftermath.is_due(at(reach)));
        aftermath.seen(at(reach - 1));
        assert!(aftermath.is_due(at(reach)), "it was looked at too early");
        aftermath.seen(at(reach));
        assert!(!aftermath.is_due(at(10 * reach)));
    }

    #[test]
    fn kills_without_a_pause_take_two_looks_in_their_reach_at_most() {
        let mut aftermath = Aftermath::default();
        let mut looks = Vec::new();
        for ms in (0..60_000).step_by(10) {
            // Nobody's children die after half a minute.
            if ms < 30_000 {
                aftermath.killed(at(ms));
            }
            if aftermath.is_due(at(ms)) {
                aftermath.seen(at(ms));
                looks.push(ms);
            }
        }
        let reach = OOM_REACH.num_milliseconds();
        assert!(looks.windows(3).all(|three| three[2] - three[0] > reach));
        assert!(looks.len() as i64 >= 30_000 / (reach + 10), "{looks:?}");
        let last = looks.last().expect("it was looked at");
        assert!(
            (29_990 + reach..30_000 + 2 * reach).contains(last),
            "{last}"
        );
    }
}
