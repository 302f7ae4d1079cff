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
    #[case(512 << 20, "512 MiB")]
    #[case(3 << 29, "1.5 GiB")]
    #[case(100, "100 B")]
    fn sizes(#[case] count: u64, #[case] expected: &str) {
        assert_eq!(super::bytes(count).replace('\u{a0}', " "), expected);
    }
}
