//! The payload of `head_log`: the samples of one poll, in frames that can be appended to each other.
//!
//! ```text
//! version u8 · length varint · body · CRC-32 of the body, little-endian
//! body:   count varint · [first container, signed varint · stride varint] · samples
//! sample: distance to the container before, signed, in strides, varint: twice that, 1 more if a shape follows, and 1 more again
//!                                               or 0, and then the distance alone and a shape
//!         [shape: time, signed difference to the sample before, the first one's to the tick, varint · present u8 · [task kind varint]]
//!         working set · usage above it · anonymous memory below it, signed · limit, as a round number · tasks · kernel tasks; varints
//! ```
//! The lowest seven bits of `present` are the columns; with the eighth set, values in bytes are counted in pages. A sample without a shape
//! has that of the sample before: in a poll, all are of one time and nearly all of one kind. No frame needs another to be read.

mod v1;

use super::{
    codec::{CodecError, PAGE},
    point::{Column, Point},
    varint,
};

/// The version that is written. Readers know this one and all before it.
pub(super) const VERSION: u8 = 2;
const PAGES: u8 = 0x80;

/// What a sample has in common with the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    at_ms: i64,
    /// Columns, and whether those in bytes are in pages.
    present: u8,
    task_kind: u64,
}

impl Shape {
    const fn new(tick_ms: i64) -> Self {
        Self {
            at_ms: tick_ms,
            present: 0,
            task_kind: 0,
        }
    }

    /// That of a point which follows one of this shape.
    fn next(self, point: &Point) -> Self {
        let whole = |column: &Column| {
            let bytes = point.get(*column);
            bytes.is_none_or(|bytes| bytes.is_multiple_of(PAGE))
        };
        let paged = Column::ALL[..Column::IN_BYTES].iter().all(whole);
        Self {
            at_ms: point.at_ms,
            present: point.present() | if paged { PAGES } else { 0 },
            task_kind: point.get(Column::TaskKind).unwrap_or(self.task_kind),
        }
    }

    const fn has(self, column: Column) -> bool {
        self.present & (1 << column as u8) != 0
    }

    /// What values in bytes are counted in.
    const fn unit(self) -> u64 {
        if self.present & PAGES == 0 { 1 } else { PAGE }
    }

    fn put(self, out: &mut Vec<u8>, before: Self) {
        varint::put_signed(out, self.at_ms.wrapping_sub(before.at_ms));
        out.push(self.present);
        if self.has(Column::TaskKind) {
            varint::put(out, self.task_kind);
        }
    }

    fn take(self, bytes: &mut &[u8]) -> Result<Self, CodecError> {
        let at_ms = self.at_ms.wrapping_add(varint::take_signed(bytes)?);
        let mut shape = Self {
            at_ms,
            present: varint::take_byte(bytes)?,
            ..self
        };
        if shape.has(Column::TaskKind) {
            shape.task_kind = varint::take(bytes)?;
        }
        Ok(shape)
    }
}

/// A frame with the points of one poll.
pub(super) fn encode(tick_ms: i64, points: &[(i64, Point)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(points.len() * 16 + 16);
    varint::put(&mut body, points.len() as u64);
    if let Some((first, _)) = points.first() {
        let stride = stride(points);
        varint::put_signed(&mut body, *first);
        varint::put(&mut body, stride.cast_unsigned());
        let (mut before, mut shape) = (*first, Shape::new(tick_ms));
        for (container, point) in points {
            let next = shape.next(point);
            let distance = container.wrapping_sub(before) / stride;
            if put_distance(&mut body, distance, next != shape) {
                next.put(&mut body, shape);
            }
            put_values(&mut body, point, next);
            (before, shape) = (*container, next);
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
        let decode_body = match version {
            1 => v1::decode_body,
            VERSION => decode_body,
            _ => return Err(CodecError::UnknownVersion(version)),
        };
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
    if count == 0 {
        return varint::end(body);
    }
    let mut container = varint::take_signed(&mut body)?;
    let stride = varint::take(&mut body)?.cast_signed();
    let mut shape = Shape::new(tick_ms);
    for _ in 0..count {
        let (distance, differs) = take_distance(&mut body)?;
        container = container.wrapping_add(distance.wrapping_mul(stride));
        if differs {
            shape = shape.take(&mut body)?;
        }
        points.push((container, take_values(&mut body, shape)?));
    }
    varint::end(body)
}

/// The greatest number that all distances between containers are multiples of: parts of a fleet have every so many.
fn stride(points: &[(i64, Point)]) -> i64 {
    let distances = points
        .windows(2)
        .map(|pair| pair[1].0.wrapping_sub(pair[0].0).unsigned_abs());
    let mut stride = 0;
    for mut distance in distances {
        while distance != 0 {
            (stride, distance) = (distance, stride % distance);
        }
        if stride == 1 {
            break;
        }
    }
    // Without two different containers nothing is divided by it.
    i64::try_from(stride.max(1)).unwrap_or(1)
}

/// Whether a shape has to follow.
fn put_distance(out: &mut Vec<u8>, distance: i64, differs: bool) -> bool {
    let folded = varint::fold(distance);
    if folded < 1 << 62 {
        varint::put(out, (folded << 1 | u64::from(differs)) + 1);
        differs
    } else {
        out.push(0);
        varint::put_signed(out, distance);
        true
    }
}

fn take_distance(bytes: &mut &[u8]) -> Result<(i64, bool), CodecError> {
    match varint::take(bytes)?.checked_sub(1) {
        None => Ok((varint::take_signed(bytes)?, true)),
        Some(code) => Ok((varint::unfold(code >> 1), code & 1 == 1)),
    }
}

fn put_values(out: &mut Vec<u8>, point: &Point, shape: Shape) {
    let bytes = |column| point.get(column).map(|bytes| bytes / shape.unit());
    let memory = bytes(Column::WorkingSet);
    let base = memory.unwrap_or(0);
    if let Some(memory) = memory {
        varint::put(out, memory);
    }
    if let Some(usage) = bytes(Column::Usage) {
        varint::put(out, usage.wrapping_sub(base));
    }
    if let Some(anon) = bytes(Column::Anon) {
        varint::put_signed(out, base.wrapping_sub(anon).cast_signed());
    }
    if let Some(limit) = bytes(Column::Limit) {
        put_round(out, limit);
    }
    for column in [Column::Tasks, Column::KernelTasks] {
        if let Some(count) = point.get(column) {
            varint::put(out, count);
        }
    }
}

fn take_values(bytes: &mut &[u8], shape: Shape) -> Result<Point, CodecError> {
    let mut point = Point::empty(shape.at_ms);
    let whole = |value: u64| {
        let whole = value.checked_mul(shape.unit());
        whole.ok_or(CodecError::Malformed("more than 64 bits"))
    };
    let mut base = 0;
    if shape.has(Column::WorkingSet) {
        base = varint::take(bytes)?;
        point.set(Column::WorkingSet, Some(whole(base)?));
    }
    if shape.has(Column::Usage) {
        let usage = base.wrapping_add(varint::take(bytes)?);
        point.set(Column::Usage, Some(whole(usage)?));
    }
    if shape.has(Column::Anon) {
        let anon = base.wrapping_sub(varint::take_signed(bytes)?.cast_unsigned());
        point.set(Column::Anon, Some(whole(anon)?));
    }
    if shape.has(Column::Limit) {
        point.set(Column::Limit, Some(whole(take_round(bytes)?)?));
    }
    for column in [Column::Tasks, Column::KernelTasks] {
        if shape.has(column) {
            point.set(column, Some(varint::take(bytes)?));
        }
    }
    if shape.has(Column::TaskKind) {
        point.set(Column::TaskKind, Some(shape.task_kind));
    }
    Ok(point)
}

/// A number that is likely to end in many zeros, as limits do: how many, in six bits, below the half of what is before them. Or 0, and
/// then the number.
fn put_round(out: &mut Vec<u8>, value: u64) {
    let zeros = value.trailing_zeros();
    let half = value.checked_shr(zeros + 1).unwrap_or(0);
    if value != 0 && half < 1 << 57 {
        varint::put(out, (half << 6 | u64::from(zeros)) + 1);
    } else {
        out.push(0);
        varint::put(out, value);
    }
}

fn take_round(bytes: &mut &[u8]) -> Result<u64, CodecError> {
    let Some(code) = varint::take(bytes)?.checked_sub(1) else {
        return varint::take(bytes);
    };
    let (odd, zeros) = (code >> 6 << 1 | 1, code as u32 & 0x3f);
    if odd.leading_zeros() < zeros {
        return Err(CodecError::Malformed("more than 64 bits"));
    }
    Ok(odd << zeros)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::store::series::point::tests::any_point;

    fn poll() -> impl Strategy<Value = Vec<(i64, Point)>> {
        let apart = (any::<i64>(), prop_oneof![Just(1), Just(16), 0..9_i64]);
        let containers = apart.prop_flat_map(|(first, apart)| {
            let number = move |step: i64| first.wrapping_add(apart * step);
            vec(
                prop_oneof![9 => (0..40_i64).prop_map(number), 1 => any::<i64>()],
                0..20,
            )
        });
        containers.prop_flat_map(|containers| {
            let times = prop_oneof![3 => Just(7), 1 => any::<i64>()];
            let point = |container| (Just(container), times.clone().prop_flat_map(any_point));
            containers.into_iter().map(point).collect::<Vec<_>>()
        })
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
        fn any_body_is_read_or_refused(bytes: Vec<u8>) {
            let _either = decode_body(0, &bytes, &mut Vec::new());
        }

        #[test]
        fn a_cut_payload_is_refused(points in poll(), cut: prop::sample::Index) {
            let frame = encode(0, &points);
            let cut = cut.index(frame.len() - 1) + 1;
            prop_assert!(decode(0, &frame[..cut]).is_err());
        }

        #[test]
        fn any_number_comes_back_round_or_not(value: u64, zeros in 0..64_u32) {
            for value in [value, value << zeros, 1 << zeros, 0] {
                let mut bytes = Vec::new();
                put_round(&mut bytes, value);
                prop_assert_eq!(take_round(&mut bytes.as_slice()), Ok(value));
            }
        }
    }

    #[test]
    fn a_sample_of_a_small_container_takes_few_bytes() {
        let mut point = Point::empty(1_700_000_000_000);
        point.set(Column::WorkingSet, Some(48 << 20));
        point.set(Column::Usage, Some(50 << 20));
        point.set(Column::Anon, Some(47 << 20));
        point.set(Column::Limit, Some(64 << 20));
        point.set(Column::Tasks, Some(120));
        point.set(Column::TaskKind, Some(1));
        point.set(Column::KernelTasks, Some(9));
        let part: Vec<_> = (0..100).map(|number| (7 + 16 * number, point)).collect();
        let frame = encode(1_700_000_000_000, &part);
        assert!(frame.len() / 100 <= 10, "{}", frame.len() / 100);
    }
}
