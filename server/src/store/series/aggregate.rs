//! What a bucket of a rollup says of one metric, and how a column of buckets is stored.

use super::{
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

/// Five columns, each after its length. All but the first and the count are differences to the minimum, which are small.
/// Averages are rounded down to whole pages where all others are whole pages.
pub(super) fn encode(buckets: &[Option<Aggregate>]) -> Option<Vec<u8>> {
    let mut known: Vec<Aggregate> = buckets.iter().copied().flatten().collect();
    if known.is_empty() {
        return None;
    }
    let whole = |value: u64| value.is_multiple_of(PAGE);
    if known
        .iter()
        .all(|bucket| whole(bucket.min) && whole(bucket.max) && whole(bucket.last))
    {
        for bucket in &mut known {
            bucket.avg -= bucket.avg % PAGE;
        }
    }
    let column = |value: fn(&Aggregate) -> u64| {
        known
            .iter()
            .map(|bucket| Some(value(bucket)))
            .collect::<Vec<_>>()
    };
    let columns = [
        buckets
            .iter()
            .map(|bucket| bucket.map(|bucket| bucket.min))
            .collect(),
        column(|bucket| bucket.max - bucket.min),
        column(|bucket| bucket.last - bucket.min),
        column(|bucket| bucket.avg - bucket.min),
        column(|bucket| bucket.count),
    ];
    let mut out = Vec::new();
    for column in columns {
        let bytes = codec::encode(&column);
        varint::put(&mut out, bytes.len() as u64);
        out.extend(bytes);
    }
    Some(out)
}

/// Reads what is drawn of `buckets` buckets. Averages and counts stay compressed.
pub(super) fn decode(
    mut bytes: &[u8],
    buckets: usize,
) -> Result<Vec<Option<Extremes>>, CodecError> {
    let mut next = || {
        let length = usize::try_from(varint::take(&mut bytes)?).unwrap_or(usize::MAX);
        codec::decode(varint::take_slice(&mut bytes, length)?, buckets)
    };
    let minima = next()?;
    if minima.len() != buckets {
        return Err(CodecError::Malformed("not the buckets of the row"));
    }
    let (mut maxima, mut lasts) = (next()?.into_iter(), next()?.into_iter());
    let extremes = minima
        .into_iter()
        .map(|min| {
            let Some(min) = min else { return Ok(None) };
            let following = |value: Option<Option<u64>>| {
                value
                    .flatten()
                    .and_then(|above| min.checked_add(above))
                    .ok_or(CodecError::Malformed("columns do not fit each other"))
            };
            Ok(Some([
                min,
                following(maxima.next())?,
                following(lasts.next())?,
            ]))
        })
        .collect::<Result<_, _>>()?;
    if maxima.len() + lasts.len() == 0 {
        Ok(extremes)
    } else {
        Err(CodecError::Malformed("columns do not fit each other"))
    }
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

    proptest! {
        #[test]
        fn any_buckets_come_back(buckets in vec(option::of(aggregate()), 0..300)) {
            let drawn: Vec<_> = buckets
                .iter()
                .map(|bucket| bucket.map(|bucket| [bucket.min, bucket.max, bucket.last]))
                .collect();
            match encode(&buckets) {
                Some(bytes) => prop_assert_eq!(decode(&bytes, buckets.len()), Ok(drawn)),
                None => prop_assert!(drawn.iter().all(Option::is_none)),
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _either = decode(&bytes, 24);
        }
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
