//! The server's own figures, in Prometheus' text format.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Longer than a server under load takes to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One answer of `/metrics`.
#[derive(Clone, Debug)]
pub(super) struct Exposition(String);

impl Exposition {
    /// Asks a server.
    pub(super) fn of(address: SocketAddr) -> Result<Self> {
        let mut stream =
            TcpStream::connect_timeout(&address, PATIENCE).context("the server does not listen")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // With HTTP/1.0 the answer ends with the connection and is not chunked.
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .context("the server does not tell its metrics")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
        ensure!(
            head.split(' ').nth(1) == Some("200"),
            "/metrics: {}",
            head.lines().next().unwrap_or_default()
        );
        Ok(Self(body.to_owned()))
    }

    /// The sum of a figure over all its labels.
    pub(super) fn sum(&self, name: &str) -> f64 {
        self.lines(name).map(|(_labels, value)| value).sum()
    }

    /// The buckets of a histogram: upper bounds, and how many values are at or below, summed over all other labels.
    pub(super) fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for (labels, count) in self.lines(&format!("{name}_bucket")) {
            let Some(bound) = labels
                .split(',')
                .find_map(|label| label.trim().strip_prefix("le=\"")?.strip_suffix('"'))
                .and_then(|bound| bound.replace("+Inf", "inf").parse().ok())
            else {
                continue;
            };
            match buckets
                .iter_mut()
                .find(|(known, _)| known.total_cmp(&bound).is_eq())
            {
                Some((_, sum)) => *sum += count,
                None => buckets.push((bound, count)),
            }
        }
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        buckets
    }

    /// The lines of one figure: labels without their braces, and the value.
    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => rest.split_once("} ")?,
                None => ("", rest.strip_prefix(' ')?),
            };
            Some((labels, value.trim().parse().ok()?))
        })
    }
}

/// The value below which a share of what came in between two answers lies, interpolated inside its bucket as Prometheus does.
/// `None` when nothing came in.
pub(super) fn quantile(before: &[(f64, f64)], after: &[(f64, f64)], share: f64) -> Option<f64> {
    let count = |bound: f64| {
        let earlier = before
            .iter()
            .find(|(known, _)| known.total_cmp(&bound).is_eq());
        earlier.map_or(0.0, |(_, count)| *count)
    };
    let counts: Vec<(f64, f64)> = after
        .iter()
        .map(|(bound, total)| (*bound, total - count(*bound)))
        .collect();
    let all = counts.last().filter(|(_, all)| *all > 0.0)?.1;
    let wanted = share * all;
    let mut below = (0.0, 0.0);
    for (bound, count) in counts {
        if count >= wanted {
            if bound.is_infinite() {
                return Some(below.0);
            }
            let inside = (count - below.1).max(f64::MIN_POSITIVE);
            return Some(below.0 + (bound - below.0) * ((wanted - below.1) / inside));
        }
        below = (bound, count);
    }
    Some(below.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# TYPE lag histogram
lag_bucket{source=\"1\",le=\"0.1\"} 90
lag_bucket{source=\"1\",le=\"1\"} 100
lag_bucket{source=\"1\",le=\"+Inf\"} 100
lag_sum{source=\"1\"} 3
late_total{source=\"1\"} 2
late_total{source=\"2\"} 3
late 7
";

    #[test]
    fn figures_are_summed_over_their_labels() {
        let text = Exposition(TEXT.to_owned());
        assert!((text.sum("late_total") - 5.0).abs() < f64::EPSILON);
        assert!((text.sum("late") - 7.0).abs() < f64::EPSILON);
        assert!(text.sum("none").abs() < f64::EPSILON);
    }

    #[test]
    fn quantiles_lie_inside_their_bucket() {
        let buckets = Exposition(TEXT.to_owned()).buckets("lag");
        assert_eq!(buckets.len(), 3);
        let median = quantile(&[], &buckets, 0.45).expect("values");
        assert!((median - 0.05).abs() < 1e-9, "{median}");
        let high = quantile(&[], &buckets, 0.95).expect("values");
        assert!((high - 0.55).abs() < 1e-9, "{high}");
        assert_eq!(quantile(&buckets, &buckets, 0.5), None, "nothing came in");
    }
}
