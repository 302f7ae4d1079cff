//! Numbers and times as people read them: a unit after a no-break space, no more digits than mean something.

use chrono::TimeDelta;

use crate::Timestamp;

/// `0.2 s`, `14 s`, `3 min`, `5.2 h`, `3 d`; never negative.
pub fn duration(length: TimeDelta) -> String {
    let seconds = length.num_milliseconds().max(0) as f64 / 1e3;
    match seconds {
        s if s < 0.1 && s > 0.0 => format!("{:.0}\u{a0}ms", (s * 1e3).max(1.0)),
        s if s < 9.95 && s.fract() >= 0.05 => format!("{s:.1}\u{a0}s"),
        s if s < 119.5 => format!("{s:.0}\u{a0}s"),
        s if s < 119.5 * 60.0 => format!("{:.0}\u{a0}min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.1}\u{a0}h", s / 3600.0),
        s => format!("{:.0}\u{a0}d", s / 86_400.0),
    }
}

/// `99.6 %`, `8 %`: one decimal where the limit is near.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value >= 90.0 && (value - value.round()).abs() >= 0.05 {
        format!("{value:.1}\u{a0}%")
    } else {
        format!("{value:.0}\u{a0}%")
    }
}

/// `512 MiB`, `1.5 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value >= 99.95 || (value - value.round()).abs() < 0.05 {
        format!("{value:.0}\u{a0}{}", UNITS[unit])
    } else {
        format!("{value:.1}\u{a0}{}", UNITS[unit])
    }
}

/// A whole number in groups of three: `41,203`.
pub fn count(value: f64) -> String {
    let rounded = value.round();
    let digits = format!("{:.0}", rounded.abs());
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if rounded < 0.0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `0.4 %`, `12 %`, `below 0.1 %`: for chances, of which the small ones matter.
pub fn chance(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.1 => "below 0.1\u{a0}%".to_owned(),
        p if p < 9.95 => format!("{p:.1}\u{a0}%"),
        p => format!("{p:.0}\u{a0}%"),
    }
}

/// A length of time in seconds, as [`duration`] has it.
pub fn seconds(count: f64) -> String {
    duration(TimeDelta::milliseconds((count * 1e3) as i64))
}

/// A range of times in seconds, its unit named once: `34–52 min`, `5.2–6.1 h`.
pub fn between(low_s: f64, high_s: f64) -> String {
    let (size, decimals, unit) = unit_of(high_s);
    let say = |value: f64| format!("{:.*}", decimals, value.max(0.0) / size);
    let (low, high) = (say(low_s), say(high_s));
    if low == high {
        format!("{high}\u{a0}{unit}")
    } else {
        format!("{low}–{high}\u{a0}{unit}")
    }
}

/// The likeliest time and its range: `41 min (34–52)`.
pub fn about(likely_s: f64, low_s: f64, high_s: f64) -> String {
    let (size, decimals, unit) = unit_of(likely_s);
    let say = |value: f64| format!("{:.*}", decimals, value.max(0.0) / size);
    format!(
        "{}\u{a0}{unit} ({}–{})",
        say(likely_s),
        say(low_s),
        say(high_s)
    )
}

/// The unit that a time is told in: its size in seconds, the decimals worth telling, its name.
const fn unit_of(seconds: f64) -> (f64, usize, &'static str) {
    match seconds {
        s if s < 119.5 => (1.0, 0, "s"),
        s if s < 119.5 * 60.0 => (60.0, 0, "min"),
        s if s < 48.0 * 3600.0 => (3600.0, 1, "h"),
        s if s < 10.0 * 86_400.0 => (86_400.0, 1, "d"),
        _ => (86_400.0, 0, "d"),
    }
}

/// What grows by so much a second, in the time in which that is a number people can hold: `9.8 MiB a minute`, `310 a minute`. `say`
/// writes an amount; `worth` is the least that is told by the minute or hour.
pub fn rate(per_s: f64, worth: f64, say: impl Fn(f64) -> String) -> String {
    let by = [
        (60.0, "a minute"),
        (3_600.0, "an hour"),
        (86_400.0, "a day"),
    ];
    let (size, unit) = by
        .into_iter()
        .find(|(size, _)| per_s.abs() * size >= worth)
        .unwrap_or(by[2]);
    format!("{} {unit}", say(per_s * size))
}

/// [`rate`] of bytes.
pub fn byte_rate(per_s: f64) -> String {
    rate(per_s, 1_048_576.0, |value| bytes(value.max(0.0) as u64))
}

/// A limit, or that there was none.
pub fn limit(limit: Option<u64>) -> String {
    limit.map_or_else(|| "none".to_owned(), bytes)
}

/// `12:43:10`, in UTC.
pub fn clock(at: Timestamp) -> String {
    use chrono::Timelike;

    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// `exit code 137 (SIGKILL)`, with what the code means by convention.
pub fn exit_code(code: i32) -> String {
    use crate::restart::{signal_name, signal_of};

    let meaning = match code {
        2 => Some("a Go panic ends so"),
        101 => Some("a Rust panic ends so"),
        125 => Some("the engine could not run it"),
        126 => Some("the command could not be executed"),
        127 => Some("the command was not found"),
        _ => signal_of(code).and_then(signal_name),
    };
    meaning.map_or_else(
        || format!("exit code {code}"),
        |meaning| format!("exit code {code} ({meaning})"),
    )
}

/// `SIGTERM`, `signal 40`, or for 0 `a signal`: Podman does not tell which.
pub fn signal(number: i32) -> String {
    match crate::restart::signal_name(number) {
        Some(name) => name.to_owned(),
        None if number == 0 => "a signal".to_owned(),
        None => format!("signal {number}"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use rstest::rstest;

    #[rstest]
    #[case(20, "20 ms")]
    #[case(200, "0.2 s")]
    #[case(4_000, "4 s")]
    #[case(9_970, "10 s")]
    #[case(14_400, "14 s")]
    #[case(180_000, "3 min")]
    #[case(18_720_000, "5.2 h")]
    #[case(-5, "0 s")]
    fn durations(#[case] ms: i64, #[case] expected: &str) {
        let said = super::duration(TimeDelta::milliseconds(ms));
        assert_eq!(said.replace('\u{a0}', " "), expected);
    }

    #[rstest]
    #[case(0.996, "99.6 %")]
    #[case(1.0, "100 %")]
    #[case(0.0812, "8 %")]
    #[case(0.8571, "86 %")]
    fn shares(#[case] share: f64, #[case] expected: &str) {
        assert_eq!(super::percent(share).replace('\u{a0}', " "), expected);
    }

    #[rstest]
    #[case(0.004, "0.4 %")]
    #[case(0.0, "below 0.1 %")]
    #[case(0.000_2, "below 0.1 %")]
    #[case(0.32, "32 %")]
    fn chances(#[case] share: f64, #[case] expected: &str) {
        assert_eq!(super::chance(share).replace('\u{a0}', " "), expected);
    }

    #[rstest]
    #[case(0.0, "0")]
    #[case(999.0, "999")]
    #[case(41_203.0, "41,203")]
    #[case(-1_234_567.0, "-1,234,567")]
    fn counts(#[case] value: f64, #[case] expected: &str) {
        assert_eq!(super::count(value), expected);
    }

    #[rstest]
    #[case(2_460.0, 2_040.0, 3_120.0, "41 min (34–52)")]
    #[case(22_000.0, 20_000.0, 25_000.0, "6.1 h (5.6–6.9)")]
    #[case(40.0, 0.0, 52.0, "40 s (0–52)")]
    fn forecasts(#[case] likely: f64, #[case] low: f64, #[case] high: f64, #[case] expected: &str) {
        assert_eq!(
            super::about(likely, low, high).replace('\u{a0}', " "),
            expected
        );
    }

    #[test]
    fn ranges_name_their_unit_once() {
        let plain = |low, high| super::between(low, high).replace('\u{a0}', " ");
        assert_eq!(plain(18_720.0, 21_960.0), "5.2–6.1 h");
        assert_eq!(plain(60.0, 61.0), "60–61 s");
        assert_eq!(plain(3_000.0, 3_010.0), "50 min");
    }

    #[test]
    fn rates_are_told_by_the_time_that_makes_them_numbers() {
        let plain = |per_s| super::byte_rate(per_s).replace('\u{a0}', " ");
        assert_eq!(plain(171_000.0), "9.8 MiB a minute");
        assert_eq!(plain(2_000.0), "6.9 MiB an hour");
        assert_eq!(plain(20.0), "1.6 MiB a day");
    }

    #[rstest]
    #[case(512 << 20, "512 MiB")]
    #[case(3 << 29, "1.5 GiB")]
    #[case(100, "100 B")]
    fn sizes(#[case] count: u64, #[case] expected: &str) {
        assert_eq!(super::bytes(count).replace('\u{a0}', " "), expected);
    }
}
