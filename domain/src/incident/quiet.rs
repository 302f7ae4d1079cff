//! How long it has to be quiet.

use chrono::TimeDelta;

use super::Incident;

/// If ends come at random with mean interval M, a pause of 3 M happens by chance one time in twenty: exp(-3).
const INTERVALS: i32 = 3;
/// Shorter pauses say nothing: back-off between restarts goes up to a minute (Docker) or five (Kubernetes).
const LEAST: TimeDelta = TimeDelta::minutes(15);
/// Longer ones keep an incident open that nobody remembers.
const MOST: TimeDelta = TimeDelta::hours(72);
/// After a single end nothing is known of intervals.
const SINGLE: TimeDelta = TimeDelta::hours(6);

impl Incident {
    /// How long after its last end it is over.
    pub fn quiet(&self) -> TimeDelta {
        match self.count {
            0 | 1 => SINGLE,
            count => {
                let mean = (self.last_at - self.began_at) / (count - 1) as i32;
                (mean * INTERVALS).clamp(LEAST, MOST)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::*;
    use crate::{
        Timestamp,
        incident::{IncidentState, Subject},
        verdict::Cause,
    };

    fn moment(minutes: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn incident(ends: &[i64]) -> Incident {
        let subject = Subject::Platform {
            cause: Cause::Platform,
        };
        let mut incident = Incident::open(subject, moment(ends[0]));
        for end in &ends[1..] {
            incident.add(moment(*end));
        }
        incident
    }

    #[rstest]
    #[case::single(&[0], 6 * 60)]
    #[case::loop_of_seconds(&[0, 0, 1, 1, 2], 15)]
    #[case::every_hour(&[0, 60, 120], 180)]
    #[case::every_two_days(&[0, 2 * 1440], 72 * 60)]
    fn quiet_follows_the_mean_interval(#[case] ends: &[i64], #[case] minutes: i64) {
        assert_eq!(incident(ends).quiet(), TimeDelta::minutes(minutes));
    }

    #[test]
    fn an_end_joins_until_it_was_quiet() {
        let incident = incident(&[1_000, 1_060, 1_120]);
        let takes = |at| incident.takes(&incident.subject, moment(at));
        assert!(takes(1_120 + 180) && !takes(1_120 + 181));
        assert!(takes(1_000 - 180) && !takes(1_000 - 181));
        assert!(!incident.is_over(moment(1_300)) && incident.is_over(moment(1_301)));
        let other = Subject::Platform {
            cause: Cause::NodeOutOfMemory,
        };
        assert!(!incident.takes(&other, moment(1_130)));
    }

    #[test]
    fn a_resolved_incident_takes_nothing_more() {
        let mut incident = incident(&[0, 60]);
        incident.state = IncidentState::Resolved;
        assert!(!incident.takes(&incident.subject.clone(), moment(61)));
        assert!(!incident.is_over(moment(10_000)));
    }

    #[test]
    fn the_order_in_which_ends_are_told_does_not_matter() {
        let (forth, back) = (incident(&[0, 60, 90]), incident(&[90, 0, 60]));
        assert_eq!(forth, back);
    }
}
