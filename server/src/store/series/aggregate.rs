//! What a bucket of a rollup says of one metric, and how a column of buckets is stored.

use super::{
    beside::{self, Stored},
    codec::{self, CodecError, PAGE},
    varint,
};

/// Minimum, maximum, last value, average and number of the values of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aggregate {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) last: u64,
    /// Rounded down.
    pub(super) avg: u64,
    pub(super) count: u64,
}

/// Minimum, maximum and last value: what is drawn.
pub(super) type Extremes = [u64; 3];

impl Aggregate {
    pub(super) fn of(values: impl Iterator<Item = u64>) -> Option<Self> {
        let (mut min, mut max, mut last, mut sum, mut count) = (u64::MAX, 0, 0, 0_u128, 0);
        for value in values {
            min = min.min(value);
            max = max.max(value);
            last = value;
            sum += u128::from(value);
            count += 1;
        }
        (count > 0).then(|| Self {
            min,
            max,
            last,
            avg: (sum / u128::from(count)) as u64,
            count,
        })
    }
}

/// Five columns, each after its length: minima, maxima, last values, averages, numbers of values. All but the first have only the buckets
/// with a value. Maxima, last values and averages are differences to the minimum, which are small; or, like the minima, differences to the
/// same statistic of `memory`, the working set in the same buckets, where those are smaller: see [`beside`].
pub(super) fn encode(
    buckets: &[Option<Aggregate>],
    memory: Option<&[Option<Aggregate>]>,
) -> Option<Vec<u8>> {
    let buckets = in_pages(buckets);
    let memory = memory.map_or_else(|| vec![None; buckets.len()], in_pages);
    let (known, beside): (Vec<Aggregate>, Vec<Option<Aggregate>>) = buckets
        .iter()
        .zip(&memory)
        .filter_map(|(bucket, memory)| Some(((*bucket)?, *memory)))
        .unzip();
    if known.is_empty() {
        return None;
    }
    let minima = |buckets: &[Option<Aggregate>]| -> Vec<_> {
        let minima = buckets.iter().map(|bucket| bucket.map(|bucket| bucket.min));
        minima.collect()
    };
    let above_minimum = |value: fn(&Aggregate) -> u64| {
        let rows = known.iter();
        let differences: Vec<_> = rows.map(|row| Some(value(row) - row.min)).collect();
        let values: Vec<_> = known.iter().map(|row| Some(value(row))).collect();
        let beside: Vec<_> = beside.iter().map(|row| row.as_ref().map(value)).collect();
        beside::encode_or(&differences, &values, &beside)
    };
    let counts: Vec<_> = known.iter().map(|row| Some(row.count)).collect();
    let columns = [
        beside::encode(&minima(&buckets), &minima(&memory)),
        above_minimum(|bucket| bucket.max),
        above_minimum(|bucket| bucket.last),
        above_minimum(|bucket| bucket.avg),
        codec::encode(&counts),
    ];
    let mut out = Vec::new();
    for bytes in columns {
        varint::put(&mut out, bytes.len() as u64);
        out.extend(bytes);
    }
    Some(out)
}

/// Averages are rounded down to whole pages where all others are whole pages.
fn in_pages(buckets: &[Option<Aggregate>]) -> Vec<Option<Aggregate>> {
    let mut buckets = buckets.to_vec();
    let whole = |value: u64| value.is_multiple_of(PAGE);
    let mut known = buckets.iter().flatten();
    if known.all(|bucket| whole(bucket.min) && whole(bucket.max) && whole(bucket.last)) {
        for bucket in buckets.iter_mut().flatten() {
            bucket.avg -= bucket.avg % PAGE;
        }
    }
    buckets
}

/// Reads what is drawn of `buckets` buckets, with what `memory` has in them. Averages and counts stay compressed.
pub(super) fn decode(
    mut bytes: &[u8],
    buckets: usize,
    memory: Option<&[Option<Extremes>]>,
) -> Result<Vec<Option<Extremes>>, CodecError> {
    const UNFIT: CodecError = CodecError::Malformed("columns do not fit each other");
    let mut next = || {
        let length = usize::try_from(varint::take(&mut bytes)?).unwrap_or(usize::MAX);
        varint::take_slice(&mut bytes, length)
    };
    let of_memory = |statistic: usize| -> Option<Vec<_>> {
        let buckets = memory?.iter();
        Some(buckets.map(|bucket| Some((*bucket)?[statistic])).collect())
    };
    let minima = beside::decode(next()?, of_memory(0).as_deref(), buckets)?;
    if minima.len() != buckets {
        return Err(CodecError::Malformed("not the buckets of the row"));
    }
    let mut above_minimum = |statistic: usize| -> Result<Vec<u64>, CodecError> {
        let known: Vec<u64> = minima.iter().copied().flatten().collect();
        let beside: Option<Vec<_>> = of_memory(statistic).map(|column| {
            let rows = column.into_iter().zip(&minima);
            rows.filter(|(_, min)| min.is_some())
                .map(|(row, _)| row)
                .collect()
        });
        let (rows, minima) = match beside::decode_or(next()?, beside.as_deref(), buckets)? {
            Stored::Beside(rows) => (rows, vec![0; known.len()]),
            Stored::Otherwise(rows) => (rows, known),
        };
        if rows.len() != minima.len() {
            return Err(UNFIT);
        }
        rows.into_iter()
            .zip(minima)
            .map(|(row, min)| row.and_then(|row| min.checked_add(row)).ok_or(UNFIT))
            .collect()
    };
    let mut maxima = above_minimum(1)?.into_iter();
    let mut lasts = above_minimum(2)?.into_iter();
    minima
        .into_iter()
        .map(|min| {
            let Some(min) = min else { return Ok(None) };
            let following = |values: &mut std::vec::IntoIter<u64>| values.next().ok_or(UNFIT);
            Ok(Some([min, following(&mut maxima)?, following(&mut lasts)?]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn aggregate() -> impl Strategy<Value = Aggregate> {
        let value = prop_oneof![
            any::<u64>(),
            (0..1_u64 << 20).prop_map(|pages| pages * PAGE)
        ];
        vec(value, 1..5).prop_map(|values| Aggregate::of(values.into_iter()).expect("has values"))
    }

    /// A bucket of memory, and one that lies a little above it.
    fn near_memory() -> impl Strategy<Value = (Aggregate, Aggregate)> {
        let pages = vec(0..1_u64 << 20, 1..5);
        (pages, 0..100_u64).prop_map(|(pages, above)| {
            let of = |above: u64| {
                Aggregate::of(pages.iter().map(|page| (page + above) * PAGE)).expect("has values")
            };
            (of(0), of(above))
        })
    }

    proptest! {
        #[test]
        fn any_buckets_come_back(buckets in vec(option::of(aggregate()), 0..300)) {
            let drawn: Vec<_> = buckets
                .iter()
                .map(|bucket| bucket.map(|bucket| [bucket.min, bucket.max, bucket.last]))
                .collect();
            match encode(&buckets, None) {
                Some(bytes) => prop_assert_eq!(decode(&bytes, buckets.len(), None), Ok(drawn)),
                None => prop_assert!(drawn.iter().all(Option::is_none)),
            }
        }

        #[test]
        fn any_buckets_come_back_beside_memory(rows in vec((option::weighted(0.9, near_memory()), option::weighted(0.9, aggregate())), 0..300)) {
            // What a measure has beside the working set: hardly ever the same buckets, and once in a while nothing like it.
            let (memory, buckets): (Vec<_>, Vec<_>) = rows
                .into_iter()
                .map(|(near, any)| match near {
                    Some((memory, bucket)) => (Some(memory), Some(bucket)),
                    None => (None, any),
                })
                .unzip();
            let drawn = |buckets: &[Option<Aggregate>]| -> Vec<_> {
                buckets
                    .iter()
                    .map(|bucket| bucket.map(|bucket| [bucket.min, bucket.max, bucket.last]))
                    .collect()
            };
            if let Some(bytes) = encode(&buckets, Some(&memory)) {
                prop_assert_eq!(decode(&bytes, buckets.len(), Some(&drawn(&memory))), Ok(drawn(&buckets)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = decode(&bytes, 24, None);
        }
    }

    #[test]
    fn what_moves_with_memory_takes_hardly_any_space() {
        let buckets = |above: u64| -> Vec<_> {
            let pages = |bucket: u64| [bucket * bucket % 997, bucket * 31 % 733, bucket * 7 % 911];
            let values = |bucket| pages(bucket).map(|page| (page + above) * PAGE).into_iter();
            (0..288)
                .map(|bucket| Aggregate::of(values(bucket)))
                .collect()
        };
        let (memory, usage) = (buckets(0), buckets(2_000));
        let alone = encode(&usage, None).expect("has values").len();
        let beside = encode(&usage, Some(&memory)).expect("has values").len();
        assert!(alone > 1_000 && beside < 64, "{alone}, {beside}");
    }

    #[test]
    fn an_average_lies_between_the_extremes() {
        let bucket = Aggregate::of([10, 10, 100].into_iter());
        assert_eq!(
            bucket,
            Some(Aggregate {
                min: 10,
                max: 100,
                last: 100,
                avg: 40,
                count: 3
            })
        );
        assert_eq!(Aggregate::of(std::iter::empty()), None);
    }
}
