//! How numbers, sizes and times are written.
//!
//! Every function is pure and gives the same text on the server and in the browser: no locale, no time zone, no clock. Times are
//! UTC, a number and its unit are held together by a no-break space.

use chrono::{DateTime, Datelike, Timelike, Utc};
pub use domain::detect::words::count;

/// Between a number and its unit.
pub const NBSP: char = '\u{a0}';

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const BINARY_UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// The largest binary unit that `bytes` fills, as its size and name.
pub fn binary_unit(bytes: f64) -> (f64, &'static str) {
    let mut size = 1.0;
    let mut name = BINARY_UNITS[0];
    for next in &BINARY_UNITS[1..] {
        if bytes < size * 1024.0 {
            break;
        }
        size *= 1024.0;
        name = next;
    }
    (size, name)
}

/// A size in three significant digits: `1.66 GiB`, `66.1 MiB`, `509 MiB`.
pub fn bytes(bytes: f64) -> String {
    let (size, unit) = binary_unit(bytes);
    format!("{}{NBSP}{unit}", significant(bytes / size, 3))
}

/// A size in four significant digits, for reading a value off a chart: near the limit the tenth matters.
pub fn bytes_precise(bytes: f64) -> String {
    let (size, unit) = binary_unit(bytes);
    format!("{}{NBSP}{unit}", significant(bytes / size, 4))
}

/// A part of a whole in the unit of the whole: `66.1 of 512 MiB`.
pub fn bytes_of(used: f64, whole: f64) -> String {
    let (size, unit) = binary_unit(whole);
    format!(
        "{} of {}{NBSP}{unit}",
        significant(used / size, 3),
        trimmed(whole / size)
    )
}

/// A ratio as a percentage. From 95 % on with one decimal, and always rounded down: 99.97 % is not yet 100 %.
pub fn percent(ratio: f64) -> String {
    if ratio >= 0.95 {
        let tenths = (ratio * 1000.0 + 1e-6).floor() / 10.0;
        format!("{}{NBSP}%", trimmed(tenths))
    } else {
        format!("{:.0}{NBSP}%", ratio * 100.0)
    }
}

/// A length of time in its two largest units: `47 min 18 s`, `2 h 31 min`, `3 d 4 h`.
pub fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big}{NBSP}{big_unit}")
        } else {
            format!("{big}{NBSP}{big_unit} {small}{NBSP}{small_unit}")
        }
    };
    if ms < SECOND {
        format!("{ms}{NBSP}ms")
    } else if ms < MINUTE {
        format!("{}{NBSP}s", ms / SECOND)
    } else if ms < HOUR {
        two(ms / MINUTE, "min", ms % MINUTE / SECOND, "s")
    } else if ms < DAY {
        two(ms / HOUR, "h", ms % HOUR / MINUTE, "min")
    } else {
        two(ms / DAY, "d", ms % DAY / HOUR, "h")
    }
}

/// A length of time in its largest unit alone: `7 min`, `9 h`, `12 d`.
pub fn duration_short(ms: i64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min")];
    let (size, unit) = units
        .into_iter()
        .find(|(size, _)| ms >= *size)
        .unwrap_or((SECOND, "s"));
    format!("{}{NBSP}{unit}", ms.max(0) / size)
}

/// The time of day to the second: `16:21:50`.
pub fn clock(ms: i64) -> String {
    let t = utc(ms);
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

/// The time of day to the minute: `16:21`.
pub fn clock_minute(ms: i64) -> String {
    let t = utc(ms);
    format!("{:02}:{:02}", t.hour(), t.minute())
}

/// The day: `23 Nov`.
pub fn day(ms: i64) -> String {
    let t = utc(ms);
    format!("{}{NBSP}{}", t.day(), MONTHS[t.month0() as usize])
}

/// The day and the time to the second: `23 Nov 16:21:50`.
pub fn day_clock(ms: i64) -> String {
    format!("{} {}", day(ms), clock(ms))
}

/// A stretch of time, its day named once: `23 Nov 11:00–20:00 UTC`, `22 Nov 20:00 – 23 Nov 20:00 UTC`.
pub fn span(from_ms: i64, to_ms: i64) -> String {
    let time = if to_ms - from_ms < 10 * MINUTE {
        clock
    } else {
        clock_minute
    };
    if from_ms.div_euclid(DAY) == to_ms.div_euclid(DAY) {
        format!("{} {}–{} UTC", day(from_ms), time(from_ms), time(to_ms))
    } else {
        format!(
            "{} {} – {} {} UTC",
            day(from_ms),
            time(from_ms),
            day(to_ms),
            time(to_ms)
        )
    }
}

/// RFC 3339 in UTC, to the second, or to the millisecond where the time has one: for `datetime` attributes and URLs.
pub fn rfc3339(ms: i64) -> String {
    let t = utc(ms);
    let millis = ms.rem_euclid(SECOND);
    let fraction = if millis == 0 {
        String::new()
    } else {
        format!(".{millis:03}")
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}Z",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// The image's tag, or how it changed: `2.14.1`, `2.14.1 → 2.14.2`.
pub fn version(image: &str, next: Option<&str>) -> String {
    match next {
        Some(next) if next != image => format!("{} → {}", tag(image), tag(next)),
        _ => tag(image).to_owned(),
    }
}

/// What follows the last colon, unless that is a registry's port; a digest is cut to what people recognise.
fn tag(image: &str) -> &str {
    if let Some((_, digest)) = image.split_once("@sha256:") {
        return digest.get(..12).unwrap_or(digest);
    }
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => "latest",
    }
}

/// `value` without a needless fraction: at most two decimals, trailing zeros dropped.
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `value` in about `digits` significant digits, never cutting the whole part.
fn significant(value: f64, digits: usize) -> String {
    let whole = if value.abs() >= 1.0 {
        value.abs().log10().floor() as usize + 1
    } else {
        1
    };
    let text = format!("{value:.*}", digits.saturating_sub(whole));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The instant as a date; times outside chrono's range (some 262,000 years) are shown as the epoch.
fn utc(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1024.0 * 1024.0;

    fn plain(text: &str) -> String {
        text.replace(NBSP, " ")
    }

    #[test]
    fn sizes_take_the_largest_unit_they_fill() {
        let cases = [
            (0.0, "0 B"),
            (1023.0, "1023 B"),
            (1024.0, "1 KiB"),
            (66.1 * MIB, "66.1 MiB"),
            (508.6 * MIB, "509 MiB"),
            (1.66 * 1024.0 * MIB, "1.66 GiB"),
        ];
        for (value, expected) in cases {
            assert_eq!(plain(&bytes(value)), expected);
        }
        assert_eq!(plain(&bytes_precise(508.6 * MIB)), "508.6 MiB");
        assert_eq!(plain(&bytes_of(66.1 * MIB, 512.0 * MIB)), "66.1 of 512 MiB");
    }

    #[test]
    fn a_percentage_never_claims_a_limit_that_was_not_reached() {
        let cases = [
            (0.129, "13 %"),
            (0.9936, "99.3 %"),
            (0.9999, "99.9 %"),
            (1.0, "100 %"),
            (1.25, "125 %"),
            (0.0, "0 %"),
        ];
        for (ratio, expected) in cases {
            assert_eq!(plain(&percent(ratio)), expected);
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (400, "400 ms"),
            (14_000, "14 s"),
            (47 * MINUTE + 18_000, "47 min 18 s"),
            (2 * HOUR + 31 * MINUTE, "2 h 31 min"),
            (3 * DAY, "3 d"),
        ];
        for (ms, expected) in cases {
            assert_eq!(plain(&duration(ms)), expected);
        }
    }

    #[test]
    fn times_are_utc() {
        let t = 1_795_536_110_000; // 2026-11-24T16:01:50Z
        assert_eq!(rfc3339(t), "2026-11-24T16:01:50Z");
        assert_eq!(rfc3339(t + 7), "2026-11-24T16:01:50.007Z");
        assert_eq!(plain(&day_clock(t)), "24 Nov 16:01:50");
        assert_eq!(plain(&span(t, t + HOUR)), "24 Nov 16:01–17:01 UTC");
        assert_eq!(plain(&span(t, t + DAY)), "24 Nov 16:01 – 25 Nov 16:01 UTC");
    }

    #[test]
    fn a_version_is_the_tag_of_the_image() {
        for (image, expected) in [
            ("registry.example.net:5000/shop/checkout:2.14.1", "2.14.1"),
            ("registry.example.net:5000/shop/checkout", "latest"),
            ("redis", "latest"),
            ("app@sha256:0123456789abcdef0123", "0123456789ab"),
        ] {
            assert_eq!(version(image, None), expected);
        }
        assert_eq!(version("a:1", Some("a:2")), "1 → 2");
        assert_eq!(version("a:1", Some("a:1")), "1");
    }
}
