//! What is reported.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use super::exposition::{Exposition, quantile};

/// Everything at one moment: processor times since the start in seconds, memory in MiB.
pub(super) struct Moment {
    pub(super) at: Instant,
    pub(super) server: f64,
    pub(super) postgres: f64,
    pub(super) simulator: f64,
    pub(super) rss_mib: f64,
    pub(super) metrics: Exposition,
}

/// What happened between two moments: processor time in cores.
pub(super) struct Stretch {
    pub(super) server: f64,
    pub(super) postgres: f64,
    pub(super) simulator: f64,
    pub(super) late: f64,
    pub(super) queue: f64,
    rss_mib: f64,
    readings_per_second: f64,
    trouble: f64,
}

impl Moment {
    /// What happened since an earlier moment.
    pub(super) fn since(&self, earlier: &Self) -> Stretch {
        let seconds = (self.at - earlier.at).as_secs_f64().max(f64::MIN_POSITIVE);
        let more = |name: &str| self.metrics.sum(name) - earlier.metrics.sum(name);
        Stretch {
            server: (self.server - earlier.server) / seconds,
            postgres: (self.postgres - earlier.postgres) / seconds,
            simulator: (self.simulator - earlier.simulator) / seconds,
            late: more("inquest_readings_late_total"),
            queue: self.metrics.sum("inquest_queue_messages"),
            rss_mib: self.rss_mib,
            readings_per_second: more("inquest_samples_written_total") / seconds,
            trouble: TROUBLE.iter().map(|name| more(name)).sum(),
        }
    }
}

/// Counters that stand still while all is well.
const TROUBLE: [&str; 5] = [
    "inquest_source_failures_total",
    "inquest_messages_dropped_total",
    "inquest_event_stream_reconnects_total",
    "inquest_store_retries_total",
    "inquest_store_refusals_total",
];

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "server {:.2} + postgres {:.2} cores (simulator {:.2}), {:.0} MiB, {:.0} readings/s, late {}, queue {}, trouble {}",
            self.server,
            self.postgres,
            self.simulator,
            self.rss_mib,
            self.readings_per_second,
            self.late,
            self.queue,
            self.trouble
        )
    }
}

/// What figures are called: by the size of the fleet in thousands, and apart for soaks.
pub(super) struct Name(String);

impl Name {
    pub(super) fn new(containers: usize, soak: bool) -> Self {
        let kind = if soak { "soak" } else { "poll" };
        Self(if containers.is_multiple_of(1_000) {
            format!("{kind}{}k", containers / 1_000)
        } else {
            format!("{kind}{containers}")
        })
    }
}

/// A name, a value and its unit.
pub(super) type Figure = (&'static str, f64, &'static str);

/// The figures of a measurement.
pub(super) fn of(moments: &[Moment], first_round_s: f64) -> Vec<Figure> {
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return Vec::new();
    };
    let whole = last.since(first);
    let lag = |share: f64| {
        let buckets = |moment: &Moment| moment.metrics.buckets("inquest_reading_lag_seconds");
        1_000.0 * quantile(&buckets(first), &buckets(last), share).unwrap_or(f64::NAN)
    };
    let highest = |of: fn(&Moment) -> f64| moments.iter().map(of).fold(0.0, f64::max);
    let (first_mib, last_mib) = rss_first_and_last(moments);
    vec![
        ("cores", whole.server + whole.postgres, "cores"),
        ("server_cores", whole.server, "cores"),
        ("postgres_cores", whole.postgres, "cores"),
        ("simulator_cores", whole.simulator, "cores"),
        ("late_polls", whole.late, "count"),
        ("lag_p50_ms", lag(0.5), "ms"),
        ("lag_p99_ms", lag(0.99), "ms"),
        ("rss_mib", highest(|moment| moment.rss_mib), "MiB"),
        ("rss_first_mib", first_mib, "MiB"),
        ("rss_last_mib", last_mib, "MiB"),
        (
            "rss_growth_percent",
            100.0 * (last_mib / first_mib - 1.0),
            "%",
        ),
        ("rss_mib_per_hour", rss_per_hour(moments), "MiB/h"),
        ("readings_per_s", whole.readings_per_second, "1/s"),
        (
            "queue_highest",
            highest(|moment| moment.metrics.sum("inquest_queue_messages")),
            "count",
        ),
        ("trouble", whole.trouble, "count"),
        ("first_round_s", first_round_s, "s"),
    ]
}

/// Memory in the first and in the last sixth of all looks, on average: of half an hour five minutes each, which is longer than the server's
/// own rhythm of forgetting.
fn rss_first_and_last(moments: &[Moment]) -> (f64, f64) {
    let sixth = moments.len().div_ceil(6);
    let mean = |moments: &[Moment]| {
        moments.iter().map(|moment| moment.rss_mib).sum::<f64>() / moments.len() as f64
    };
    (
        mean(&moments[..sixth]),
        mean(&moments[moments.len() - sixth..]),
    )
}

/// The slope of the line through all looks at memory (least squares).
fn rss_per_hour(moments: &[Moment]) -> f64 {
    let Some(begun) = moments.first().map(|moment| moment.at) else {
        return f64::NAN;
    };
    let points: Vec<(f64, f64)> = moments
        .iter()
        .map(|moment| ((moment.at - begun).as_secs_f64() / 3_600.0, moment.rss_mib))
        .collect();
    slope(&points)
}

fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let variance: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    covariance / variance
}

/// Prints the figures and appends them, one JSON object a line. What could not be measured is left out.
pub(super) fn append(file: &Path, name: &Name, figures: &[Figure]) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    for (figure, value, unit) in figures.iter().filter(|(_, value, _)| value.is_finite()) {
        let name = format!("{}.{figure}", name.0);
        println!("  {name:<28} {value:>12.3} {unit}");
        writeln!(
            file,
            r#"{{"name":"{name}","value":{value:.4},"unit":"{unit}","peer":null,"ratio":null}}"#
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleets_are_named_by_thousands() {
        assert_eq!(Name::new(10_000, false).0, "poll10k");
        assert_eq!(Name::new(20_000, true).0, "soak20k");
        assert_eq!(Name::new(250, false).0, "poll250");
    }

    #[test]
    fn a_line_has_its_slope() {
        let line = [(0.0, 10.0), (1.0, 12.0), (2.0, 14.0)];
        assert!((slope(&line) - 2.0).abs() < 1e-9);
    }
}
