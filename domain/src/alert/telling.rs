//! What is said of an alert, and when.
//!
//! Apart from the state: a silence or an inhibition holds back words, not states. What was held back is said when it is lifted, if it
//! still holds then; that it is over is said only to those who were told that it began.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{rule::Rule, standing::Standing};
use crate::Timestamp;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Notice {
    /// It is an alert.
    Fired,
    /// It happened again.
    Again,
    /// It still is one, and nobody has taken it.
    Reminder,
    /// It is over.
    Resolved,
}

impl Notice {
    /// The name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Again => "again",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
        }
    }

    /// Reads [`Notice::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Fired, Self::Again, Self::Reminder, Self::Resolved]
            .into_iter()
            .find(|notice| notice.name() == name)
    }
}

/// What has been said of an alert so far, and what people did about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When anything was said last; `None` when nothing was.
    pub last_at: Option<Timestamp>,
    /// How often people were reminded.
    pub reminders: u32,
    /// Whether somebody has taken it.
    pub is_acknowledged: bool,
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suppressed {
    /// A silence covers it.
    Silenced,
    /// Something larger is the matter.
    Inhibited,
}

impl Suppressed {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
        }
    }

    /// Reads [`Suppressed::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Silenced, Self::Inhibited]
            .into_iter()
            .find(|suppressed| suppressed.name() == name)
    }
}

/// Something that explains every alert of a source's workloads: people are told of it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inhibition {
    /// The source does not answer, or refuses us.
    pub is_source_down: bool,
    /// An incident of the engine or its host is open.
    pub is_platform_incident: bool,
}

impl Inhibition {
    /// Whether it holds back what a rule says. Rules about sources are what people are told instead.
    pub const fn holds_back(&self, rule: &Rule) -> bool {
        (self.is_source_down || self.is_platform_incident) && !rule.condition.is_of_source()
    }
}

/// What is to be said of an alert that stands like this; `None` for nothing. What happens again is said when it happens, not here.
pub fn due(
    rule: &Rule,
    standing: &Standing,
    told: &Told,
    suppressed: Option<Suppressed>,
    now: Timestamp,
) -> Option<Notice> {
    let Some(last_at) = told.last_at else {
        return (standing.is_firing() && suppressed.is_none()).then_some(Notice::Fired);
    };
    if !standing.is_firing() {
        return Some(Notice::Resolved);
    }
    let every = TimeDelta::seconds(rule.remind_every_s?);
    let wanted = suppressed.is_none() && !told.is_acknowledged;
    (wanted && now - last_at >= every).then_some(Notice::Reminder)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rstest::rstest;

    use super::*;
    use crate::alert::{Fields, standing::Phase};

    fn at(minutes: i64) -> Timestamp {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[rstest]
    #[case::new(None, None, true, None, Some(Notice::Fired))]
    #[case::silenced(None, None, true, Some(Suppressed::Silenced), None)]
    #[case::over_untold(None, None, false, None, None)]
    #[case::over(Some(0), None, false, None, Some(Notice::Resolved))]
    #[case::over_in_a_silence(
        Some(0),
        None,
        false,
        Some(Suppressed::Silenced),
        Some(Notice::Resolved)
    )]
    #[case::too_soon(Some(41), None, true, None, None)]
    #[case::reminder(Some(40), None, true, None, Some(Notice::Reminder))]
    #[case::taken(Some(0), Some(()), true, None, None)]
    #[case::inhibited(Some(0), None, true, Some(Suppressed::Inhibited), None)]
    fn what_is_said(
        #[case] told_at: Option<i64>,
        #[case] taken: Option<()>,
        #[case] firing: bool,
        #[case] suppressed: Option<Suppressed>,
        #[case] said: Option<Notice>,
    ) {
        let fields: Fields = [
            ("name", "a"),
            ("when", "each_restart"),
            ("remind_every", "1h"),
        ]
        .into_iter()
        .collect();
        let rule = Rule::read(&fields).expect("is one");
        let phase = if firing {
            Phase::Firing {
                since: at(0),
                clear_since: None,
            }
        } else {
            Phase::Inactive
        };
        let standing = Standing {
            phase,
            ..Standing::default()
        };
        let told = Told {
            last_at: told_at.map(at),
            reminders: 0,
            is_acknowledged: taken.is_some(),
        };
        assert_eq!(due(&rule, &standing, &told, suppressed, at(100)), said);
    }
}
