//! How thresholds are written and read: `90%`, `512 MiB`, `30m`, `5`.

use chrono::TimeDelta;

/// What a threshold measures, which decides how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A share, written as a percentage.
    Ratio,
    /// Bytes, written with a binary unit.
    Bytes,
    /// Bytes in an hour.
    BytesPerHour,
    /// A number of things.
    Count,
    /// A number of things in an hour.
    CountPerHour,
    /// A length of time in seconds, written with a unit.
    Seconds,
}

/// The longest time a rule may name: restarts are counted over at most this.
pub(super) const LONGEST: TimeDelta = TimeDelta::days(90);

/// More memory than any machine has: a slip of the pen.
const MOST_BYTES: f64 = (1_u64 << 50) as f64;
/// More tasks than any kernel has: `pid_max` is at most 2^22, goroutines may be more.
const MOST_COUNT: f64 = 1e9;

const UNITS: [(&str, f64); 5] = [
    ("TiB", (1_u64 << 40) as f64),
    ("GiB", (1_u64 << 30) as f64),
    ("MiB", (1_u64 << 20) as f64),
    ("KiB", 1024.0),
    ("B", 1.0),
];

impl Quantity {
    /// Reads a threshold.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn parse(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        match self {
            Self::Ratio => parse_ratio(text),
            Self::Bytes | Self::BytesPerHour => parse_bytes(text),
            Self::Count | Self::CountPerHour => parse_count(text),
            Self::Seconds => parse_duration(text).map(|length| length.num_seconds() as f64),
        }
    }

    /// The text that [`Quantity::parse`] reads as `value`.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{}%", plain(value * 100.0)),
            Self::Bytes | Self::BytesPerHour => {
                let (unit, size) = UNITS
                    .into_iter()
                    .find(|(_, size)| value >= *size && (value / size * 100.0).fract() == 0.0)
                    .unwrap_or(("B", 1.0));
                format!("{} {unit}", plain(value / size))
            }
            Self::Count | Self::CountPerHour => plain(value),
            Self::Seconds => duration_text(TimeDelta::seconds(value as i64)),
        }
    }

    /// A measured value for people: rounded, with its unit.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => {
                let percent = value * 100.0;
                // 99.96 is not 100: rounding must not say that a limit was met.
                let percent = if percent < 100.0 {
                    percent.min(99.9)
                } else {
                    percent
                };
                format!("{} %", plain((percent * 10.0).round() / 10.0))
            }
            Self::Bytes => show_bytes(value),
            Self::BytesPerHour => format!("{} per hour", show_bytes(value)),
            Self::Count => plain(value.round()),
            Self::CountPerHour => format!("{} per hour", plain(value.round())),
            Self::Seconds => duration(TimeDelta::seconds(value as i64)),
        }
    }
}

fn show_bytes(value: f64) -> String {
    let (unit, size) = UNITS
        .into_iter()
        .find(|(_, size)| value.abs() >= *size)
        .unwrap_or(("B", 1.0));
    let value = value / size;
    let rounded = if value.abs() < 10.0 {
        (value * 10.0).round() / 10.0
    } else {
        value.round()
    };
    format!("{} {unit}", plain(rounded))
}

/// Without a fraction that is none, and with at most six digits of one.
fn plain(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}")
}

fn parse_ratio(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no percentage; write for example 90%");
    let number = text.strip_suffix('%').ok_or_else(wrong)?;
    let percent: f64 = number.trim().parse().map_err(|_no_number| wrong())?;
    // The kernel lets nothing grow beyond its limit, but a limit that was lowered may be exceeded.
    if percent > 0.0 && percent <= 200.0 {
        Ok(percent / 100.0)
    } else {
        Err(format!(
            "`{text}` is out of range; use more than 0% and at most 200%"
        ))
    }
}

fn parse_bytes(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no size; write for example 512 MiB or 2 GiB");
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, size) = UNITS
        .into_iter()
        .find(|(name, _)| *name == unit.trim())
        .ok_or_else(wrong)?;
    let bytes = number.parse::<f64>().map_err(|_no_number| wrong())? * size;
    if bytes > 0.0 && bytes <= MOST_BYTES {
        Ok(bytes.round())
    } else {
        Err(format!(
            "`{text}` is out of range; use more than 0 B and at most 1024 TiB"
        ))
    }
}

fn parse_count(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no number; write for example 5");
    let count: f64 = text.parse().map_err(|_no_number| wrong())?;
    if !count.is_finite() {
        return Err(wrong());
    }
    if count > 0.0 && count <= MOST_COUNT {
        Ok(count)
    } else {
        Err(format!(
            "`{text}` is out of range; use more than 0 and at most 1000000000"
        ))
    }
}

/// The parts of a length of time, the longest first.
const LENGTHS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Nobody says one day of a window: they say 24 hours, and 30 days.
const A_DAY: i64 = 86_400;

/// Reads a length of time: `30s`, `10m`, `1h30m`, `30d`.
///
/// # Errors
/// A sentence that says what would be right.
pub fn parse_duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("`{text}` is no length of time; write for example 30s, 10m, 24h or 30d");
    let mut rest = text.trim();
    let mut seconds: i64 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..digits].parse().map_err(|_no_number| wrong())?;
        let unit = rest[digits..].chars().next().ok_or_else(wrong)?;
        let (_, length) = LENGTHS
            .into_iter()
            .find(|(name, _)| name.starts_with(unit))
            .ok_or_else(wrong)?;
        seconds = number
            .checked_mul(length)
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(wrong)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    if seconds > LONGEST.num_seconds() {
        return Err(format!(
            "`{text}` is too long; use at most {}",
            duration_text(LONGEST)
        ));
    }
    Ok(TimeDelta::seconds(seconds))
}

/// The text that [`parse_duration`] reads as `length`: `1h30m`.
pub fn duration_text(length: TimeDelta) -> String {
    parts(length, "")
}

/// A length of time for people: `1 h 30 min` in its two longest parts.
pub fn duration(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    if seconds == A_DAY {
        return "24 h".to_owned();
    }
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, length) in LENGTHS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            let unit = if unit == "m" { "min" } else { unit };
            words.push(format!("{count} {unit}"));
        }
        if words.len() == 2 || (words.len() == 1 && count == 0) {
            break;
        }
    }
    if words.is_empty() {
        "0 s".to_owned()
    } else {
        words.join(" ")
    }
}

fn parts(length: TimeDelta, between: &str) -> String {
    let mut rest = length.num_seconds().max(0);
    if rest == A_DAY {
        return "24h".to_owned();
    }
    let mut words = Vec::new();
    for (unit, length) in LENGTHS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            words.push(format!("{count}{unit}"));
        }
    }
    if words.is_empty() {
        "0s".to_owned()
    } else {
        words.join(between)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Quantity::Ratio, "90%", 0.9)]
    #[case(Quantity::Ratio, "99.5 %", 0.995)]
    #[case(Quantity::Bytes, "512 MiB", 536_870_912.0)]
    #[case(Quantity::Bytes, "1.5GiB", 1_610_612_736.0)]
    #[case(Quantity::Count, "5", 5.0)]
    #[case(Quantity::Seconds, "1h30m", 5_400.0)]
    fn thresholds_are_read(#[case] quantity: Quantity, #[case] text: &str, #[case] value: f64) {
        assert_eq!(quantity.parse(text), Ok(value));
    }

    #[rstest]
    #[case(Quantity::Ratio, "0.9", "write for example 90%")]
    #[case(Quantity::Ratio, "0%", "out of range")]
    #[case(Quantity::Ratio, "900%", "out of range")]
    #[case(Quantity::Ratio, "NaN%", "out of range")]
    #[case(Quantity::Bytes, "512", "512 MiB")]
    #[case(Quantity::Bytes, "9999999 TiB", "out of range")]
    #[case(Quantity::Count, "inf", "no number")]
    #[case(Quantity::Count, "-1", "out of range")]
    #[case(Quantity::Seconds, "10y", "no length of time")]
    #[case(Quantity::Seconds, "3650d", "too long")]
    #[case(Quantity::Seconds, "99999999999999999999d", "no length of time")]
    #[case(Quantity::Seconds, "5", "no length of time")]
    #[case(Quantity::Seconds, "", "no length of time")]
    fn what_is_wrong_is_said(#[case] quantity: Quantity, #[case] text: &str, #[case] says: &str) {
        let problem = quantity.parse(text).expect_err("is wrong");
        assert!(problem.contains(says), "{problem}");
    }

    #[rstest]
    #[case(0, "0 s", "0s")]
    #[case(59, "59 s", "59s")]
    #[case(5_400, "1 h 30 min", "1h30m")]
    #[case(86_400, "24 h", "24h")]
    #[case(90_061, "1 d 1 h", "1d1h1m1s")]
    #[case(3_605, "1 h", "1h5s")]
    fn lengths(#[case] seconds: i64, #[case] shown: &str, #[case] written: &str) {
        let length = TimeDelta::seconds(seconds);
        assert_eq!(duration(length), shown);
        assert_eq!(duration_text(length), written);
    }

    #[test]
    fn a_limit_that_was_not_met_is_not_rounded_to_it() {
        assert_eq!(Quantity::Ratio.show(0.999_9), "99.9 %");
        assert_eq!(Quantity::Ratio.show(1.0), "100 %");
        assert_eq!(Quantity::Bytes.show(6.2 * 1024.0 * 1024.0), "6.2 MiB");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0_i64..7_776_000, bytes in 1_u64..(1 << 50), count in 1_u32..1_000_000_000) {
            let length = TimeDelta::seconds(seconds);
            prop_assert_eq!(parse_duration(&duration_text(length)), Ok(length));
            for (quantity, value) in [(Quantity::Bytes, bytes as f64), (Quantity::Count, f64::from(count))] {
                let text = quantity.write(value);
                prop_assert_eq!(quantity.parse(&text), Ok(value), "{}", text);
            }
        }
    }
}
