//! When we could see, how often, and when we were blind.

use super::{order::by_time, scale::TimeScale};

/// A stretch of time and how it was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Start, milliseconds since the epoch.
    pub from: i64,
    /// End.
    pub to: i64,
}

/// The visible pieces of a coverage strip, each as start and width in per cent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strip {
    /// Watched at the usual interval.
    pub seen: Vec<(f64, f64)>,
    /// Watched every second, because the container was near its limit.
    pub armed: Vec<(f64, f64)>,
    /// Not watched.
    pub blind: Vec<(f64, f64)>,
    /// Watched share of the range.
    pub share: f64,
}

/// Lays out the strip. `blind` may overlap and be in any order; all else of the range was seen.
pub fn strip(time: TimeScale, blind: &[Span], armed: &[Span]) -> Strip {
    let blind = merged(time, blind);
    let mut seen = Vec::with_capacity(blind.len() + 1);
    let mut at = time.start();
    for gap in &blind {
        seen.extend(time.clip(at, gap.from));
        at = gap.to;
    }
    seen.extend(time.clip(at, time.end()));
    let lost: i64 = blind.iter().map(|gap| gap.to - gap.from).sum();
    Strip {
        seen,
        armed: merged(time, armed)
            .iter()
            .filter_map(|s| time.clip(s.from, s.to))
            .collect(),
        blind: blind
            .iter()
            .filter_map(|s| time.clip(s.from, s.to))
            .collect(),
        share: 1.0 - lost as f64 / time.span() as f64,
    }
}

/// The spans cut to the scale, ascending, touching ones made one.
fn merged(time: TimeScale, spans: &[Span]) -> Vec<Span> {
    let mut spans: Vec<Span> = spans
        .iter()
        .map(|s| Span {
            from: s.from.max(time.start()),
            to: s.to.min(time.end()),
        })
        .filter(|s| s.from < s.to)
        .collect();
    by_time(&mut spans, |s| s.from);
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => out.push(span),
        }
    }
    out
}
