//! The range of time a page shows, as its URL says it.

use chrono::DateTime;

use super::scale::TimeScale;
use crate::format::rfc3339;

const HOUR: i64 = 3_600_000;

/// The ranges offered by name, up to now.
pub const PRESETS: [(&str, i64); 6] = [
    ("1h", HOUR),
    ("9h", 9 * HOUR),
    ("24h", 24 * HOUR),
    ("3d", 72 * HOUR),
    ("7d", 168 * HOUR),
    ("30d", 720 * HOUR),
];

/// The range shown when the URL names none.
pub const DEFAULT: RangeQuery = RangeQuery::Last("24h", 24 * HOUR);

/// The shortest range one can zoom to, in milliseconds: a few samples must be left to see.
pub const SHORTEST: i64 = 60_000;

/// What the URL asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeQuery {
    /// One of [`PRESETS`], up to now, which moves.
    Last(&'static str, i64),
    /// A fixed stretch of time.
    Fixed(TimeScale),
}

impl RangeQuery {
    /// Reads `range`, `from` and `to` of a query string. What cannot be read is the default range: a mistyped link still shows the
    /// workload.
    pub fn parse(range: Option<&str>, from: Option<&str>, to: Option<&str>) -> Self {
        if let (Some(from), Some(to)) = (from.and_then(instant), to.and_then(instant))
            && to - from >= SHORTEST
        {
            return Self::Fixed(TimeScale::new(from, to));
        }
        PRESETS
            .iter()
            .find(|(name, _)| Some(*name) == range)
            .map_or(DEFAULT, |&(name, span)| Self::Last(name, span))
    }

    /// The query string that asks for this range, with its question mark.
    pub fn to_query(self) -> String {
        match self {
            Self::Last(name, _) => format!("?range={name}"),
            Self::Fixed(time) => {
                format!("?from={}&to={}", rfc3339(time.start()), rfc3339(time.end()))
            }
        }
    }

    /// The stretch of time meant at `now`.
    pub fn resolve(self, now: i64) -> TimeScale {
        match self {
            Self::Last(_, span) => TimeScale::new(now - span, now),
            Self::Fixed(time) => time,
        }
    }

    /// The name of the preset, if it is one.
    pub fn preset(self) -> Option<&'static str> {
        match self {
            Self::Last(name, _) => Some(name),
            Self::Fixed(_) => None,
        }
    }
}

fn instant(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|t| t.timestamp_millis())
}
