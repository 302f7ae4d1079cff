//! Columns that move with another one: usage is the working set and a cache, anonymous memory is most of the working set. In rollups the
//! cache is a column too, and usage is all but the sum of the two.
//!
//! What they differ by changes far less than they do, and takes far fewer bytes. Where it does not, a column is stored as it is.

use super::codec::{self, ABOVE, BELOW, CodecError, SUM};

/// From a value and the one beside it.
type Difference = fn(u64, u64) -> Option<u64>;

/// What a column is stored beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// One other column.
    One,
    /// The sum of two.
    Sum,
}

/// Bytes of a column of the same rows as another.
pub(super) fn encode(rows: &[Option<u64>], beside: &[Option<u64>]) -> Vec<u8> {
    encode_or(rows, rows, &[(Base::One, beside)])
}

/// The same where rows that lie too far from any other column are stored as `otherwise`.
pub(super) fn encode_or(
    otherwise: &[Option<u64>],
    rows: &[Option<u64>],
    others: &[(Base, impl AsRef<[Option<u64>]>)],
) -> Vec<u8> {
    let relations: [(u8, Difference); 2] = [
        (ABOVE, u64::checked_sub),
        (BELOW, |value, other| other.checked_sub(value)),
    ];
    let mut best = (travel(otherwise), None);
    for (base, other) in others {
        for (relation, difference) in relations {
            let Some(differences) = difference_to(rows, other.as_ref(), difference) else {
                continue;
            };
            let way = travel(&differences);
            if way < best.0 {
                let relation = match base {
                    Base::One => relation,
                    Base::Sum => relation | SUM,
                };
                best = (way, Some((differences, relation)));
            }
        }
    }
    match best.1 {
        Some((differences, relation)) => codec::encode_as(&differences, relation),
        None => codec::encode(otherwise),
    }
}

/// Rows of a column of the same rows as another.
pub(super) fn decode(
    bytes: &[u8],
    beside: Option<&[Option<u64>]>,
    at_most: usize,
) -> Result<Vec<Option<u64>>, CodecError> {
    let other = |base| match base {
        Base::One => Some(beside?.iter().copied()),
        Base::Sum => None,
    };
    let (Stored::Beside(rows) | Stored::Otherwise(rows)) = decode_or(bytes, other, at_most)?;
    Ok(rows)
}

/// How rows were stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Beside the other column: these are the rows.
    Beside(Vec<Option<u64>>),
    /// As what [`encode_or`] was given for this case.
    Otherwise(Vec<Option<u64>>),
}

/// Reads what [`encode_or`] wrote. `other` is asked for the rows of the other column, if there is need of one.
pub(super) fn decode_or<I: ExactSizeIterator<Item = Option<u64>>>(
    bytes: &[u8],
    other: impl FnOnce(Base) -> Option<I>,
    at_most: usize,
) -> Result<Stored, CodecError> {
    let (relation, mut rows) = codec::decode_as(bytes, at_most)?;
    if relation == 0 {
        return Ok(Stored::Otherwise(rows));
    }
    let value: Difference = match relation & !SUM {
        ABOVE => u64::checked_add,
        BELOW => u64::checked_sub,
        _ => {
            return Err(CodecError::Malformed(
                "not either above or below another column",
            ));
        }
    };
    let base = if relation & SUM == 0 {
        Base::One
    } else {
        Base::Sum
    };
    let other = other(base).filter(|other| other.len() == rows.len());
    let other = other.ok_or(CodecError::Malformed("without the column it is related to"))?;
    for (row, other) in rows.iter_mut().zip(other) {
        if let Some(difference) = *row {
            let whole = other.and_then(|other| value(other, difference));
            *row = Some(whole.ok_or(CodecError::Malformed("columns do not fit each other"))?);
        }
    }
    Ok(Stored::Beside(rows))
}

/// What each row has more, or less, than the other column; `None` when some row has it the other way round, or stands alone.
fn difference_to(
    rows: &[Option<u64>],
    beside: &[Option<u64>],
    difference: fn(u64, u64) -> Option<u64>,
) -> Option<Vec<Option<u64>>> {
    rows.iter()
        .zip(beside)
        .map(|(row, other)| match row {
            None => Some(None),
            Some(value) => difference(*value, (*other)?).map(Some),
        })
        .collect()
}

/// How far values go from each to the next, in all: what compresses well goes less far.
fn travel(rows: &[Option<u64>]) -> u128 {
    let mut last = None;
    let mut way = 0;
    for value in rows.iter().copied().flatten() {
        way += u128::from(last.map_or(0, |last| value.abs_diff(last)));
        last = Some(value);
    }
    way
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    /// A column and one that lies near it, or anywhere.
    fn columns() -> impl Strategy<Value = (Vec<Option<u64>>, Vec<Option<u64>>)> {
        let near = (0..1_u64 << 40, -5_i64..200)
            .prop_map(|(other, above)| (Some(other), Some(other.saturating_add_signed(above))));
        let below = (1_u64 << 20..1 << 40, 0..200_u64)
            .prop_map(|(other, below)| (Some(other), Some(other - below)));
        let any = (option::of(any::<u64>()), option::of(any::<u64>()));
        let columns = prop_oneof![
            vec(near, 0..300).boxed(),
            vec(below, 0..300).boxed(),
            vec(any, 0..300).boxed()
        ];
        columns.prop_map(|rows| rows.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn any_two_columns_come_back((beside, rows) in columns()) {
            let bytes = encode(&rows, &beside);
            prop_assert_eq!(decode(&bytes, Some(&beside), rows.len()), Ok(rows));
        }

        #[test]
        fn any_column_comes_back_beside_the_nearer_of_two((one, rows) in columns(), more in 0..300_u64) {
            let sum: Vec<_> = one.iter().map(|one| (*one)?.checked_add(more)).collect();
            let bytes = encode_or(&rows, &rows, &[(Base::One, &one), (Base::Sum, &sum)]);
            let other = |base| Some(if base == Base::One { &one } else { &sum }.iter().copied());
            let (Stored::Beside(found) | Stored::Otherwise(found)) = decode_or(&bytes, other, rows.len())?;
            prop_assert_eq!(found, rows);
        }

        #[test]
        fn any_changed_byte_is_noticed((beside, rows) in columns(), at: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = encode(&rows, &beside);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decode(&bytes, Some(&beside), rows.len()).is_err());
        }
    }

    #[test]
    fn the_sum_is_another_column_than_one() {
        let rows: Vec<_> = (0..720).map(|row| Some(row * row % 997 + 1)).collect();
        let sum = rows.clone();
        let bytes = encode_or(&rows, &rows, &[(Base::Sum, &sum)]);
        assert!(bytes.len() < 16, "{}", bytes.len());
        assert!(decode(&bytes, Some(&sum), 720).is_err());
        let of = |base| (base == Base::Sum).then(|| sum.iter().copied());
        assert_eq!(decode_or(&bytes, of, 720), Ok(Stored::Beside(rows)));
        // Alone it says nothing.
        let alone = codec::encode_as(&sum, SUM);
        assert!(decode_or(&alone, of, 720).is_err());
    }

    #[test]
    fn a_cache_that_stays_takes_no_space() {
        let beside: Vec<_> = (0..720).map(|row| Some(row * row % 997 * 4_096)).collect();
        let rows: Vec<_> = beside
            .iter()
            .map(|other| other.map(|other| other + (8 << 20)))
            .collect();
        let bytes = encode(&rows, &beside);
        assert!(bytes.len() < 16, "{}", bytes.len());
        assert!(decode(&bytes, None, 720).is_err());
        assert!(decode(&bytes, Some(&beside[1..]), 720).is_err());
    }
}
