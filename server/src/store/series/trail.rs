//! Readings of one container in memory, in a few bytes each.
//!
//! A trail is a row of blocks. In a block each reading is written as its difference to what was to be expected after the one before: what
//! has not changed takes no space at all, nor do usage and anonymous memory where they went as far as the working set did, which is
//! mostly so. A reading of a quiet container takes two bytes, one of a container that leaks about seven. A block is decoded as a whole,
//! from its begin.
//!
//! ```text
//! reading: unexpected columns, a bit for each, and above them whether other columns are present than before, varint
//!          · [present columns, varint] · step, as the signed difference to the step before, varint · each unexpected column
//! column:  difference to what was expected: in pages if it is whole pages, twice and 1 more; else twice; varint
//!          0 if that would take more than 64 bits, and then the difference
//! ```
//! None of this is ever stored, so it has neither version nor checksum.

use std::{collections::VecDeque, ops::Range};

use super::{codec::PAGE, varint};

/// Readings in a block: 20 minutes at one every ten seconds. It is decoded in microseconds, and its first reading, which has no
/// other before it, hardly counts.
const BLOCK: usize = 120;
/// A block has room for so many bytes more at a time: doubling would leave half of it empty where all blocks of a fleet are young.
const ROOM: usize = 128;
/// Columns that mostly go as far as the first one does: usage and anonymous memory follow the working set.
const FOLLOWERS: Range<usize> = 1..3;

/// A reading: a time, in whatever unit, and numbers each of which may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<const N: usize> {
    /// When.
    pub(crate) at: i64,
    /// What.
    pub(crate) values: [Option<u64>; N],
}

/// Readings in order of time, one at each moment.
#[derive(Clone, Debug)]
pub(crate) struct Trail<const N: usize> {
    /// None is empty, and none reaches into the next.
    blocks: VecDeque<Block>,
    /// Where the last block ends.
    end: Cursor<N>,
}

impl<const N: usize> Default for Trail<N> {
    fn default() -> Self {
        Self {
            blocks: VecDeque::new(),
            end: Cursor::default(),
        }
    }
}

impl<const N: usize> Trail<N> {
    /// Takes a reading, late or not. Of two at one moment the one that comes later stays.
    pub(crate) fn insert(&mut self, row: &Row<N>) {
        match self.blocks.back_mut() {
            Some(last) if row.at <= last.to => self.insert_late(row),
            Some(last) if last.len < BLOCK => last.push(&mut self.end, row),
            last => {
                if let Some(full) = last {
                    full.bytes.shrink_to_fit();
                }
                let (block, end) = Block::of([row]);
                self.blocks.push_back(block);
                self.end = end;
            }
        }
    }

    fn insert_late(&mut self, row: &Row<N>) {
        let index = self.blocks.partition_point(|block| block.to < row.at);
        let mut rows: Vec<Row<N>> = self.blocks[index].rows().collect();
        match rows.binary_search_by_key(&row.at, |known| known.at) {
            Ok(place) => rows[place] = *row,
            Err(place) => rows.insert(place, *row),
        }
        let later = rows.split_off(rows.len().min(2 * BLOCK));
        self.replace(index, &rows);
        if !later.is_empty() {
            let (block, end) = Block::of(&later);
            self.blocks.insert(index + 1, block);
            if index + 2 == self.blocks.len() {
                self.end = end;
            }
        }
    }

    /// Lets go of what was before a moment.
    pub(crate) fn cut(&mut self, before: i64) {
        while self.blocks.front().is_some_and(|first| first.to < before) {
            self.blocks.pop_front();
        }
        if let Some(first) = self.blocks.front().filter(|first| first.from < before) {
            let rows: Vec<Row<N>> = first.rows().filter(|row| row.at >= before).collect();
            self.replace(0, &rows);
        }
    }

    /// Writes a block anew. There is at least one row.
    fn replace(&mut self, index: usize, rows: &[Row<N>]) {
        let (block, end) = Block::of(rows);
        self.blocks[index] = block;
        if index + 1 == self.blocks.len() {
            self.end = end;
        }
    }

    /// Readings in `from..to`, in order of time.
    pub(crate) fn range(&self, from: i64, to: i64) -> impl Iterator<Item = Row<N>> + '_ {
        let first = self.blocks.partition_point(|block| block.to < from);
        self.blocks
            .range(first..)
            .take_while(move |block| block.from < to)
            .flat_map(Block::rows)
            .filter(move |row| (from..to).contains(&row.at))
    }

    /// When the oldest reading was taken.
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.blocks.front().map(|first| first.from)
    }

    /// The newest reading.
    pub(crate) fn newest(&self) -> Option<Row<N>> {
        (!self.blocks.is_empty()).then(|| self.end.row())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

#[derive(Clone, Debug)]
struct Block {
    from: i64,
    to: i64,
    len: usize,
    bytes: Vec<u8>,
}

impl Block {
    /// A block of readings in order of time, of which there is at least one, and where it ends.
    fn of<'a, const N: usize>(rows: impl IntoIterator<Item = &'a Row<N>>) -> (Self, Cursor<N>) {
        let (mut block, mut end) = (
            Self {
                from: i64::MAX,
                to: i64::MIN,
                len: 0,
                bytes: Vec::new(),
            },
            Cursor::default(),
        );
        for row in rows {
            block.push(&mut end, row);
        }
        (block, end)
    }

    fn push<const N: usize>(&mut self, end: &mut Cursor<N>, row: &Row<N>) {
        if self.bytes.capacity() - self.bytes.len() < ROOM / 4 {
            self.bytes.reserve_exact(ROOM);
        }
        end.write(row, &mut self.bytes);
        self.from = self.from.min(row.at);
        self.to = row.at;
        self.len += 1;
    }

    fn rows<const N: usize>(&self) -> impl Iterator<Item = Row<N>> + '_ {
        let (mut bytes, mut cursor) = (self.bytes.as_slice(), Cursor::default());
        std::iter::from_fn(move || {
            cursor.read(&mut bytes)?;
            Some(cursor.row())
        })
    }
}

/// What the next reading is compared with.
#[derive(Clone, Copy, Debug)]
struct Cursor<const N: usize> {
    at: i64,
    step: i64,
    present: u64,
    /// The last value of each column, also of one that was absent since.
    values: [u64; N],
}

impl<const N: usize> Default for Cursor<N> {
    fn default() -> Self {
        Self {
            at: 0,
            step: 0,
            present: 0,
            values: [0; N],
        }
    }
}

impl<const N: usize> Cursor<N> {
    fn row(&self) -> Row<N> {
        Row {
            at: self.at,
            values: std::array::from_fn(|column| {
                (self.present & (1 << column) != 0).then(|| self.values[column])
            }),
        }
    }

    fn write(&mut self, row: &Row<N>, out: &mut Vec<u8>) {
        let lead = row.values[0].map_or(0, |value| value.wrapping_sub(self.values[0]));
        let (mut present, mut unexpected) = (0, 0);
        for (column, value) in row.values.iter().enumerate() {
            if let Some(value) = *value {
                present |= 1 << column;
                unexpected |= u64::from(value != self.expected(column, lead)) << column;
            }
        }
        let other = present != self.present;
        varint::put(out, unexpected | (u64::from(other) << N));
        if other {
            varint::put(out, present);
            self.present = present;
        }
        let step = row.at.wrapping_sub(self.at);
        varint::put_signed(out, step.wrapping_sub(self.step));
        (self.at, self.step) = (row.at, step);
        for (column, value) in row.values.into_iter().enumerate() {
            let Some(value) = value else { continue };
            let difference = value.wrapping_sub(self.expected(column, lead));
            if difference != 0 {
                put_difference(out, difference as i64);
            }
            self.values[column] = value;
        }
    }

    /// What a column is after the first one went so far.
    fn expected(&self, column: usize, lead: u64) -> u64 {
        let last = self.values[column];
        if FOLLOWERS.contains(&column) {
            last.wrapping_add(lead)
        } else {
            last
        }
    }

    /// `None` at the end.
    fn read(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let mask = varint::take(bytes).ok()?;
        if mask & (1 << N) != 0 {
            self.present = varint::take(bytes).ok()?;
        }
        self.step = self.step.wrapping_add(varint::take_signed(bytes).ok()?);
        self.at = self.at.wrapping_add(self.step);
        let mut lead = 0;
        for column in 0..N {
            if self.present & (1 << column) == 0 {
                continue;
            }
            let mut value = self.expected(column, lead);
            if mask & (1 << column) != 0 {
                value = value.wrapping_add(take_difference(bytes)? as u64);
            }
            if column == 0 {
                lead = value.wrapping_sub(self.values[0]);
            }
            self.values[column] = value;
        }
        Some(())
    }
}

/// A difference other than zero.
fn put_difference(out: &mut Vec<u8>, difference: i64) {
    let page = PAGE as i64;
    if difference % page == 0 {
        varint::put(out, (varint::fold(difference / page) << 1) | 1);
    } else if difference.unsigned_abs() < 1 << 62 {
        varint::put(out, varint::fold(difference) << 1);
    } else {
        out.push(0);
        varint::put_signed(out, difference);
    }
}

fn take_difference(bytes: &mut &[u8]) -> Option<i64> {
    match varint::take(bytes).ok()? {
        0 => varint::take_signed(bytes).ok(),
        pages if pages & 1 == 1 => Some(varint::unfold(pages >> 1).wrapping_mul(PAGE as i64)),
        other => Some(varint::unfold(other >> 1)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        /// Readings this far apart.
        Insert(Vec<(i64, [Option<u64>; 3])>),
        /// One at any time, late as often as not.
        InsertAt(i64, [Option<u64>; 3]),
        Cut(i64),
    }

    fn values() -> impl Strategy<Value = [Option<u64>; 3]> {
        let value = prop_oneof![
            3 => (0..50_u64).prop_map(|pages| pages * PAGE),
            3 => 0..10_u64,
            1 => any::<u64>(),
            1 => Just(1 << 63),
        ];
        prop::array::uniform3(option::of(value))
    }

    fn step() -> impl Strategy<Value = Step> {
        let apart = prop_oneof![4 => Just(10), 1 => 1..30_i64];
        prop_oneof![
            4 => vec((apart, values()), 1..200).prop_map(Step::Insert),
            3 => (0..5_000_i64, values()).prop_map(|(at, values)| Step::InsertAt(at, values)),
            1 => (0..5_000_i64).prop_map(Step::Cut),
        ]
    }

    proptest! {
        #[test]
        fn a_trail_is_a_map_in_little_space(steps in vec(step(), 1..12), from in 0..5_000_i64, length in 0..5_000_i64) {
            let (mut trail, mut model) = (Trail::<3>::default(), BTreeMap::new());
            let mut newest = 0;
            for step in steps {
                let rows = match step {
                    Step::Insert(rows) => rows,
                    Step::InsertAt(at, values) => vec![(at - newest, values)],
                    Step::Cut(before) => {
                        trail.cut(before);
                        model.retain(|at, _| *at >= before);
                        continue;
                    }
                };
                for (apart, values) in rows {
                    newest += apart;
                    trail.insert(&Row { at: newest, values });
                    model.insert(newest, values);
                }
            }
            let rows = |from, to| trail.range(from, to).map(|row| (row.at, row.values)).collect::<Vec<_>>();
            let model_rows = |from, to| model.range(from..to).map(|(at, values)| (*at, *values)).collect::<Vec<_>>();
            prop_assert_eq!(rows(i64::MIN, i64::MAX), model_rows(i64::MIN, i64::MAX));
            prop_assert_eq!(rows(from, from + length), model_rows(from, from + length));
            prop_assert_eq!(trail.newest().map(|row| (row.at, row.values)), model.last_key_value().map(|(at, values)| (*at, *values)));
            prop_assert_eq!(trail.oldest(), model.keys().next().copied());
            prop_assert_eq!(trail.is_empty(), model.is_empty());
        }

        #[test]
        fn any_reading_follows_any_other(rows in vec((any::<i64>(), prop::array::uniform3(option::of(any::<u64>()))), 1..20)) {
            let rows: Vec<Row<3>> = rows.into_iter().map(|(at, values)| Row { at, values }).collect();
            prop_assert_eq!(Block::of(&rows).0.rows().collect::<Vec<Row<3>>>(), rows);
        }
    }

    #[test]
    fn a_quiet_container_takes_hardly_any_space() {
        let mut trail = Trail::<7>::default();
        for poll in 0..720_u64 {
            trail.insert(&Row {
                at: poll as i64 * 10_000,
                values: [
                    Some(48 << 20),
                    Some((50 << 20) + poll % 2 * PAGE),
                    None,
                    Some(64 << 20),
                    Some(12),
                    Some(1),
                    Some(9),
                ],
            });
        }
        let bytes = bytes(&trail);
        assert!(bytes < 720 * 4, "{bytes}");
    }

    /// Bytes that a trail has asked the allocator for.
    fn bytes<const N: usize>(trail: &Trail<N>) -> usize {
        let blocks = trail.blocks.iter().map(|block| block.bytes.capacity());
        blocks.sum::<usize>() + trail.blocks.capacity() * size_of::<Block>()
    }

    /// A container that leaks and is read every second: its memory goes up and down by half a megabyte a second, its cache seldom.
    fn leaking(second: u64) -> Row<7> {
        let life = second % 600;
        let noise = second.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57;
        let working_set = 7_864 + life * 96 + noise;
        let cache = (4_194 + second / 40 % 7).min(65_536_u64.saturating_sub(working_set));
        Row {
            at: second as i64 * 1_000 + (noise % 3) as i64,
            values: [
                Some(working_set * PAGE),
                Some((working_set + cache) * PAGE),
                Some((working_set * 93 / 100) * PAGE),
                Some(256 << 20),
                None,
                None,
                Some(12 + second / 30 % 2),
            ],
        }
    }

    #[test]
    fn two_hours_of_every_second_take_no_more_than_their_share() {
        /// Docs/SCALE.md counts with it: 7.5 bytes for each reading of a container that leaks.
        const BYTES: usize = 54_000;

        let mut trail = Trail::<7>::default();
        let mut most = 0;
        for second in 0..4 * 7_200 {
            trail.insert(&leaking(second));
            trail.cut((second as i64 - 7_200) * 1_000);
            most = most.max(bytes(&trail));
        }
        assert!(most <= BYTES, "{most}");
        let rows: Vec<Row<7>> = trail.range(i64::MIN, i64::MAX).collect();
        let expected: Vec<Row<7>> = (4 * 7_200 - 7_201..4 * 7_200).map(leaking).collect();
        let expected: Vec<Row<7>> = expected
            .into_iter()
            .filter(|row| row.at >= (4 * 7_200 - 7_201) * 1_000)
            .collect();
        assert_eq!(rows.len(), expected.len());
        assert_eq!(rows, expected);
    }
}
