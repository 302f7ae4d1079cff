//! How a number goes over time, as people write it to try a rule: `50% for 10m`, `50% to 95% over 30m`, `none for 5m`, `unseen for 2m`.

use chrono::TimeDelta;

use super::{
    condition::Signal,
    quantity::{Quantity, parse_duration},
    standing::Reading,
};

/// A number over time. After its end nothing is seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course(Vec<Part>);

/// A stretch of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    lasts: TimeDelta,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// A straight line.
    Line { from: f64, to: f64 },
    /// There is no such number.
    Absent,
    /// Nobody saw.
    Unseen,
}

impl Course {
    /// Reads its stretches, which follow each other.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong, and what would be right.
    pub fn read<'a>(
        signal: &Signal,
        parts: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let parts = parts.into_iter().map(|text| part(signal, text));
        parts.collect::<Result<_, _>>().map(Self)
    }

    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.0.iter().map(|part| part.lasts).sum()
    }

    /// What is seen at a moment after its begin.
    pub fn at(&self, moment: TimeDelta) -> Reading {
        let mut begin = TimeDelta::zero();
        for part in &self.0 {
            let within = moment - begin;
            begin += part.lasts;
            if moment >= begin {
                continue;
            }
            return match part.shape {
                Shape::Line { from, to } => {
                    let share = within.as_seconds_f64() / part.lasts.as_seconds_f64();
                    Reading::Value((to - from).mul_add(share, from))
                }
                Shape::Absent => Reading::Absent,
                Shape::Unseen => Reading::Unknown,
            };
        }
        Reading::Unknown
    }
}

fn part(signal: &Signal, text: &str) -> Result<Part, String> {
    let wrong = || {
        let value = match signal.quantity() {
            _ if signal.is_of_source() => {
                return format!(
                    "`{text}` is no stretch; write for example `no for 10m` or `yes for 2m`"
                );
            }
            Quantity::Ratio => ["50%", "95%"],
            Quantity::Bytes | Quantity::BytesPerHour => ["100 MiB", "400 MiB"],
            Quantity::Count | Quantity::CountPerHour => ["10", "5000"],
            Quantity::Seconds => ["2h", "5m"],
        };
        let [low, high] = value;
        format!(
            "`{text}` is no stretch; write for example `{low} for 10m`, `{low} to {high} over 30m`, `none for 5m` or `unseen for 2m`"
        )
    };
    let (what, lasts) = [" for ", " over "]
        .iter()
        .find_map(|word| text.rsplit_once(word))
        .ok_or_else(wrong)?;
    let lasts = parse_duration(lasts)?;
    if lasts.is_zero() {
        return Err(format!("`{text}` lasts for no time"));
    }
    let value = |text: &str| match text.trim() {
        "yes" if signal.is_of_source() => Ok(1.0),
        "no" if signal.is_of_source() => Ok(0.0),
        _ if signal.is_of_source() => Err(wrong()),
        // No threshold is nothing, but a number may be.
        "0" | "0%" | "0 B" => Ok(0.0),
        text => signal.quantity().parse(text),
    };
    let shape = match (what.trim(), what.split_once(" to ")) {
        ("none", _) => Shape::Absent,
        ("unseen", _) => Shape::Unseen,
        (_, Some((from, to))) => Shape::Line {
            from: value(from)?,
            to: value(to)?,
        },
        (what, None) => {
            let level = value(what)?;
            Shape::Line {
                from: level,
                to: level,
            }
        }
    };
    Ok(Part { lasts, shape })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::alert::Pick;

    const MEMORY: Signal = Signal::MemoryRatio(Pick::Extreme);

    fn minutes(minutes: i64) -> TimeDelta {
        TimeDelta::minutes(minutes)
    }

    #[test]
    fn stretches_follow_each_other_and_nothing_is_seen_after_the_last() {
        let parts = [
            "50% for 10m",
            "50% to 90% over 20m",
            "none for 5m",
            "unseen for 5m",
        ];
        let course = Course::read(&MEMORY, parts).expect("is one");
        assert_eq!(course.length(), minutes(40));
        for (at, reading) in [
            (0, Reading::Value(0.5)),
            (10, Reading::Value(0.5)),
            (20, Reading::Value(0.7)),
            (30, Reading::Absent),
            (35, Reading::Unknown),
            (40, Reading::Unknown),
        ] {
            assert_eq!(course.at(minutes(at)), reading, "after {at} min");
        }
    }

    #[test]
    fn what_is_so_or_not_so_is_said_with_yes_and_no() {
        let course = Course::read(&Signal::SourceUnreachable, ["no for 1m", "yes for 1m"]);
        let course = course.expect("is one");
        assert_eq!(course.at(minutes(0)), Reading::Value(0.0));
        assert_eq!(course.at(minutes(1)), Reading::Value(1.0));
    }

    #[rstest]
    #[case(MEMORY, "50%", "is no stretch")]
    #[case(MEMORY, "0.5 for 10m", "is no percentage")]
    #[case(MEMORY, "50% for 10", "is no length of time")]
    #[case(MEMORY, "50% for 0s", "lasts for no time")]
    #[case(MEMORY, "yes for 5m", "is no percentage")]
    #[case(Signal::CoverageLost, "1 for 5m", "yes for 2m")]
    fn what_is_wrong_is_said(#[case] signal: Signal, #[case] text: &str, #[case] says: &str) {
        let problem = Course::read(&signal, [text]).expect_err("is wrong");
        assert!(problem.contains(says), "{problem}");
    }
}
