//! Do restarts follow memory at its limit, or does it only look so?

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    restart::Restart,
    stats::binomial,
    verdict::{EvidenceKind, Stance},
};

/// From this share on memory counts as at its limit. Polls of every 10 s saw 85.6 to 100 % before a slow leak was killed, armed ones 95 %.
pub const AT_LIMIT: f64 = 0.95;
/// A restart follows memory at its limit when that was so at most this long before, in seconds.
pub const WITHIN_S: i64 = 15;

/// How many restarts followed memory at its limit, against how many would by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correlation {
    /// Restarts that did: memory was at its limit within 15 s, or the kernel reported that it had been.
    pub followed: u32,
    /// Restarts of which that could be told.
    pub of: u32,
    /// The share of all moments at which a restart would have followed by chance.
    pub chance: f64,
    /// How likely that many would follow if restarts came at any moment.
    pub p_value: f64,
}

/// How long memory was seen, and for how long of that a restart would have followed it at its limit. In seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeAtLimit {
    /// Time with readings.
    pub seen_s: f64,
    /// Of this, time at the limit and the 15 s after.
    pub reached_s: f64,
}

impl TimeAtLimit {
    /// Adds up a series of `(when, share of the limit at most)`, the readings in order of time and each standing for `step_s`. Where
    /// nothing was read the share is `None`.
    pub fn of(readings: impl IntoIterator<Item = (Timestamp, Option<f64>)>, step_s: f64) -> Self {
        let mut time = Self::default();
        let mut reach: Option<Timestamp> = None;
        for (at, share) in readings {
            let Some(share) = share else { continue };
            time.seen_s += step_s;
            if share >= AT_LIMIT {
                reach = Some(at + chrono::TimeDelta::seconds(WITHIN_S));
            }
            if reach.is_some_and(|reach| at <= reach) {
                time.reached_s += step_s;
            }
        }
        time
    }
}

impl Correlation {
    /// Of the restarts of a workload. `None` when none of them can be told, or nothing was seen of the time around them.
    pub fn of(restarts: &[Restart], time: TimeAtLimit) -> Option<Self> {
        let told: Vec<bool> = restarts
            .iter()
            .filter(|restart| restart.counts())
            .filter_map(followed)
            .collect();
        if told.is_empty() || time.seen_s <= 0.0 {
            return None;
        }
        let (followed, of) = (
            told.iter().filter(|told| **told).count() as u32,
            told.len() as u32,
        );
        // Peaks between two readings are not seen. Each restart that followed one was preceded by at least that moment.
        let unseen_s = f64::from(followed) * WITHIN_S as f64;
        let chance = (time.reached_s.max(unseen_s) / time.seen_s).min(1.0);
        Some(Self {
            followed,
            of,
            chance,
            p_value: binomial::at_least(followed, of, chance),
        })
    }
}

/// Whether memory was at its limit before an end; `None` when that was not seen.
fn followed(restart: &Restart) -> Option<bool> {
    let reported =
        restart.verdict.evidence.iter().any(|evidence| {
            evidence.kind == EvidenceKind::OomEvent && evidence.stance == Stance::For
        });
    if reported {
        return Some(true);
    }
    let sample = restart.last_sample?;
    let fresh = restart.ended_at - sample.at <= chrono::TimeDelta::seconds(WITHIN_S);
    let ratio = sample.memory_ratio()?;
    fresh.then_some(ratio >= AT_LIMIT)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{
        restart::ended,
        sample::Sample,
        verdict::{Cause, Evidence},
    };

    fn moment(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// An end with the share of the limit in the last reading and how long before that was.
    fn end(percent: u64, before_s: i64, cause: Cause, evidence: &[Evidence]) -> Restart {
        let ended_at = moment(1_000);
        let mut entry = ended(moment(0), ended_at, cause);
        entry.verdict.evidence = evidence.to_vec();
        entry.last_sample = Some(Sample {
            working_set_bytes: Some(percent),
            limit_bytes: Some(100),
            ..Sample::empty(ended_at - TimeDelta::seconds(before_s))
        });
        entry
    }

    const DAY: TimeAtLimit = TimeAtLimit {
        seen_s: 86_400.0,
        reached_s: 345.6,
    };

    #[test]
    fn restarts_at_the_limit_are_no_chance() {
        let ends = vec![end(99, 8, Cause::OutOfMemory, &[]); 19];
        let said = Correlation::of(&ends, DAY).unwrap();
        assert_eq!((said.followed, said.of), (19, 19));
        assert!((said.chance - 0.004).abs() < 1e-9);
        assert!(said.p_value < 1e-40);
    }

    #[test]
    fn a_program_that_lives_at_its_limit_dies_there_by_chance() {
        let always = TimeAtLimit {
            seen_s: 86_400.0,
            reached_s: 82_000.0,
        };
        let ends = vec![end(98, 8, Cause::Crash, &[]); 5];
        assert!(Correlation::of(&ends, always).unwrap().p_value > 0.5);
    }

    #[test]
    fn what_was_not_seen_is_not_counted() {
        let report = Evidence {
            stance: Stance::For,
            kind: EvidenceKind::OomEvent,
            text: String::new(),
            at: None,
        };
        let ends = [
            end(20, 5, Cause::Crash, &[]),
            end(20, 300, Cause::Crash, &[]),
            end(8, 5, Cause::OutOfMemory, &[report]),
            end(99, 5, Cause::Stopped, &[]),
        ];
        let said = Correlation::of(&ends, DAY).unwrap();
        assert_eq!((said.followed, said.of), (1, 2));
        assert_eq!(Correlation::of(&ends[1..2], DAY), None);
        assert_eq!(Correlation::of(&ends, TimeAtLimit::default()), None);
    }

    #[test]
    fn time_at_the_limit_reaches_a_little_further() {
        let readings = [
            (0, Some(0.5)),
            (10, Some(0.99)),
            (20, Some(0.2)),
            (30, Some(0.3)),
            (40, None),
        ];
        let time = TimeAtLimit::of(readings.map(|(at, share)| (moment(at), share)), 10.0);
        assert_eq!((time.seen_s as i64, time.reached_s as i64), (40, 20));
    }
}
