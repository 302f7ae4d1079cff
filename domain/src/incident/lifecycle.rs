//! What people and time do with an incident: open, acknowledged, resolved, and open again.

use serde::{Deserialize, Serialize};

use super::{Incident, IncidentState};
use crate::Timestamp;

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ResolvedBy {
    /// It was quiet for long enough.
    Quiet,
    /// A person said so.
    Person,
    /// Its source is no longer watched: whether it went on is not known.
    Unwatched,
}

impl ResolvedBy {
    /// The name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Person => "person",
            Self::Unwatched => "unwatched",
        }
    }

    /// Reads [`ResolvedBy::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Quiet, Self::Person, Self::Unwatched]
            .into_iter()
            .find(|by| by.name() == name)
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: ResolvedBy,
}

/// Why something cannot be done with an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is over: reopen it first.
    #[error("it is resolved; reopen it first")]
    IsResolved,
    /// Somebody was quicker.
    #[error("it is acknowledged already")]
    IsAcknowledged,
    /// It goes on.
    #[error("it is not resolved")]
    IsNotResolved,
}

impl Incident {
    /// Somebody looks after it.
    pub const fn acknowledge(&mut self) -> Result<(), Refusal> {
        match self.state() {
            IncidentState::Open => {
                self.acknowledged = true;
                Ok(())
            }
            IncidentState::Acknowledged => Err(Refusal::IsAcknowledged),
            IncidentState::Resolved => Err(Refusal::IsResolved),
        }
    }

    /// A person says that it is over.
    pub const fn resolve(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.resolved.is_some() {
            return Err(Refusal::IsResolved);
        }
        self.resolved = Some(Resolution {
            at: now,
            by: ResolvedBy::Person,
        });
        Ok(())
    }

    /// A person says that it is not over. It has to be quiet anew, and nobody looks after it until somebody says so.
    pub const fn reopen(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.resolved.is_none() {
            return Err(Refusal::IsNotResolved);
        }
        self.resolved = None;
        self.acknowledged = false;
        self.reopened_at = Some(now);
        Ok(())
    }

    /// Ends it if it has been quiet for long enough, as of the moment at which it had been. Whether it did.
    pub fn rest(&mut self, now: Timestamp) -> bool {
        let over = self.is_over(now);
        if over {
            self.resolved = Some(Resolution {
                at: self.quiet_from(),
                by: ResolvedBy::Quiet,
            });
        }
        over
    }

    /// Whether it is over by itself at a moment.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.resolved.is_none() && now > self.quiet_from()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{
        incident::{End, Subject},
        verdict::Cause,
    };

    fn hour(hours: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    /// The end of a run of an hour.
    fn end(hours: i64) -> End {
        End {
            run_began_at: hour(hours - 1),
            at: hour(hours),
        }
    }

    fn incident() -> Incident {
        let subject = Subject::Platform {
            cause: Cause::Platform,
        };
        Incident::open(subject, end(0))
    }

    #[test]
    fn each_step_is_taken_once() {
        let mut incident = incident();
        assert_eq!(incident.reopen(hour(1)), Err(Refusal::IsNotResolved));
        assert_eq!(incident.acknowledge(), Ok(()));
        assert_eq!(incident.state(), IncidentState::Acknowledged);
        assert_eq!(incident.acknowledge(), Err(Refusal::IsAcknowledged));
        assert_eq!(incident.resolve(hour(2)), Ok(()));
        assert_eq!(incident.resolve(hour(3)), Err(Refusal::IsResolved));
        assert_eq!(incident.acknowledge(), Err(Refusal::IsResolved));
        assert_eq!(incident.reopen(hour(4)), Ok(()));
        assert_eq!(incident.state(), IncidentState::Open);
    }

    #[test]
    fn it_ends_by_itself_at_the_moment_at_which_it_had_been_quiet() {
        let mut incident = incident();
        assert!(!incident.rest(hour(6)));
        assert!(incident.rest(hour(1_000)));
        assert_eq!(
            incident.resolved,
            Some(Resolution {
                at: hour(6),
                by: ResolvedBy::Quiet
            })
        );
        assert!(!incident.rest(hour(1_001)), "it is over already");
    }

    #[test]
    fn one_that_was_reopened_has_to_be_quiet_anew() {
        let mut incident = incident();
        incident.rest(hour(7));
        incident.reopen(hour(100)).expect("it was resolved");
        assert!(!incident.is_over(hour(106)));
        assert!(incident.is_over(hour(107)));
    }

    #[test]
    fn an_end_told_late_belongs_to_what_had_resolved_itself_and_opens_it_again() {
        let mut incident = incident();
        incident.rest(hour(7));
        let subject = incident.subject.clone();
        assert!(incident.takes(&subject, hour(5)));
        assert!(incident.add(&subject, end(5)));
        assert_eq!(incident.state(), IncidentState::Open);
        assert_eq!(incident.quiet_from(), hour(5 + 15));
    }

    #[test]
    fn what_nobody_watched_any_longer_opens_again_when_an_end_is_told() {
        let mut incident = incident();
        incident.resolved = Some(Resolution {
            at: hour(7),
            by: ResolvedBy::Unwatched,
        });
        let subject = incident.subject.clone();
        assert!(!incident.takes(&subject, hour(8)), "another one");
        assert!(incident.takes(&subject, hour(5)));
        assert!(incident.add(&subject, end(5)));
        assert_eq!(incident.state(), IncidentState::Open);
    }

    #[test]
    fn one_that_changes_nothing_of_the_quiet_leaves_it_resolved() {
        let mut incident = incident();
        let subject = incident.subject.clone();
        incident.add(&subject, end(4));
        incident.rest(hour(17));
        assert!(!incident.add(&subject, end(1)));
        assert_eq!(incident.state(), IncidentState::Resolved);
    }

    #[test]
    fn what_a_person_resolved_takes_only_what_was_before() {
        let mut incident = incident();
        let subject = incident.subject.clone();
        incident.resolve(hour(2)).expect("it was open");
        assert!(incident.takes(&subject, hour(1)));
        assert!(!incident.add(&subject, end(1)));
        assert!(!incident.takes(&subject, hour(3)));
    }
}
