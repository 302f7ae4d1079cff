//! Lengths of time, in milliseconds, and what begins at multiples of them.

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// The last multiple of `length` at or before a moment.
pub(super) const fn begin(at_ms: i64, length: i64) -> i64 {
    at_ms - at_ms.rem_euclid(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_before_1970_begins_earlier() {
        assert_eq!(begin(HOUR - 1, HOUR), 0);
        assert_eq!(begin(HOUR, HOUR), HOUR);
        assert_eq!(begin(-1, HOUR), -HOUR);
    }
}
