//! Silences: stretches of time in which alerts are seen and not said.

mod written;

use chrono::{Datelike as _, TimeDelta, Timelike as _};
use serde::{Deserialize, Serialize};

use super::{
    rule::Severity,
    scope::{Pattern, Scope, Target},
};
use crate::Timestamp;

/// A stretch of time in which some alerts are not said, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Which alerts.
    pub matchers: Matchers,
    /// When.
    pub window: Window,
    /// Why, for whoever wonders later.
    pub reason: String,
    /// Who asked for it.
    pub by: String,
}

/// Which alerts a silence covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matchers {
    /// Names of rules; empty for all.
    pub rules: Vec<Pattern>,
    /// Where.
    pub scope: Scope,
    /// Only this severe or less; `None` for all.
    pub at_most: Option<Severity>,
}

/// When a silence holds, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Once, its end not included.
    Once {
        /// Its begin.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// A maintenance window that comes back every week.
    Weekly {
        /// On which days it begins, Monday first.
        days: [bool; 7],
        /// At which minute of the day it begins.
        from_minute: u16,
        /// How long it lasts; it may reach into the next day.
        length_minutes: u16,
        /// Until when it comes back; `None` for ever.
        until: Option<Timestamp>,
    },
}

const MINUTES_A_DAY: u16 = 24 * 60;

impl Matchers {
    /// Whether they cover an alert.
    pub fn cover(&self, rule: &str, severity: Severity, target: Target<'_>) -> bool {
        (self.rules.is_empty() || self.rules.iter().any(|pattern| pattern.matches(rule)))
            && self.at_most.is_none_or(|most| severity <= most)
            && self.scope.covers(target)
    }
}

impl Window {
    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        match *self {
            Self::Once { from, to } => (from..to).contains(&at),
            Self::Weekly {
                length_minutes,
                until,
                ..
            } => {
                let length = TimeDelta::minutes(i64::from(length_minutes));
                // It holds when it began within its length before, on the same day or an earlier one.
                until.is_none_or(|until| at < until)
                    && self
                        .begin_before(at)
                        .is_some_and(|begin| at < begin + length)
            }
        }
    }

    /// Whether it is over for good.
    pub fn is_over(&self, now: Timestamp) -> bool {
        match *self {
            Self::Once { to, .. } => now >= to,
            Self::Weekly { until, .. } => until.is_some_and(|until| now >= until),
        }
    }

    /// The stretches of it within a stretch of time, in order.
    pub fn within(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let cut = |(begin, end): (Timestamp, Timestamp)| {
            let (begin, end) = (begin.max(from), end.min(to));
            (begin < end).then_some((begin, end))
        };
        match *self {
            Self::Once { from, to } => cut((from, to)).into_iter().collect(),
            Self::Weekly {
                days,
                from_minute,
                length_minutes,
                until,
            } => {
                let length = TimeDelta::minutes(i64::from(length_minutes));
                let first = midnight(from) - TimeDelta::days(1);
                let count = (to - first).num_days().clamp(0, 400) + 1;
                (0..count)
                    .map(|day| first + TimeDelta::days(day))
                    .filter(|day| days[day.weekday().num_days_from_monday() as usize])
                    .map(|day| day + TimeDelta::minutes(i64::from(from_minute)))
                    .filter(|begin| until.is_none_or(|until| *begin < until))
                    .filter_map(|begin| {
                        cut((
                            begin,
                            until.map_or(begin + length, |until| until.min(begin + length)),
                        ))
                    })
                    .collect()
            }
        }
    }

    /// The newest begin of a weekly window at or before a moment, at most a day back.
    fn begin_before(&self, at: Timestamp) -> Option<Timestamp> {
        let Self::Weekly {
            days, from_minute, ..
        } = *self
        else {
            return None;
        };
        [0, 1]
            .into_iter()
            .map(|back| midnight(at) - TimeDelta::days(back))
            .filter(|day| days[day.weekday().num_days_from_monday() as usize])
            .map(|day| day + TimeDelta::minutes(i64::from(from_minute)))
            .find(|begin| *begin <= at)
    }
}

fn midnight(at: Timestamp) -> Timestamp {
    at - TimeDelta::seconds(i64::from(at.num_seconds_from_midnight()))
        - TimeDelta::nanoseconds(i64::from(at.nanosecond()))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::{
        alert::{FieldProblem, Named},
        labels::Labels,
    };

    /// A day of November 2026; the 23rd is a Monday.
    fn at(day: u32, hour: u32, minute: u32) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 11, day, hour, minute, 0)
            .single()
            .expect("is one")
    }

    fn silence(given: &[(&str, &str)]) -> Result<Silence, Vec<FieldProblem>> {
        Silence::read(&given.iter().copied().collect(), at(23, 12, 0))
    }

    #[test]
    fn once_holds_from_its_begin_until_before_its_end() {
        let silence =
            silence(&[("for", "2h"), ("reason", "a"), ("workloads", "shop/*")]).expect("is one");
        assert!(silence.window.holds(at(23, 12, 0)));
        assert!(silence.window.holds(at(23, 13, 59)));
        assert!(!silence.window.holds(at(23, 14, 0)));
        assert!(silence.window.is_over(at(23, 14, 0)));
    }

    #[rstest]
    #[case::begin(28, 23, 0, true)]
    #[case::next_day(29, 1, 59, true)]
    #[case::end(29, 2, 0, false)]
    #[case::before(28, 22, 59, false)]
    #[case::another_day(27, 23, 30, false)]
    #[case::a_week_later(30, 23, 30, false)]
    fn a_weekly_window_may_reach_into_the_next_day(
        #[case] day: u32,
        #[case] hour: u32,
        #[case] minute: u32,
        #[case] holds: bool,
    ) {
        let silence = silence(&[
            ("days", "sat"),
            ("at", "23:00"),
            ("for", "3h"),
            ("reason", "backups"),
        ])
        .expect("is one");
        assert_eq!(silence.window.holds(at(day, hour, minute)), holds);
    }

    #[rstest]
    #[case("reason", &[("for", "2h")])]
    #[case("for", &[("reason", "a")])]
    #[case("for", &[("reason", "a"), ("for", "2h"), ("to", "2026-11-24T00:00:00Z")])]
    #[case("for", &[("reason", "a"), ("for", "soon")])]
    #[case("to", &[("reason", "a"), ("to", "2026-11-22T00:00:00Z")])]
    #[case("to", &[("reason", "a"), ("to", "2036-11-22T00:00:00Z")])]
    #[case("to", &[("reason", "a"), ("to", "tomorrow")])]
    #[case("days", &[("reason", "a"), ("days", "someday"), ("at", "02:00"), ("for", "1h")])]
    #[case("at", &[("reason", "a"), ("days", "mon"), ("at", "25:00"), ("for", "1h")])]
    #[case("for", &[("reason", "a"), ("days", "mon"), ("at", "02:00"), ("for", "25h")])]
    #[case("rules", &[("reason", "a"), ("for", "1h"), ("rules", "a|b")])]
    fn what_is_wrong_is_said_at_its_field(#[case] field: &str, #[case] given: &[(&str, &str)]) {
        let problems = silence(given).expect_err("is wrong");
        assert!(
            problems.iter().all(|problem| problem.field == field),
            "{problems:?}"
        );
    }

    #[test]
    fn matchers_must_all_match() {
        let silence = silence(&[
            ("for", "2h"),
            ("reason", "a"),
            ("rules", "Out*"),
            ("workloads", "shop/*"),
            ("at_most", "warning"),
        ])
        .expect("is one");
        let labels = Labels::default();
        let target = |group| Target {
            source: "edge-01",
            workload: Some(Named {
                group,
                name: "checkout",
                image: "a:1",
                labels: &labels,
            }),
        };
        let cover = |rule, severity, group| silence.matchers.cover(rule, severity, target(group));
        assert!(cover("Out of memory", Severity::Warning, "shop"));
        assert!(!cover("Memory", Severity::Warning, "shop"));
        assert!(!cover("Out of memory", Severity::Page, "shop"));
        assert!(!cover("Out of memory", Severity::Warning, "billing"));
    }

    proptest! {
        #[test]
        fn within_and_holds_agree(days in prop::array::uniform7(any::<bool>()), from_minute in 0_u16..1440, length_minutes in 1_u16..=1440, minute in 0_i64..20_160) {
            let window = Window::Weekly { days, from_minute, length_minutes, until: None };
            let moment = at(10, 0, 0) + TimeDelta::minutes(minute);
            let stretches = window.within(at(9, 0, 0), at(28, 0, 0));
            let is_in = stretches.iter().any(|(from, to)| (*from..*to).contains(&moment));
            prop_assert_eq!(window.holds(moment), is_in);
        }

        #[test]
        fn what_is_written_is_read_back(days in prop::array::uniform7(any::<bool>()), from_minute in 0_u16..1440, length_minutes in 1_u16..=1440) {
            prop_assume!(days.contains(&true));
            let silence = Silence { matchers: Matchers::default(), window: Window::Weekly { days, from_minute, length_minutes, until: None }, reason: "a".into(), by: String::new() };
            prop_assert_eq!(Silence::read(&silence.write(), at(23, 12, 0)), Ok(silence));
        }
    }
}
