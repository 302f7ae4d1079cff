//! The range of time a page shows, as its URL says it.

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::scale::TimeScale;
use crate::format::rfc3339;

const HOUR: i64 = 3_600_000;

/// A range up to now that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name in the URL: a number and a unit.
    pub name: &'static str,
    /// Its length in milliseconds.
    pub span: i64,
}

/// The ranges offered by name.
pub const PRESETS: [Preset; 6] = [
    Preset {
        name: "1h",
        span: HOUR,
    },
    Preset {
        name: "9h",
        span: 9 * HOUR,
    },
    DAY,
    Preset {
        name: "3d",
        span: 72 * HOUR,
    },
    Preset {
        name: "7d",
        span: 168 * HOUR,
    },
    Preset {
        name: "30d",
        span: 720 * HOUR,
    },
];

const DAY: Preset = Preset {
    name: "24h",
    span: 24 * HOUR,
};

/// The range shown when the URL names none.
pub const DEFAULT: RangeQuery = RangeQuery::Last(DAY);

/// The shortest range one can zoom to, in milliseconds: a few samples must be left to see.
pub const SHORTEST: i64 = 60_000;

/// What the URL asks for. Between browser and server it is written as a preset's name or as an ISO 8601 interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RangeQuery {
    /// One of [`PRESETS`], up to now, which moves.
    Last(Preset),
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
            .into_iter()
            .find(|preset| Some(preset.name) == range)
            .map_or(DEFAULT, Self::Last)
    }

    /// The query string that asks for this range, with its question mark.
    pub fn to_query(self) -> String {
        match self {
            Self::Last(preset) => format!("?range={}", preset.name),
            Self::Fixed(time) => {
                let time = time.to_seconds();
                format!("?from={}&to={}", rfc3339(time.start()), rfc3339(time.end()))
            }
        }
    }

    /// The stretch of time meant at `now`.
    pub fn resolve(self, now: i64) -> TimeScale {
        match self {
            Self::Last(preset) => TimeScale::new(now - preset.span, now),
            Self::Fixed(time) => time,
        }
    }

    /// The preset, if it is one.
    pub fn preset(self) -> Option<Preset> {
        match self {
            Self::Last(preset) => Some(preset),
            Self::Fixed(_) => None,
        }
    }
}

impl From<RangeQuery> for String {
    fn from(query: RangeQuery) -> Self {
        match query {
            RangeQuery::Last(preset) => preset.name.to_owned(),
            RangeQuery::Fixed(time) => {
                format!("{}/{}", rfc3339(time.start()), rfc3339(time.end()))
            }
        }
    }
}

impl From<String> for RangeQuery {
    fn from(text: String) -> Self {
        match text.split_once('/') {
            Some((from, to)) => Self::parse(None, Some(from), Some(to)),
            None => Self::parse(Some(&text), None, None),
        }
    }
}

fn instant(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|t| t.timestamp_millis())
}

/// The lengths of the long strip above the charts.
const OVERVIEWS: [i64; 4] = [24 * HOUR, 72 * HOUR, 240 * HOUR, 720 * HOUR];

/// The stretch of time of the long strip that the range is a window of: at least three times as long, up to `now` if that
/// includes the range, else around it.
pub fn overview(range: TimeScale, now: i64) -> TimeScale {
    let longest = OVERVIEWS[OVERVIEWS.len() - 1];
    let wanted = OVERVIEWS.into_iter().find(|&span| span >= 3 * range.span());
    let span = wanted.unwrap_or(longest).max(range.span());
    let end = now.max(range.end());
    if range.start() >= end - span {
        TimeScale::new(end - span, end)
    } else {
        let spare = (span - range.span()) / 2;
        TimeScale::new(range.start() - spare, range.end() + spare)
    }
}
