//! Columns of a row in one value, which fills the pages it lies in better than many small ones.
//!
//! ```text
//! version u8 · the length of every column, varints · the columns, each with a checksum of its own
//! ```
//! A column that is absent has no length.

use super::{codec::CodecError, varint};

const VERSION: u8 = 1;

/// The columns in one.
pub(super) fn pack<const N: usize>(columns: &[Option<&[u8]>; N]) -> Vec<u8> {
    let columns = columns.map(Option::unwrap_or_default);
    let mut out = vec![VERSION];
    for column in columns {
        varint::put(&mut out, column.len() as u64);
    }
    for column in columns {
        out.extend_from_slice(column);
    }
    out
}

/// Takes them apart again.
pub(super) fn unpack<const N: usize>(mut bytes: &[u8]) -> Result<[Option<&[u8]>; N], CodecError> {
    let lengths = take_lengths::<N>(&mut bytes)?;
    let mut columns = [None; N];
    for (column, length) in columns.iter_mut().zip(lengths) {
        let taken = varint::take_slice(&mut bytes, length)?;
        *column = (length > 0).then_some(taken);
    }
    varint::end(bytes)?;
    Ok(columns)
}

/// Takes what stands in front of the columns: the length of each.
pub(super) fn take_lengths<const N: usize>(bytes: &mut &[u8]) -> Result<[usize; N], CodecError> {
    match varint::take_byte(bytes)? {
        VERSION => {}
        other => return Err(CodecError::UnknownVersion(other)),
    }
    let mut lengths = [0; N];
    for length in &mut lengths {
        *length = usize::try_from(varint::take(bytes)?).unwrap_or(usize::MAX);
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn any_columns_come_back(columns in prop::array::uniform8(option::of(vec(any::<u8>(), 1..300)))) {
            let columns = columns.each_ref().map(Option::as_deref);
            let packed = pack(&columns);
            prop_assert_eq!(unpack(&packed), Ok(columns));
        }

        #[test]
        fn any_bytes_are_taken_apart_or_refused(bytes: Vec<u8>) {
            let _either = unpack::<8>(&bytes);
        }
    }

    #[test]
    fn columns_are_packed_as_ever() {
        let bytes = pack(&[Some(&[7, 8, 9]), None, Some(&[1])]);
        assert_eq!(bytes, [1, 3, 0, 1, 7, 8, 9, 1]);
        let newer = [&[VERSION + 1], &bytes[1..]].concat();
        let error = CodecError::UnknownVersion(VERSION + 1);
        assert_eq!(unpack::<3>(&newer), Err(error));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(unpack::<3>(&longer).is_err());
        assert!(unpack::<3>(&bytes[..7]).is_err());
    }
}
