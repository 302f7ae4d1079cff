//! Where the growth of what is stored leads: how large it becomes, and whether the disk is large enough.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Growth is not told from less: a day has busy and quiet hours.
const SHORTEST: TimeDelta = TimeDelta::days(1);
/// Growth is told from what was stored in this time, where it can be told apart from older data.
const RECENT: TimeDelta = TimeDelta::days(7);

/// A part of what is stored, with the stretch of time that it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Begin of the stretch.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The size of the part.
    pub bytes: u64,
}

/// Bytes that a day adds, from the parts with recent data; `None` when less than a day has been seen since `oldest`.
pub fn bytes_per_day(parts: &[Part], oldest: Timestamp, now: Timestamp) -> Option<f64> {
    let recent = || parts.iter().filter(|part| part.to > now - RECENT);
    let since = recent().map(|part| part.from).min()?.max(oldest);
    let seen = now - since;
    if seen < SHORTEST {
        return None;
    }
    let bytes: u64 = recent().map(|part| part.bytes).sum();
    Some(bytes as f64 / days(seen))
}

/// Data that are removed when they reach one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growing {
    /// Bytes that a day adds.
    pub bytes_per_day: f64,
    /// Until the first of what is there now is removed, and the size stays as it is; `None` when nothing ever is.
    pub lasts: Option<TimeDelta>,
}

impl Growing {
    /// Data since `oldest` that are kept for `keep`, for ever if `None`.
    pub fn new(
        bytes_per_day: f64,
        oldest: Timestamp,
        keep: Option<TimeDelta>,
        now: Timestamp,
    ) -> Self {
        Self {
            bytes_per_day,
            lasts: keep.map(|keep| (keep - (now - oldest)).max(TimeDelta::zero())),
        }
    }

    /// Bytes that are added within `time` from now.
    fn within(&self, time: TimeDelta) -> f64 {
        self.bytes_per_day * days(self.lasts.map_or(time, |lasts| lasts.min(time)))
    }
}

/// Where the growth leads, if nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiskForecast {
    /// Bytes that a day adds now, what is removed subtracted.
    pub bytes_per_day: f64,
    /// When as much is removed as is added, but for what is kept for ever.
    pub steady_at: DateTime<Utc>,
    /// The size of everything then.
    pub steady_bytes: u64,
    /// Bytes that a day adds from then on: of what is kept for ever.
    pub steady_bytes_per_day: f64,
    /// When the disk is full; `null` when that is not in sight within ten years, or when the disk is not ours to see.
    pub full_at: Option<DateTime<Utc>>,
}

/// What lies further ahead is not foretold.
const HORIZON: TimeDelta = TimeDelta::days(3650);

impl DiskForecast {
    /// From the parts that grow, the size of everything now, and what is free.
    pub fn new(growing: &[Growing], total: u64, free: Option<u64>, now: Timestamp) -> Self {
        let rate = |after: TimeDelta| -> f64 {
            growing
                .iter()
                .filter(|part| part.lasts.is_none_or(|lasts| lasts > after))
                .map(|part| part.bytes_per_day)
                .sum()
        };
        let added = |time| -> f64 { growing.iter().map(|part| part.within(time)).sum() };
        let steady = growing
            .iter()
            .filter_map(|part| part.lasts)
            .max()
            .unwrap_or_default();
        let full = free.and_then(|free| time_until(growing, free as f64, &added, &rate));
        Self {
            bytes_per_day: rate(TimeDelta::zero()),
            steady_at: now + steady,
            steady_bytes: total + added(steady) as u64,
            steady_bytes_per_day: rate(steady),
            full_at: full.map(|time| now + time),
        }
    }
}

/// When `free` bytes have been added. Between two moments at which a part stops growing, the growth is even.
fn time_until(
    growing: &[Growing],
    free: f64,
    added: &dyn Fn(TimeDelta) -> f64,
    rate: &dyn Fn(TimeDelta) -> f64,
) -> Option<TimeDelta> {
    let mut stops: Vec<TimeDelta> = growing.iter().filter_map(|part| part.lasts).collect();
    stops.push(HORIZON);
    stops.sort_unstable();
    let mut begin = TimeDelta::zero();
    for stop in stops {
        let stop = stop.min(HORIZON);
        if added(stop) >= free {
            let rest = (free - added(begin)).max(0.0) / rate(begin);
            return Some(begin + TimeDelta::milliseconds((rest * DAY_MS) as i64));
        }
        begin = stop;
    }
    None
}

const DAY_MS: f64 = 86_400_000.0;

fn days(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
    }

    fn ago(days: i64) -> Timestamp {
        now() - TimeDelta::days(days)
    }

    fn growing(gb_per_day: u64, oldest: i64, keep: Option<i64>) -> Growing {
        Growing::new(
            (gb_per_day * GB) as f64,
            ago(oldest),
            keep.map(TimeDelta::days),
            now(),
        )
    }

    fn in_days(at: DateTime<Utc>) -> i64 {
        (at - now()).num_days()
    }

    #[test]
    fn growth_is_told_from_the_last_days_alone() {
        let day = |age, bytes| Part {
            from: ago(age),
            to: ago(age - 1),
            bytes,
        };
        // Ten times the containers since a week.
        let parts: Vec<Part> = (1..=30)
            .map(|age| day(age, if age <= 7 { 100 } else { 10 }))
            .collect();
        assert_eq!(bytes_per_day(&parts, ago(30), now()), Some(100.0));
    }

    #[test]
    fn a_wide_part_counts_from_the_oldest_data_in_it() {
        let month = Part {
            from: ago(20),
            to: ago(-8),
            bytes: 1_000,
        };
        assert_eq!(bytes_per_day(&[month], ago(400), now()), Some(50.0));
        assert_eq!(bytes_per_day(&[month], ago(10), now()), Some(100.0));
        assert_eq!(bytes_per_day(&[month], ago(0), now()), None);
        assert_eq!(bytes_per_day(&[], ago(9), now()), None);
    }

    #[test]
    fn what_is_removed_at_an_age_stops_growing_at_that_age() {
        let forecast = DiskForecast::new(&[growing(2, 10, Some(30))], 20 * GB, None, now());
        assert_eq!(in_days(forecast.steady_at), 20);
        assert_eq!(forecast.steady_bytes, 60 * GB);
        assert_eq!(forecast.bytes_per_day as u64, 2 * GB);
        assert_eq!(forecast.steady_bytes_per_day as u64, 0);
        assert_eq!(forecast.full_at, None);
    }

    #[test]
    fn what_is_old_enough_does_not_grow_any_more() {
        let forecast = DiskForecast::new(&[growing(2, 31, Some(30))], 60 * GB, Some(GB), now());
        assert_eq!(forecast.bytes_per_day as u64, 0);
        assert_eq!(
            (in_days(forecast.steady_at), forecast.steady_bytes),
            (0, 60 * GB)
        );
        assert_eq!(forecast.full_at, None);
    }

    #[test]
    fn the_disk_is_full_when_what_still_grows_has_filled_it() {
        let parts = [growing(2, 10, Some(30)), growing(1, 10, None)];
        let full = |free| {
            DiskForecast::new(&parts, 30 * GB, Some(free), now())
                .full_at
                .map(in_days)
        };
        // Three a day for twenty days, one a day from then on.
        assert_eq!(full(0), Some(0));
        assert_eq!(full(30 * GB), Some(10));
        assert_eq!(full(70 * GB), Some(30));
        assert_eq!(full(100_000 * GB), None);
    }
}
