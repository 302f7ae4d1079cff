//! One column of a chunk as bytes: a version, what is absent, the numbers compressed by pco, a checksum.
//!
//! ```text
//! version u8 · flags u8 · rows varint · [runs of present and absent rows] · body · CRC-32 of all before it, little-endian
//! ```
//! The body is nothing (no value at all), one varint (all values are equal) or a standalone pco stream.

use pco::{
    ChunkConfig, DeltaSpec, ModeSpec,
    standalone::{simple_compress_into, simple_decompress_into},
};

use super::varint;

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
const VERSION: u8 = 1;

/// No column is longer: one sample for every millisecond of the two hours of a chunk. Bounds what bad bytes can allocate.
const MAX_ROWS: usize = 7_200_000;

/// The unit in which cgroups account memory.
pub(super) const PAGE: u64 = 4096;

const BODY: u8 = 0b011;
const BODY_NONE: u8 = 0;
const BODY_EQUAL: u8 = 1;
const BODY_PCO: u8 = 2;
/// Some rows have no value.
const GAPS: u8 = 0b100;
/// Values are multiples of [`PAGE`], stored divided by it. pco finds that out by itself, at two or three times the cost.
const PAGES: u8 = 0b1000;

/// Bytes of a column.
pub(super) fn encode(rows: &[Option<u64>]) -> Vec<u8> {
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
        Some(_) => BODY_PCO,
    };
    let gaps = values.len() < rows.len() && body != BODY_NONE;

    let mut out = vec![
        VERSION,
        body | if gaps { GAPS } else { 0 } | if paged { PAGES } else { 0 },
    ];
    varint::put(&mut out, rows.len() as u64);
    if gaps {
        put_runs(&mut out, rows);
    }
    match body {
        BODY_NONE => {}
        BODY_EQUAL => varint::put(&mut out, values[0]),
        _ => {
            out = simple_compress_into(&values, &config(), out)
                .expect("the configuration is valid and writing to memory does not fail");
        }
    }
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// Measured best for memory and task counts: the difference to the value before, and no search for another mode.
fn config() -> ChunkConfig {
    ChunkConfig::default()
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(DeltaSpec::TryConsecutive(1))
}

/// Rows of a column.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Option<u64>>, CodecError> {
    let mut rest = checked(bytes)?;
    let flags = varint::take_byte(&mut rest)?;
    let rows = usize::try_from(varint::take(&mut rest)?).unwrap_or(usize::MAX);
    if rows > MAX_ROWS {
        return Err(CodecError::Malformed("too many rows"));
    }
    let present = if flags & GAPS == 0 {
        vec![flags & BODY != BODY_NONE; rows]
    } else {
        take_runs(&mut rest, rows)?
    };
    let count = present.iter().filter(|present| **present).count();
    let mut values = match flags & BODY {
        BODY_NONE => Vec::new(),
        BODY_EQUAL => vec![varint::take(&mut rest)?; count],
        BODY_PCO => decompress(rest, count)?,
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
    Ok(present
        .into_iter()
        .map(|present| if present { values.next() } else { None })
        .collect())
}

/// What is between version and checksum, if both are right.
fn checked(bytes: &[u8]) -> Result<&[u8], CodecError> {
    match bytes.first() {
        None => return Err(CodecError::Malformed("empty")),
        Some(&VERSION) => {}
        Some(&other) => return Err(CodecError::UnknownVersion(other)),
    }
    let (content, checksum) = bytes
        .split_last_chunk::<4>()
        .ok_or(CodecError::Malformed("cut short"))?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return Err(CodecError::Checksum);
    }
    Ok(&content[1..])
}

fn decompress(bytes: &[u8], count: usize) -> Result<Vec<u64>, CodecError> {
    let mut values = vec![0_u64; count];
    let progress = simple_decompress_into(bytes, &mut values)
        .map_err(|error| CodecError::Compression(error.to_string()))?;
    if progress.n_processed == count {
        Ok(values)
    } else {
        Err(CodecError::Malformed("fewer values than rows"))
    }
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

    /// Bytes of memory in whole pages, small counts, and anything.
    fn column() -> impl Strategy<Value = Vec<Option<u64>>> {
        prop_oneof![
            vec(
                option::of((0..1_u64 << 30).prop_map(|pages| pages * PAGE)),
                0..800
            ),
            vec(option::of(0..200_u64), 0..800),
            vec(option::of(any::<u64>()), 0..300),
            vec(Just(None), 0..50),
            (any::<u64>(), 0..800_usize).prop_map(|(value, rows)| vec![Some(value); rows]),
        ]
    }

    proptest! {
        #[test]
        fn any_column_comes_back(rows in column()) {
            prop_assert_eq!(decode(&encode(&rows)), Ok(rows));
        }

        #[test]
        fn any_changed_byte_is_noticed(rows in column(), at: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = encode(&rows);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn bad_bytes_under_a_right_checksum_give_no_panic(mut bytes in vec(any::<u8>(), 0..200)) {
            bytes.insert(0, VERSION);
            let checksum = crc32fast::hash(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes());
            let _either = decode(&bytes);
        }
    }

    #[test]
    fn a_newer_version_is_refused() {
        let mut bytes = encode(&[Some(1)]);
        bytes[0] = VERSION + 1;
        assert_eq!(decode(&bytes), Err(CodecError::UnknownVersion(VERSION + 1)));
    }

    /// A golden chunk: what version 1 has written must be readable for ever.
    #[test]
    fn version_1_stays_readable() {
        let bytes = [1, 0b101, 4, 1, 2, 1, 42, 0x25, 0xa8, 0xce, 0xe7];
        assert_eq!(encode(&[Some(42), None, None, Some(42)]), bytes);
        assert_eq!(decode(&bytes), Ok(vec![Some(42), None, None, Some(42)]));
    }

    #[test]
    fn what_hardly_changes_takes_hardly_any_space() {
        let rising: Vec<_> = (0..720).map(|row| Some((10_000 + row) * PAGE)).collect();
        assert!(encode(&rising).len() < 80, "{}", encode(&rising).len());
        assert!(encode(&vec![Some(64 << 20); 720]).len() < 16);
    }
}
