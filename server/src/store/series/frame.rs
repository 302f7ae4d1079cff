//! The payload of `head_log`: the samples of one poll, in frames that can be appended to each other.
//!
//! ```text
//! version u8 · length varint · body · CRC-32 of the body, little-endian
//! body: count varint, then for each sample
//!       container (signed difference to the one before) · time (signed, milliseconds after the tick) · present u8 · values varint
//! ```
//! The lowest seven bits of `present` are the columns; with the eighth set, values in bytes are counted in pages.

use super::{
    codec::{CodecError, PAGE},
    point::{Column, Point},
    varint,
};

const VERSION: u8 = 1;
const PAGES: u8 = 0x80;

/// A frame with the points of one poll.
pub(super) fn encode(tick_ms: i64, points: &[(i64, Point)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(points.len() * 24);
    varint::put(&mut body, points.len() as u64);
    let mut previous = 0;
    for (container, point) in points {
        varint::put_signed(&mut body, container.wrapping_sub(previous));
        previous = *container;
        varint::put_signed(&mut body, point.at_ms.wrapping_sub(tick_ms));
        let in_bytes = &Column::ALL[..Column::IN_BYTES];
        let paged = in_bytes.iter().all(|column| {
            point
                .get(*column)
                .is_none_or(|bytes| bytes.is_multiple_of(PAGE))
        });
        body.push(point.present() | if paged { PAGES } else { 0 });
        for (index, column) in Column::ALL.into_iter().enumerate() {
            if let Some(value) = point.get(column) {
                let divisor = if paged && index < Column::IN_BYTES {
                    PAGE
                } else {
                    1
                };
                varint::put(&mut body, value / divisor);
            }
        }
    }
    let mut frame = Vec::with_capacity(body.len() + 10);
    frame.push(VERSION);
    varint::put(&mut frame, body.len() as u64);
    let checksum = crc32fast::hash(&body);
    frame.append(&mut body);
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame
}

/// The points of all frames in a payload.
pub(super) fn decode(tick_ms: i64, mut payload: &[u8]) -> Result<Vec<(i64, Point)>, CodecError> {
    let mut points = Vec::new();
    while !payload.is_empty() {
        let version = varint::take_byte(&mut payload)?;
        if version != VERSION {
            return Err(CodecError::UnknownVersion(version));
        }
        let length = usize::try_from(varint::take(&mut payload)?).unwrap_or(usize::MAX);
        let body = varint::take_slice(&mut payload, length)?;
        let checksum = varint::take_slice(&mut payload, 4)?;
        if crc32fast::hash(body).to_le_bytes() != checksum {
            return Err(CodecError::Checksum);
        }
        decode_body(tick_ms, body, &mut points)?;
    }
    Ok(points)
}

fn decode_body(
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;

    fn poll() -> impl Strategy<Value = Vec<(i64, Point)>> {
        vec((any::<i64>(), any::<i64>().prop_flat_map(any_point)), 0..20)
    }

    proptest! {
        #[test]
        fn polls_of_one_tick_come_back_in_order(tick: i64, first in poll(), second in poll()) {
            let payload = [encode(tick, &first), encode(tick, &second)].concat();
            let both = [first, second].concat();
            prop_assert_eq!(decode(tick, &payload), Ok(both));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = decode(0, &bytes);
        }

        #[test]
        fn a_cut_payload_is_refused(points in poll(), cut: prop::sample::Index) {
            let frame = encode(0, &points);
            let cut = cut.index(frame.len() - 1) + 1;
            prop_assert!(decode(0, &frame[..cut]).is_err());
        }
    }

    #[test]
    fn a_sample_of_a_small_container_takes_few_bytes() {
        let mut point = Point::empty(1_700_000_000_000);
        point.set(Column::WorkingSet, Some(48 << 20));
        point.set(Column::Usage, Some(50 << 20));
        point.set(Column::Limit, Some(64 << 20));
        point.set(Column::Tasks, Some(120));
        point.set(Column::TaskKind, Some(1));
        point.set(Column::KernelTasks, Some(9));
        let frame = encode(1_700_000_000_000, &vec![(7, point); 100]);
        assert!(frame.len() / 100 <= 16, "{}", frame.len() / 100);
    }
}
