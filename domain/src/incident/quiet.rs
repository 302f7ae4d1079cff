//! How long it has to be quiet.

use chrono::TimeDelta;

use super::Incident;
use crate::Timestamp;

/// If ends come at random with mean interval M, a pause of 3 M happens by chance one time in twenty: exp(-3).
const INTERVALS: i32 = 3;
/// Shorter pauses say nothing: back-off between restarts goes up to a minute (Docker) or five (Kubernetes).
const LEAST: TimeDelta = TimeDelta::minutes(15);
/// Longer ones keep an incident open that nobody remembers.
pub const MOST_QUIET: TimeDelta = TimeDelta::hours(72);
/// After a single end all that is known of intervals is how long its run lasted. Of one that ended soon that says little: the next may do well.
const LEAST_SINGLE: TimeDelta = TimeDelta::hours(6);

impl Incident {
    /// How long after its last end it is over.
    pub fn quiet(&self) -> TimeDelta {
        match self.count {
            0 | 1 => {
                let interval = self.began_at - self.first_run_at;
                (interval * INTERVALS).clamp(LEAST_SINGLE, MOST_QUIET)
            }
            count => {
                let mean = (self.last_at - self.began_at) / (count - 1) as i32;
                (mean * INTERVALS).clamp(LEAST, MOST_QUIET)
            }
        }
    }

    /// When it is over if nothing more happens.
    pub fn quiet_from(&self) -> Timestamp {
        self.reopened_at
            .map_or(self.last_at, |at| at.max(self.last_at))
            + self.quiet()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::*;
    use crate::{
        incident::{End, Subject},
        verdict::Cause,
    };

    fn moment(minutes: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// The end of a run of an hour.
    fn end(minutes: i64) -> End {
        End {
            run_began_at: moment(minutes - 60),
            at: moment(minutes),
        }
    }

    fn incident(ends: &[i64]) -> Incident {
        let subject = Subject::Platform {
            cause: Cause::Platform,
        };
        let mut incident = Incident::open(subject, end(ends[0]));
        for at in &ends[1..] {
            incident.add(&incident.subject.clone(), end(*at));
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

    #[rstest]
    #[case::ended_at_once(1, 6 * 60)]
    #[case::lasted_half_a_day(12 * 60, 36 * 60)]
    #[case::lasted_a_month(30 * 1440, 72 * 60)]
    fn after_a_single_end_it_follows_the_run_that_ended(#[case] lasted: i64, #[case] minutes: i64) {
        let end = End {
            run_began_at: moment(-lasted),
            at: moment(0),
        };
        let incident = Incident::open(incident(&[0]).subject, end);
        assert_eq!(incident.quiet(), TimeDelta::minutes(minutes));
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
    fn the_order_in_which_ends_are_told_does_not_matter() {
        let (forth, back) = (incident(&[0, 60, 90]), incident(&[90, 0, 60]));
        assert_eq!(forth, back);
    }
}
