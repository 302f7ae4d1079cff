//! One column of a chunk as bytes: a version, what is absent, the numbers compressed by pco, a checksum.
//!
//! ```text
//! version u8 · flags u8 · rows varint · [runs of present and absent rows] · body · CRC-32 of all before it, little-endian
//! ```
//! The body is nothing (no value at all), one varint (all values are equal), numbers compressed by pco, or, since version 3, the differences
//! from each of a few numbers to the next as varints. pco is in version 1 a whole file of its, since version 2 what of that the column
//! does not say already.

use super::{numbers, varint};

/// Why stored bytes could not be read. Nothing is ever guessed from them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer Inquest.
    #[error("version {0} of the sample format is not known to this version of Inquest")]
    UnknownVersion(u8),
    /// The bytes changed after they were written.
    #[error("the checksum does not match")]
    Checksum,
    /// The bytes do not follow the format.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// pco refused the bytes.
    #[error("malformed: {0}")]
    Compression(String),
}

/// The format that is written. Readers know this one and all before it.
pub(super) const VERSION: u8 = 3;

/// No column is longer: a sample for every millisecond of two hours, 83 a second for a day. Bounds what bad bytes can allocate.
pub(super) const MAX_ROWS: usize = 7_200_000;

/// The unit in which cgroups account memory.
pub(super) const PAGE: u64 = 4096;

const BODY: u8 = 0b011;
const BODY_NONE: u8 = 0;
const BODY_EQUAL: u8 = 1;
const BODY_PCO: u8 = 2;
const BODY_FEW: u8 = 3;
/// So many values are few: pco would need more bytes to say how they are compressed than it saves, and ten times as long.
/// The rollups of two hours have 24.
const FEW: usize = 32;
/// Some rows have no value.
const GAPS: u8 = 0b100;
/// Values are multiples of [`PAGE`], stored divided by it. pco finds that out by itself, at two or three times the cost.
const PAGES: u8 = 0b1000;
/// Values are what these rows have above, or below, those of another column: see [`super::beside`].
pub(super) const ABOVE: u8 = 0b1_0000;
pub(super) const BELOW: u8 = 0b10_0000;
/// The other column is the sum of two. Readers that do not know this flag refuse it, as any other that they do not know.
pub(super) const SUM: u8 = 0b100_0000;
const RELATION: u8 = ABOVE | BELOW | SUM;

/// Bytes of a column.
pub(super) fn encode(rows: &[Option<u64>]) -> Vec<u8> {
    encode_as(rows, 0)
}

/// Bytes of a column that is related to another one: [`ABOVE`] or [`BELOW`], with [`SUM`] or without; or 0.
pub(super) fn encode_as(rows: &[Option<u64>], relation: u8) -> Vec<u8> {
    let mut values: Vec<u64> = rows.iter().copied().flatten().collect();
    let paged = !values.is_empty() && values.iter().all(|value| value.is_multiple_of(PAGE));
    if paged {
        for value in &mut values {
            *value /= PAGE;
        }
    }
    let equal = values.windows(2).all(|pair| pair[0] == pair[1]);
    let body = match values.first() {
        None => BODY_NONE,
        Some(_) if equal => BODY_EQUAL,
        Some(_) if values.len() <= FEW => BODY_FEW,
        Some(_) => BODY_PCO,
    };
    let gaps = values.len() < rows.len() && body != BODY_NONE;

    let mut out = vec![
        VERSION,
        relation | body | if gaps { GAPS } else { 0 } | if paged { PAGES } else { 0 },
    ];
    varint::put(&mut out, rows.len() as u64);
    if gaps {
        put_runs(&mut out, rows);
    }
    match body {
        BODY_NONE => {}
        BODY_EQUAL => varint::put(&mut out, values[0]),
        BODY_FEW => {
            let mut before = 0_u64;
            for value in values {
                varint::put_signed(&mut out, value.wrapping_sub(before).cast_signed());
                before = value;
            }
        }
        _ => {
            out = numbers::put(out, &values);
        }
    }
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// Rows of a column, of which there cannot be more than `at_most`: equal rows take no bytes, so the bytes say nothing of their number.
pub(super) fn decode(bytes: &[u8], at_most: usize) -> Result<Vec<Option<u64>>, CodecError> {
    match decode_as(bytes, at_most)? {
        (0, rows) => Ok(rows),
        _ => Err(CodecError::Malformed("related to another column")),
    }
}

/// The same, with the relation to another column.
pub(super) fn decode_as(
    bytes: &[u8],
    at_most: usize,
) -> Result<(u8, Vec<Option<u64>>), CodecError> {
    let (version, mut rest) = checked(bytes)?;
    let flags = varint::take_byte(&mut rest)?;
    if flags & !(BODY | GAPS | PAGES | RELATION) != 0 {
        return Err(CodecError::Malformed("unknown flags"));
    }
    let rows = usize::try_from(varint::take(&mut rest)?).unwrap_or(usize::MAX);
    if rows > at_most {
        return Err(CodecError::Malformed("too many rows"));
    }
    let present = match flags & (GAPS | BODY) {
        BODY_NONE => Some(vec![false; rows]),
        gaps if gaps & GAPS != 0 => Some(take_runs(&mut rest, rows)?),
        _ => None,
    };
    let count = present.as_ref().map_or(rows, |present| {
        present.iter().filter(|present| **present).count()
    });
    let mut values = match flags & BODY {
        BODY_PCO if version == 1 => numbers::decode_file(rest, count)?,
        BODY_PCO => numbers::decode(rest, count)?,
        BODY_EQUAL => {
            let value = varint::take(&mut rest)?;
            varint::end(rest)?;
            vec![value; count]
        }
        BODY_NONE => {
            varint::end(rest)?;
            Vec::new()
        }
        BODY_FEW if version >= 3 && count <= FEW => {
            let mut values = Vec::with_capacity(count);
            let mut value = 0_u64;
            for _ in 0..count {
                value = value.wrapping_add(varint::take_signed(&mut rest)?.cast_unsigned());
                values.push(value);
            }
            varint::end(rest)?;
            values
        }
        _ => return Err(CodecError::Malformed("unknown kind of body")),
    };
    if flags & PAGES != 0 {
        for value in &mut values {
            *value = value
                .checked_mul(PAGE)
                .ok_or(CodecError::Malformed("more than 64 bits"))?;
        }
    }
    let mut values = values.into_iter();
    let rows = match present {
        Some(present) => present
            .into_iter()
            .map(|present| if present { values.next() } else { None })
            .collect(),
        None => values.map(Some).collect(),
    };
    Ok((flags & RELATION, rows))
}

/// As much of the beginning of a column as [`rows_of`] needs.
pub(in crate::store) const HEADER_BYTES: i32 = 12;

/// How many rows a column has, from its first bytes. The checksum is not looked at: good for statistics alone.
pub(in crate::store) fn rows_of(header: &[u8]) -> Result<usize, CodecError> {
    let (_version_and_flags, mut rest) = header
        .split_at_checked(2)
        .ok_or(CodecError::Malformed("cut short"))?;
    Ok(varint::take(&mut rest)? as usize)
}

/// The version, and what is between it and the checksum, if both are right.
fn checked(bytes: &[u8]) -> Result<(u8, &[u8]), CodecError> {
    let version = match bytes.first() {
        None => return Err(CodecError::Malformed("empty")),
        Some(version @ 1..=VERSION) => *version,
        Some(other) => return Err(CodecError::UnknownVersion(*other)),
    };
    let (content, checksum) = bytes
        .split_last_chunk::<4>()
        .ok_or(CodecError::Malformed("cut short"))?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return Err(CodecError::Checksum);
    }
    let content = content.get(1..).ok_or(CodecError::Malformed("cut short"))?;
    Ok((version, content))
}

/// Lengths of runs, present and absent in turn, starting with present.
fn put_runs(out: &mut Vec<u8>, rows: &[Option<u64>]) {
    let mut present = true;
    let mut length = 0;
    for row in rows {
        if row.is_some() != present {
            varint::put(out, length);
            (present, length) = (!present, 0);
        }
        length += 1;
    }
    varint::put(out, length);
}

fn take_runs(bytes: &mut &[u8], rows: usize) -> Result<Vec<bool>, CodecError> {
    let mut present = Vec::with_capacity(rows);
    let mut state = true;
    while present.len() < rows {
        let length = usize::try_from(varint::take(bytes)?).unwrap_or(usize::MAX);
        if length > rows - present.len() {
            return Err(CodecError::Malformed("runs are longer than the column"));
        }
        present.resize(present.len() + length, state);
        state = !state;
    }
    Ok(present)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    /// Memory in whole pages, small counts, times with jitter, and anything at all; with gaps or without.
    fn column() -> impl Strategy<Value = Vec<Option<u64>>> {
        let ticks = (any::<u32>(), vec(-50..50_i64, 1..800)).prop_map(|(start, jitter)| {
            let at = |(tick, jitter): (i64, i64)| {
                (i64::from(start) + 10_000 * tick + jitter).max(0) as u64
            };
            (0..).zip(jitter).map(at).map(Some).collect()
        });
        let extreme = prop_oneof![
            Just(0),
            Just(i64::MAX as u64),
            Just(i64::MIN as u64),
            Just(u64::MAX)
        ];
        prop_oneof![
            vec(
                option::of((0..1_u64 << 30).prop_map(|pages| pages * PAGE)),
                0..800
            ),
            vec(option::of(0..200_u64), 0..800),
            vec(option::of(any::<u64>()), 0..300),
            vec(option::weighted(0.9, extreme), 0..600),
            vec(Just(None), 0..50),
            ticks,
            (any::<u64>(), 0..800_usize).prop_map(|(value, rows)| vec![Some(value); rows]),
        ]
    }

    proptest! {
        #[test]
        fn any_column_comes_back(rows in column()) {
            prop_assert_eq!(decode(&encode(&rows), rows.len()), Ok(rows));
        }

        #[test]
        fn any_changed_byte_is_noticed(rows in column(), at: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = encode(&rows);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decode(&bytes, MAX_ROWS).is_err());
        }

        #[test]
        fn no_column_is_longer_than_it_may_be(rows in column()) {
            prop_assume!(!rows.is_empty());
            let error = CodecError::Malformed("too many rows");
            prop_assert_eq!(decode(&encode(&rows), rows.len() - 1), Err(error));
        }
    }

    #[test]
    fn a_newer_version_is_refused() {
        let mut bytes = encode(&[Some(1)]);
        bytes[0] = VERSION + 1;
        assert_eq!(
            decode(&bytes, MAX_ROWS),
            Err(CodecError::UnknownVersion(VERSION + 1))
        );
    }

    #[test]
    fn what_hardly_changes_takes_hardly_any_space() {
        let rising: Vec<_> = (0..720).map(|row| Some((10_000 + row) * PAGE)).collect();
        assert!(encode(&rising).len() < 60, "{}", encode(&rising).len());
        assert!(encode(&vec![Some(64 << 20); 720]).len() < 16);
    }
}
