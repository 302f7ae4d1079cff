//! What is kept of the minutes around an end, at full resolution and as long as the restart itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    ids::WorkloadId,
    sample::Sample,
    verdict::{Cause, Confidence},
};

/// So much before an end is kept.
pub const BEFORE: TimeDelta = TimeDelta::minutes(10);
/// So much after it.
pub const AFTER: TimeDelta = TimeDelta::minutes(2);
/// Readings at most: twelve minutes of one each second, and as many again.
pub const MOST_READINGS: usize = 1_440;
/// The largest users of memory that are kept.
pub const MOST_NEIGHBOURS: usize = 10;
/// From this share of the limit on, a reading has seen memory at its limit.
const AT_LIMIT: f64 = 0.95;

/// The black box of one end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlackBox {
    /// Begin of what is kept: that of the run, when it was short.
    pub from: Timestamp,
    /// End of what is kept.
    pub to: Timestamp,
    /// Whether the minutes after the end are in it.
    pub is_complete: bool,
    /// Every reading, oldest first.
    pub readings: Vec<Sample>,
    /// The largest users of memory on the same engine at the moment of the end, the largest first.
    pub neighbours: Vec<Neighbour>,
}

/// A user of memory at the moment of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Who.
    pub workload: WorkloadId,
    /// Memory that counts towards its limit.
    pub working_set_bytes: u64,
    /// Its limit; `None` without one.
    pub limit_bytes: Option<u64>,
    /// When that was read.
    pub at: Timestamp,
    /// Whether it is the one that ended.
    pub is_itself: bool,
}

/// Memory that reached its limit between two readings: the kernel said so, no reading did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InferredPeak {
    /// When: at the end.
    pub at: DateTime<Utc>,
    /// The limit that was reached.
    pub limit_bytes: u64,
    /// Share of the limit in the last reading; `null` when there was none.
    pub last_ratio: Option<f64>,
    /// When that reading was taken.
    pub last_at: Option<DateTime<Utc>>,
}

/// The peak that nobody saw, of an end that was out of memory for sure. It is told as such, never as a reading.
pub fn inferred_peak(
    (cause, confidence): (Cause, Confidence),
    ended_at: Timestamp,
    last: Option<&Sample>,
    limit_bytes: Option<u64>,
) -> Option<InferredPeak> {
    if (cause, confidence) != (Cause::OutOfMemory, Confidence::Confirmed) {
        return None;
    }
    let last_ratio = last.and_then(Sample::memory_ratio);
    if last_ratio.is_some_and(|ratio| ratio >= AT_LIMIT) {
        return None;
    }
    Some(InferredPeak {
        at: ended_at,
        limit_bytes: last.and_then(|last| last.limit_bytes).or(limit_bytes)?,
        last_ratio,
        last_at: last.map(|last| last.at),
    })
}

/// The largest of them, the one that ended always among them.
pub fn largest(mut all: Vec<Neighbour>) -> Vec<Neighbour> {
    all.sort_by_key(|one| std::cmp::Reverse((one.working_set_bytes, one.is_itself)));
    let itself = all.iter().position(|one| one.is_itself);
    if let Some(itself) = itself.filter(|place| *place >= MOST_NEIGHBOURS) {
        all.swap(itself, MOST_NEIGHBOURS - 1);
    }
    all.truncate(MOST_NEIGHBOURS);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(1_800_000_000_000 + ms).expect("in range")
    }

    fn sample(ratio: u64) -> Sample {
        Sample {
            working_set_bytes: Some(ratio),
            limit_bytes: Some(100),
            ..Sample::empty(at(-900))
        }
    }

    #[test]
    fn a_peak_is_inferred_only_where_the_kernel_told_and_no_reading_saw_it() {
        let told = (Cause::OutOfMemory, Confidence::Confirmed);
        let peak = inferred_peak(told, at(0), Some(&sample(8)), None).expect("a peak");
        assert_eq!(
            (peak.limit_bytes, peak.last_ratio, peak.last_at),
            (100, Some(0.08), Some(at(-900)))
        );
        assert_eq!(inferred_peak(told, at(0), Some(&sample(96)), None), None);
        let guess = (Cause::OutOfMemory, Confidence::Probable);
        assert_eq!(inferred_peak(guess, at(0), Some(&sample(8)), None), None);
        assert!(inferred_peak(told, at(0), None, Some(7)).is_some());
    }

    #[test]
    fn the_victim_is_named_even_where_ten_others_are_larger() {
        let user = |workload: i64, is_itself| Neighbour {
            workload: WorkloadId(workload),
            working_set_bytes: workload as u64,
            limit_bytes: None,
            at: at(0),
            is_itself,
        };
        let all = (0..30).map(|id| user(id, id == 3)).collect();
        let kept = largest(all);
        assert_eq!(kept.len(), MOST_NEIGHBOURS);
        assert_eq!(kept[0].workload, WorkloadId(29));
        assert!(kept[MOST_NEIGHBOURS - 1].is_itself);
    }
}
