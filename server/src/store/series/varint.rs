//! Numbers in as few bytes as they need: seven bits a byte, least significant first, the top bit says that more follow.

use super::CodecError;

/// Appends a number.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number: small ones of either sign are short.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, fold(value));
}

/// Moves the sign to the lowest bit, so that small numbers of either sign are small.
pub(super) const fn fold(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Undoes [`fold`].
pub(super) const fn unfold(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Takes a number from the front of `bytes`.
pub(super) fn take(bytes: &mut &[u8]) -> Result<u64, CodecError> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(bytes)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(CodecError::Malformed("a number has more than 64 bits"))
}

/// Takes a signed number from the front of `bytes`.
pub(super) fn take_signed(bytes: &mut &[u8]) -> Result<i64, CodecError> {
    take(bytes).map(unfold)
}

/// Takes one byte from the front of `bytes`.
pub(super) fn take_byte(bytes: &mut &[u8]) -> Result<u8, CodecError> {
    let (first, rest) = bytes
        .split_first()
        .ok_or(CodecError::Malformed("cut short"))?;
    *bytes = rest;
    Ok(*first)
}

/// Takes `length` bytes from the front of `bytes`.
pub(super) fn take_slice<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], CodecError> {
    let (first, rest) = bytes
        .split_at_checked(length)
        .ok_or(CodecError::Malformed("cut short"))?;
    *bytes = rest;
    Ok(first)
}

/// Nothing may follow.
pub(super) fn end(bytes: &[u8]) -> Result<(), CodecError> {
    if bytes.is_empty() {
        Ok(())
    } else {
        Err(CodecError::Malformed("bytes after the end"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_number_comes_back(unsigned: u64, signed: i64) {
            let mut bytes = Vec::new();
            put(&mut bytes, unsigned);
            put_signed(&mut bytes, signed);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest), Ok(unsigned));
            prop_assert_eq!(take_signed(&mut rest), Ok(signed));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = take(&mut bytes.as_slice());
        }
    }
}
