//! Bodies of version 1. Every sample says everything, and every value is as it is.
//!
//! ```text
//! count varint, then for each sample
//! container (signed difference to the one before) · time (signed, milliseconds after the tick) · present u8 · values varint
//! ```

use super::{CodecError, Column, PAGE, PAGES, Point, varint};

pub(super) fn decode_body(
    tick_ms: i64,
    mut body: &[u8],
    points: &mut Vec<(i64, Point)>,
) -> Result<(), CodecError> {
    let count = varint::take(&mut body)?;
    let mut container = 0_i64;
    for _ in 0..count {
        container = container.wrapping_add(varint::take_signed(&mut body)?);
        let mut point = Point::empty(tick_ms.wrapping_add(varint::take_signed(&mut body)?));
        let present = varint::take_byte(&mut body)?;
        for (index, column) in Column::ALL.into_iter().enumerate() {
            if present & (1 << index) == 0 {
                continue;
            }
            let factor = if present & PAGES != 0 && index < Column::IN_BYTES {
                PAGE
            } else {
                1
            };
            let value = varint::take(&mut body)?;
            let value = value
                .checked_mul(factor)
                .ok_or(CodecError::Malformed("more than 64 bits"))?;
            point.set(column, Some(value));
        }
        points.push((container, point));
    }
    varint::end(body)
}
