//! Stretches at the limit, tied to the restarts they explain.

use super::series::Series;

/// From this share of its limit on a container is at its limit: the kernel reclaims before it kills, and a sample rarely falls on
/// the very last moment.
pub const AT_LIMIT: f64 = 0.95;

/// A stretch in which memory was at its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// When memory came to the limit.
    pub from: i64,
    /// When it left it, or the run ended.
    pub to: i64,
    /// The stretch ended with the run: the limit explains the restart.
    pub ended_run: bool,
}

/// Finds the stretches of `ratio`, the working set as a share of the limit. `ends` are the ascending times at which runs ended.
///
/// A stretch reaches to the end of its run if the run ended in the bucket after the last one seen at the limit or before: between
/// the last sample and the death there is none by nature. A longer silence is not explained away.
pub fn find(ratio: &Series, ends: &[i64]) -> Vec<Band> {
    let mut bands = Vec::new();
    let mut open: Option<i64> = None;
    let mut ends = ends
        .iter()
        .copied()
        .skip_while(|&end| end < ratio.from_ms)
        .peekable();
    for (i, bucket) in ratio.buckets.iter().enumerate() {
        let (start, stop) = (ratio.start(i), ratio.start(i + 1));
        let at_limit = bucket.is_some_and(|b| b.max >= AT_LIMIT);
        let end = ends.next_if(|&end| end < stop);
        while ends.next_if(|&end| end < stop).is_some() {}
        if at_limit && open.is_none() && end.is_none_or(|end| end > start) {
            open = Some(start);
        }
        match (open, end) {
            (Some(from), Some(end)) => {
                bands.push(Band {
                    from,
                    to: end,
                    ended_run: true,
                });
                // Crash loops can be back at the limit within the bucket; the next bucket will tell.
                open = None;
            }
            (Some(from), None) if !at_limit => {
                bands.push(Band {
                    from,
                    to: start,
                    ended_run: false,
                });
                open = None;
            }
            _ => {}
        }
    }
    if let Some(from) = open {
        bands.push(Band {
            from,
            to: ratio.start(ratio.buckets.len()),
            ended_run: false,
        });
    }
    bands
}
