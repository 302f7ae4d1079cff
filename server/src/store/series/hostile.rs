//! Bad bytes: what the fuzzer (`server/fuzz`) calls, and the tests too.
//!
//! Checksums are put right first, since next to no bad byte gets past them otherwise. What can be read must come back when it is
//! written and read again.

use super::{
    aggregate::{self, Others},
    codec::{self, PAGE},
    frame, varint,
};

/// A column of a chunk.
pub(super) fn column(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    mend(&mut bytes);
    if let Ok(rows) = codec::decode(&bytes, codec::MAX_ROWS) {
        assert_eq!(codec::decode(&codec::encode(&rows), rows.len()), Ok(rows));
    }
}

/// A payload of the head.
pub(super) fn head(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    mend_frames(&mut bytes);
    if let Ok(points) = frame::decode(0, &bytes) {
        assert_eq!(frame::decode(0, &frame::encode(0, &points)), Ok(points));
    }
}

/// A column of a rollup of a day in steps of five minutes.
pub(super) fn rollup(bytes: &[u8]) {
    const BUCKETS: usize = 288;
    let mut bytes = bytes.to_vec();
    mend_columns(&mut bytes);
    let [memory, cache] =
        [[1, 9, 5], [2, 7, 3]].map(|pages| [Some(pages.map(|pages| pages * PAGE)); BUCKETS]);
    let (memory, cache) = (Some(memory.as_slice()), Some(cache.as_slice()));
    for (memory, cache) in [(None, None), (memory, None), (memory, cache)] {
        if let Ok(buckets) = aggregate::decode(&bytes, BUCKETS, Others { memory, cache }) {
            assert_eq!(buckets.len(), BUCKETS);
        }
    }
}

/// Puts the checksum at the end right.
fn mend(bytes: &mut [u8]) {
    if let Some((content, checksum)) = bytes.split_last_chunk_mut::<4>() {
        *checksum = crc32fast::hash(content).to_le_bytes();
    }
}

/// Puts the checksums of columns right that follow each other, each after its length.
fn mend_columns(mut bytes: &mut [u8]) {
    while let Some((column, rest)) = split(bytes, 0, 0) {
        mend(column);
        bytes = rest;
    }
}

/// Puts the checksums of frames right.
fn mend_frames(mut bytes: &mut [u8]) {
    while let Some((frame, rest)) = split(bytes, 1, 4) {
        mend(frame);
        bytes = rest;
    }
}

/// Splits after what a length tells, which stands behind `before` bytes and does not count `after` bytes at the end.
fn split(bytes: &mut [u8], before: usize, after: usize) -> Option<(&mut [u8], &mut [u8])> {
    let mut rest = bytes.get(before..)?;
    let length = usize::try_from(varint::take(&mut rest).ok()?).ok()?;
    let begin = bytes.len() - rest.len();
    let (first, rest) =
        bytes.split_at_mut_checked(begin.checked_add(length)?.checked_add(after)?)?;
    Some((&mut first[begin..], rest))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;
    use crate::store::series::golden;

    /// A golden file with some bytes changed, left out or put in.
    fn spoiled(names: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<Index>(), 0..3_u8, any::<u8>());
        (prop::sample::select(names), vec(change, 1..8)).prop_map(|(name, changes)| {
            let mut bytes = golden::read(name);
            for (at, change, byte) in changes {
                let at = at.index(bytes.len());
                match change {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ if bytes.len() > 1 => _ = bytes.remove(at),
                    _ => {}
                }
            }
            bytes
        })
    }

    const COLUMNS: &[&str] = &[
        "column-1-memory.bin",
        "column-1-times.bin",
        "column-2-equal.bin",
        "column-2-extremes.bin",
        "column-2-memory.bin",
        "column-2-times.bin",
    ];

    const ROLLUPS: &[&str] = &[
        "rollup-1.bin",
        "rollup-2.bin",
        "rollup-3.bin",
        "rollup-3-beside.bin",
        "rollup-3-sum.bin",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_spoiled_column_is_read_or_refused(bytes in spoiled(COLUMNS)) {
            column(&bytes);
        }

        #[test]
        fn a_spoiled_frame_is_read_or_refused(bytes in spoiled(&["frame-1.bin"])) {
            head(&bytes);
        }

        #[test]
        fn a_spoiled_rollup_is_read_or_refused(bytes in spoiled(ROLLUPS)) {
            rollup(&bytes);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
            column(&bytes);
            head(&bytes);
            rollup(&bytes);
        }
    }

    /// pco's dictionary and its look-back would allocate for each of these, before anything is read.
    #[test]
    fn a_few_bytes_do_not_ask_for_much_memory() {
        for mode in 1..=u8::MAX {
            let mut bytes = vec![codec::VERSION, 2, 200, 1, 4, 1, mode];
            bytes.extend([0xff; 40]);
            mend(&mut bytes);
            assert!(codec::decode(&bytes, 200).is_err(), "{mode}");
        }
    }
}
