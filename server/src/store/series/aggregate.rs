//! What a bucket of a rollup says of one metric, and how a column of buckets is stored.

use super::{
    beside::{self, Base, Stored},
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

/// What a measure may be stored beside: other measures in the same buckets, as they are encoded or as they were decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Others<'a, T> {
    /// The working set.
    pub(super) memory: Option<&'a [Option<T>]>,
    /// Usage without the working set, of which usage is all but the sum: exactly for last values, and hardly ever not for the others.
    pub(super) cache: Option<&'a [Option<T>]>,
}

impl<T: Copy> Others<'_, T> {
    /// None at all.
    pub(super) const NONE: Self = Self {
        memory: None,
        cache: None,
    };

    /// One statistic of them in some buckets.
    fn rows<I: ExactSizeIterator<Item = usize>>(
        self,
        base: Base,
        buckets: I,
        statistic: impl Fn(&T) -> u64,
    ) -> Option<impl ExactSizeIterator<Item = Option<u64>>> {
        let memory = self.memory?;
        let cache = match base {
            Base::One => None,
            Base::Sum => Some(self.cache?),
        };
        Some(buckets.map(move |bucket| {
            let of = |column: &[Option<T>]| column.get(bucket)?.as_ref().map(&statistic);
            let memory = of(memory)?;
            cache.map_or(Some(memory), |cache| memory.checked_add(of(cache)?))
        }))
    }

    /// The same of every base there is.
    fn every(
        self,
        buckets: &(impl ExactSizeIterator<Item = usize> + Clone),
        statistic: fn(&T) -> u64,
    ) -> Vec<(Base, Vec<Option<u64>>)> {
        let bases = [Base::One, Base::Sum].into_iter();
        bases
            .filter_map(|base| Some((base, self.rows(base, buckets.clone(), statistic)?.collect())))
            .collect()
    }
}

/// Five columns, each after its length: minima, maxima, last values, averages, numbers of values. All but the first have only the buckets
/// with a value. Maxima, last values and averages are differences to the minimum, which are small; or, like the minima, differences to the
/// same statistic of others, where those are smaller: see [`beside`].
pub(super) fn encode(
    buckets: &[Option<Aggregate>],
    others: Others<'_, Aggregate>,
) -> Option<Vec<u8>> {
    let buckets = in_pages(buckets);
    let (memory, cache) = (others.memory.map(in_pages), others.cache.map(in_pages));
    let others = Others {
        memory: memory.as_deref(),
        cache: cache.as_deref(),
    };
    let known: Vec<(usize, Aggregate)> = buckets
        .iter()
        .enumerate()
        .filter_map(|(at, bucket)| Some((at, (*bucket)?)))
        .collect();
    if known.is_empty() {
        return None;
    }
    let minima: Vec<_> = buckets.iter().map(|bucket| Some((*bucket)?.min)).collect();
    let of_minima = others.every(&(0..buckets.len()), |other| other.min);
    let above_minimum = |value: fn(&Aggregate) -> u64| {
        let rows = known.iter().map(|(_, row)| row);
        let differences: Vec<_> = rows.clone().map(|row| Some(value(row) - row.min)).collect();
        let values: Vec<_> = rows.map(|row| Some(value(row))).collect();
        let of_values = others.every(&known.iter().map(|(at, _)| *at), value);
        beside::encode_or(&differences, &values, &of_values)
    };
    let counts: Vec<_> = known.iter().map(|(_, row)| Some(row.count)).collect();
    let columns = [
        beside::encode_or(&minima, &minima, &of_minima),
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

/// Reads what is drawn of `buckets` buckets, with what the others have in them. Averages and counts stay compressed.
pub(super) fn decode(
    mut bytes: &[u8],
    buckets: usize,
    others: Others<'_, Extremes>,
) -> Result<Vec<Option<Extremes>>, CodecError> {
    const UNFIT: CodecError = CodecError::Malformed("columns do not fit each other");
    let mut next = || {
        let length = usize::try_from(varint::take(&mut bytes)?).unwrap_or(usize::MAX);
        varint::take_slice(&mut bytes, length)
    };
    let of_minima = |base| others.rows(base, 0..buckets, |[min, ..]| *min);
    let (Stored::Beside(minima) | Stored::Otherwise(minima)) =
        beside::decode_or(next()?, of_minima, buckets)?;
    if minima.len() != buckets {
        return Err(CodecError::Malformed("not the buckets of the row"));
    }
    let known: Vec<usize> = (0..buckets).filter(|at| minima[*at].is_some()).collect();
    // Where a bucket has a minimum, the others are put in its place.
    let mut found: Vec<_> = minima.into_iter().map(|min| Some([min?; 3])).collect();
    for statistic in 1..3 {
        let of_values = |base| others.rows(base, known.iter().copied(), |other| other[statistic]);
        let (rows, from_minimum) = match beside::decode_or(next()?, of_values, buckets)? {
            Stored::Beside(rows) => (rows, false),
            Stored::Otherwise(rows) => (rows, true),
        };
        if rows.len() != known.len() {
            return Err(UNFIT);
        }
        for (bucket, row) in found.iter_mut().flatten().zip(rows) {
            let base = if from_minimum { bucket[0] } else { 0 };
            let value = row.and_then(|row| base.checked_add(row));
            bucket[statistic] = value.ok_or(UNFIT)?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn aggregate() -> impl Strategy<Value = Aggregate> {
        let value = prop_oneof![any::<u64>(), pages()];
        vec(value, 1..5).prop_map(|values| Aggregate::of(values.into_iter()).expect("has values"))
    }

    /// Working set and cache.
    type Poll = (Option<u64>, Option<u64>);

    fn pages() -> impl Strategy<Value = u64> {
        (0..1_u64 << 20).prop_map(|pages| pages * PAGE)
    }

    fn drawn(buckets: &[Option<Aggregate>]) -> Vec<Option<Extremes>> {
        let extremes = |bucket: Aggregate| [bucket.min, bucket.max, bucket.last];
        buckets.iter().map(|bucket| bucket.map(extremes)).collect()
    }

    fn beside<'a, T>(memory: &'a [Option<T>], cache: Option<&'a [Option<T>]>) -> Others<'a, T> {
        Others {
            memory: Some(memory),
            cache,
        }
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
            let drawn = drawn(&buckets);
            match encode(&buckets, Others::NONE) {
                Some(bytes) => prop_assert_eq!(decode(&bytes, buckets.len(), Others::NONE), Ok(drawn)),
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
            if let Some(bytes) = encode(&buckets, beside(&memory, None)) {
                let found = decode(&bytes, buckets.len(), beside(&drawn(&memory), None));
                prop_assert_eq!(found, Ok(drawn(&buckets)));
            }
        }

        #[test]
        fn any_buckets_come_back_beside_memory_and_cache(
            rows in vec((vec((option::weighted(0.95, pages()), option::weighted(0.95, pages())), 0..5), option::weighted(0.05, aggregate())), 0..300))
        {
            // Polls of memory and cache; usage is their sum where both are there, and once in a while anything.
            let of = |value: fn(Poll) -> Option<u64>| -> Vec<_> {
                rows.iter().map(|(polls, _)| Aggregate::of(polls.iter().copied().filter_map(value))).collect()
            };
            let (memory, cache) = (of(|(memory, _)| memory), of(|(_, cache)| cache));
            let usage = of(|(memory, cache)| Some(memory? + cache?));
            let usage: Vec<_> = usage.into_iter().zip(&rows).map(|(usage, (_, any))| any.or(usage)).collect();
            if let Some(bytes) = encode(&usage, beside(&memory, Some(&cache))) {
                let (memory, cache) = (drawn(&memory), drawn(&cache));
                let found = decode(&bytes, usage.len(), beside(&memory, Some(&cache)));
                prop_assert_eq!(found, Ok(drawn(&usage)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = decode(&bytes, 24, Others::NONE);
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
        let bytes = |others| encode(&usage, others).expect("has values").len();
        let (alone, beside) = (bytes(Others::NONE), bytes(beside(&memory, None)));
        assert!(alone > 1_000 && beside < 64, "{alone}, {beside}");
    }

    #[test]
    fn usage_takes_hardly_any_space_beside_memory_and_cache() {
        // Polls of ten seconds; a file is read every five minutes.
        let buckets = |pages: &dyn Fn(u64) -> u64| -> Vec<_> {
            let of = |polls: Range<u64>| Aggregate::of(polls.map(|poll| pages(poll) * PAGE));
            (0..288).map(|at| of(30 * at..30 * at + 30)).collect()
        };
        let memory = |poll: u64| 9_000 + poll * poll % 997;
        let cache = |poll: u64| 2_000 + poll / 30 * 31 % 733;
        let usage = buckets(&|poll| memory(poll) + cache(poll));
        let (memory, cache) = (buckets(&memory), buckets(&cache));
        let bytes = |others| encode(&usage, others).expect("has values");
        let with_memory = bytes(beside(&memory, None)).len();
        let with_both = bytes(beside(&memory, Some(&cache)));
        let length = with_both.len();
        assert!(with_memory > 200 && length < 64, "{with_memory}, {length}");
        let without_cache = decode(&with_both, 288, beside(&drawn(&memory), None));
        assert!(without_cache.is_err());
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
