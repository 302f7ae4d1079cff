//! What is looked for: it lives in the address, as what the form sends.

use chrono::TimeDelta;
use domain::{Timestamp, ids::WorkloadId, verdict::Cause, view::LogQuery};

use crate::documents::address::with_query;

/// Logs on a page.
const LIMIT: u32 = 20;

/// How far back ends are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// As far as logs are kept.
    #[default]
    All,
    /// One hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// Thirty days.
    Month,
}

impl Window {
    /// Each with its name in the address and its words.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::All, "", "as long as logs are kept"),
        (Self::Hour, "1h", "the last hour"),
        (Self::Day, "24h", "the last 24 h"),
        (Self::Week, "7d", "the last 7 days"),
        (Self::Month, "30d", "the last 30 days"),
    ];

    /// Its name in the address.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(window, ..)| *window == self)
            .map_or("", |(_, name, _)| name)
    }

    fn length(self) -> Option<TimeDelta> {
        match self {
            Self::All => None,
            Self::Hour => Some(TimeDelta::hours(1)),
            Self::Day => Some(TimeDelta::days(1)),
            Self::Week => Some(TimeDelta::days(7)),
            Self::Month => Some(TimeDelta::days(30)),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The words.
    pub text: String,
    /// A part of the workload's name; empty for all of them.
    pub name: String,
    /// One workload, which links name.
    pub workload: Option<WorkloadId>,
    /// Why the run ended.
    pub cause: Option<Cause>,
    /// When.
    pub window: Window,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

impl Filter {
    /// From an address. What it says that makes no sense is as if it were not said: people mend addresses by hand.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| get(name).unwrap_or_default().trim().to_owned();
        let window = text("within");
        let named = Window::ALL.into_iter().find(|(_, name, _)| *name == window);
        Self {
            text: text("q"),
            name: text("name"),
            workload: text("workload").parse().ok(),
            cause: Cause::from_name(&text("cause")),
            window: named.map(|(window, ..)| window).unwrap_or_default(),
            cursor: Some(text("cursor")).filter(|cursor| !cursor.is_empty()),
        }
    }

    /// What the backend is asked.
    pub fn query(&self, now: Timestamp) -> LogQuery {
        LogQuery {
            text: self.text.clone(),
            workload: self.workload,
            name: Some(self.name.clone()).filter(|name| !name.is_empty()),
            cause: self.cause,
            from: self.window.length().map(|length| now - length),
            to: None,
            limit: Some(LIMIT),
            cursor: self.cursor.clone(),
        }
    }

    /// Whether anything but the words narrows it.
    pub fn is_narrowed(&self) -> bool {
        *self != self.of_everything() || self.cursor.is_some()
    }

    /// The same words everywhere.
    #[must_use]
    pub fn of_everything(&self) -> Self {
        Self {
            text: self.text.clone(),
            ..Self::default()
        }
    }

    /// The same of every workload.
    #[must_use]
    pub fn of_all_workloads(&self) -> Self {
        Self {
            workload: None,
            cursor: None,
            ..self.clone()
        }
    }

    /// What follows.
    #[must_use]
    pub fn after(&self, cursor: String) -> Self {
        Self {
            cursor: Some(cursor),
            ..self.clone()
        }
    }

    /// Its address.
    pub fn address(&self) -> String {
        let workload = self.workload.map(|id| id.to_string()).unwrap_or_default();
        with_query(
            "/logs",
            &[
                ("q", &self.text),
                ("name", &self.name),
                ("workload", &workload),
                ("cause", self.cause.map_or("", Cause::name)),
                ("within", self.window.name()),
                ("cursor", self.cursor.as_deref().unwrap_or_default()),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::location::Url;

    use super::*;

    #[test]
    fn an_address_says_what_it_was_made_from() {
        let whole = Filter {
            text: "\"nil map\" -ok".to_owned(),
            name: "check & out".to_owned(),
            workload: Some(WorkloadId(7)),
            cause: Some(Cause::OutOfMemory),
            window: Window::Week,
            cursor: Some("12.3".to_owned()),
        };
        for filter in [Filter::default(), whole] {
            let address = filter.address();
            let query = address.split_once('?').map_or("", |(_, query)| query);
            let get = |name: &str| {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| Url::unescape(value))
            };
            assert_eq!(Filter::parse(get), filter, "{address}");
        }
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_said() {
        let get = |name: &str| (name != "q").then(|| "broken".to_owned());
        let filter = Filter::parse(get);
        let expected = Filter {
            name: "broken".to_owned(),
            cursor: Some("broken".to_owned()),
            ..Filter::default()
        };
        assert_eq!(filter, expected);
        assert_eq!(Filter::default().address(), "/logs");
        assert!(!Filter::default().is_narrowed() && filter.is_narrowed());
    }

    #[test]
    fn windows_end_now() {
        let now = chrono::DateTime::UNIX_EPOCH + TimeDelta::days(100);
        for (window, ..) in Window::ALL {
            let filter = Filter {
                window,
                ..Filter::default()
            };
            let from = filter.query(now).from;
            assert_eq!(from.map(|from| now - from), window.length());
        }
    }
}
