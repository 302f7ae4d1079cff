//! Durations, moments and sizes as people write them in a fleet file: `3h 36m`, `7m ago`, `512 MiB`.

use serde::{Deserialize, Deserializer, de::Error};

/// Nanoseconds: since the Unix epoch for a moment, plain for a duration. Docker's own resolution.
pub(crate) type Nanos = i64;

/// One millisecond in nanoseconds.
pub(crate) const MILLISECOND: Nanos = 1_000_000;
/// One second in nanoseconds.
pub(crate) const SECOND: Nanos = 1_000 * MILLISECOND;
/// One day in nanoseconds.
pub(crate) const DAY: Nanos = 86_400 * SECOND;

/// A duration, written as `500ms`, `90s`, `3h 36m` or `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Nanos);

/// A moment relative to the simulation's present, written as `7m ago`, `in 30s` or `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Nanos);

/// An amount of memory, written as `64 MiB` or `1.5 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl Span {
    fn parse(text: &str) -> Option<Self> {
        let mut total = 0.0;
        let mut rest = text.trim();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
            let (unit, after) = after.split_at(
                after
                    .find(|c: char| !c.is_ascii_alphabetic())
                    .unwrap_or(after.len()),
            );
            let unit = match unit {
                "ms" => MILLISECOND,
                "s" => SECOND,
                "m" => 60 * SECOND,
                "h" => 3_600 * SECOND,
                "d" => DAY,
                _ => return None,
            };
            total += number.trim().parse::<f64>().ok().filter(|n| *n >= 0.0)? * unit as f64;
            rest = after.trim_start();
        }
        Some(Self(total as Nanos))
    }
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "now" {
            Some(Self(0))
        } else if let Some(ago) = text.strip_suffix("ago") {
            Span::parse(ago).map(|span| Self(-span.0))
        } else {
            text.strip_prefix("in ")
                .and_then(Span::parse)
                .map(|span| Self(span.0))
        }
    }
}

impl Bytes {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
        let unit = match unit {
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => return None,
        };
        let number = number.trim().parse::<f64>().ok().filter(|n| *n >= 0.0)?;
        Some(Self((number * (1_u64 << unit) as f64) as u64))
    }
}

/// Reads a quantity from its text, naming what was expected when it is none.
macro_rules! from_text {
    ($type:ty, $expected:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text)
                    .ok_or_else(|| D::Error::custom(format!("`{text}` is not {}", $expected)))
            }
        }
    };
}

from_text!(Span, "a duration such as `90s` or `3h 36m`");
from_text!(Moment, "a moment such as `7m ago`, `in 30s` or `now`");
from_text!(Bytes, "a size such as `512 MiB`");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(Span::parse("500ms"), Some(Span(SECOND / 2)));
        assert_eq!(Span::parse("3h 36m"), Some(Span(216 * 60 * SECOND)));
        assert_eq!(Span::parse("1.5d"), Some(Span(36 * 3_600 * SECOND)));
        for wrong in ["", "5", "m", "5 parsecs", "-5s", "5s 3"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments() {
        assert_eq!(Moment::parse("7m ago"), Some(Moment(-420 * SECOND)));
        assert_eq!(Moment::parse("in 30s"), Some(Moment(30 * SECOND)));
        assert_eq!(Moment::parse("now"), Some(Moment(0)));
        assert_eq!(Moment::parse("7m"), None);
    }

    #[test]
    fn sizes() {
        assert_eq!(Bytes::parse("512 MiB"), Some(Bytes(512 << 20)));
        assert_eq!(Bytes::parse("1.5GiB"), Some(Bytes(1_536 << 20)));
        assert_eq!(Bytes::parse("5 MB"), None);
    }
}
