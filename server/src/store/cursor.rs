//! Cursors: where a page ended, as numbers joined by dots. Opaque to clients.

use std::{fmt::Write as _, str::FromStr};

use chrono::{DateTime, Utc};

use super::error::StoreError;

/// The place of a row in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor<const N: usize>(pub(super) [i64; N]);

impl<const N: usize> Cursor<N> {
    pub(super) fn encode(self) -> String {
        let mut text = String::new();
        for (index, number) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "." };
            // Writing to a String does not fail.
            let _ = write!(text, "{separator}{number}");
        }
        text
    }
}

impl<const N: usize> FromStr for Cursor<N> {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
        let numbers = numbers.map_err(|_not_a_number| StoreError::BadCursor)?;
        numbers
            .try_into()
            .map(Self)
            .map_err(|_wrong_length| StoreError::BadCursor)
    }
}

/// Microseconds since 1970, as exact as the database is.
pub(super) fn moment(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or(StoreError::BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_strangers_are_refused() {
        let cursor = Cursor([1_700_000_000_000_000, -5]);
        assert_eq!(cursor.encode().parse::<Cursor<2>>().ok(), Some(cursor));
        for text in ["", "1", "1.2.3", "a.b", "1.99999999999999999999"] {
            assert!(
                matches!(text.parse::<Cursor<2>>(), Err(StoreError::BadCursor)),
                "{text}"
            );
        }
    }
}
