//! A series cut into the pieces that may be joined by a line: no gap and no end of a run within a piece.

use super::scale::TimeScale;
use super::series::{Bucket, Series};

/// A place on the line: the time it is drawn at and what is known there.
pub type Point = (i64, Bucket);

/// Points that one stroke joins.
pub type Segment = Vec<Point>;

/// Cuts `series` at its gaps and at `ends`, the ascending times at which a run ended.
pub fn cut(series: &Series, ends: &[i64]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut current = Segment::new();
    let mut ends = ends
        .iter()
        .copied()
        .skip_while(|&end| end < series.from_ms)
        .peekable();
    for (i, bucket) in series.buckets.iter().enumerate() {
        let stop = series.start(i) + series.step_ms;
        let mut end = None;
        while let Some(t) = ends.next_if(|&t| t < stop) {
            end = Some(t);
        }
        match (bucket, end) {
            (None, _) => flush(&mut segments, &mut current),
            (Some(bucket), None) => current.push((series.middle(i), *bucket)),
            (Some(bucket), Some(end)) => {
                let before = current.last().map(|(_, b)| b.last);
                let after = series.buckets.get(i + 1).copied().flatten().map(|b| b.min);
                let (old, new) = share(*bucket, before, after);
                current.extend(old.map(|b| (end, b)));
                flush(&mut segments, &mut current);
                current.extend(new.map(|b| (series.middle(i).max(end), b)));
            }
        }
    }
    flush(&mut segments, &mut current);
    segments
}

/// Shares a bucket in which one run ended and the next began. A bucket does not say which sample was whose, so what lies nearer to
/// a neighbour belongs to it: the extreme that goes on from the old run is the old run's, and the rest is the new run's unless the
/// latest sample is still at that extreme, as when the end came after the bucket's last sample.
fn share(
    bucket: Bucket,
    before: Option<f64>,
    after: Option<f64>,
) -> (Option<Bucket>, Option<Bucket>) {
    let Some(before) = before else {
        return (None, Some(bucket));
    };
    let rising = (before - bucket.max).abs() <= (before - bucket.min).abs();
    let (edge, far) = if rising {
        (bucket.max, bucket.min)
    } else {
        (bucket.min, bucket.max)
    };
    let nearer = |value: f64, to: f64, than: f64| (value - to).abs() < (value - than).abs();
    if after.is_some_and(|after| nearer(edge, after, before)) {
        return (None, Some(bucket));
    }
    if !nearer(bucket.last, after.unwrap_or(far), edge) {
        return (Some(bucket), None);
    }
    let rest = Bucket {
        min: far.min(bucket.last),
        max: far.max(bucket.last),
        last: bucket.last,
    };
    (Some(Bucket::one(edge)), Some(rest))
}

fn flush(segments: &mut Vec<Segment>, current: &mut Segment) {
    if !current.is_empty() {
        segments.push(std::mem::take(current));
    }
}

/// Merges the points of each segment that share one of `columns` equal columns of the plot, keeping their extremes and the latest
/// value, so that a path never has more than a few points per pixel. Segments stay apart.
pub fn decimate(segments: Vec<Segment>, time: TimeScale, columns: u32) -> Vec<Segment> {
    let column = |t: i64| (time.fraction(t) * f64::from(columns)).floor() as i64;
    segments
        .into_iter()
        .map(|segment| {
            let mut merged = Segment::with_capacity(segment.len().min(columns as usize));
            for (t, bucket) in segment {
                match merged.last_mut() {
                    Some((last, kept)) if column(*last) == column(t) => *kept = kept.then(bucket),
                    _ => merged.push((t, bucket)),
                }
            }
            merged
        })
        .collect()
}
