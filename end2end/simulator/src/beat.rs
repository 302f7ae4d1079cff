//! When a behaviour acts: once, or again and again in a jittered rhythm, inside a window of time.
//!
//! A rhythm is a lattice around one known moment, so the next beat after any time is a pure function: no state is kept,
//! and history, the present and the future are the same lattice.

use serde::Deserialize;

use crate::quantity::{Moment, Nanos, Span};
use crate::random;

/// How far a beat may stray from its place, as a share of the rhythm's period.
const DEFAULT_JITTER: f64 = 0.12;

/// When a behaviour acts, as a fleet file says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct When {
    /// The one time it acts.
    pub(crate) at: Option<Moment>,
    /// The mean time between two beats.
    pub(crate) every: Option<Span>,
    /// One beat is exactly here; default: at the simulation's present.
    pub(crate) last: Option<Moment>,
    /// Share of the period by which beats stray, below 0.5.
    pub(crate) jitter: Option<f64>,
    /// Begin of the window in which the behaviour acts.
    pub(crate) from: Option<Moment>,
    /// End of that window.
    pub(crate) until: Option<Moment>,
}

/// When a behaviour acts, in absolute time.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    rhythm: Rhythm,
    from: Nanos,
    until: Nanos,
}

#[derive(Clone, Debug)]
enum Rhythm {
    Never,
    Once(Nanos),
    Every {
        anchor: Nanos,
        period: Nanos,
        jitter: f64,
        seed: u64,
    },
}

impl When {
    /// Fixes the moments, which are relative, at the simulation's present.
    pub(crate) fn fix(&self, present: Nanos, seed: u64) -> Beat {
        let fixed = |moment: Option<Moment>| moment.map(|m| present + m.0);
        let rhythm = match (self.at, self.every) {
            (Some(at), _) => Rhythm::Once(present + at.0),
            (None, Some(every)) => Rhythm::Every {
                anchor: fixed(self.last).unwrap_or(present),
                period: every.0.max(1),
                jitter: self.jitter.unwrap_or(DEFAULT_JITTER).clamp(0.0, 0.45),
                seed,
            },
            (None, None) => Rhythm::Never,
        };
        Beat {
            rhythm,
            from: fixed(self.from).unwrap_or(Nanos::MIN),
            until: fixed(self.until).unwrap_or(Nanos::MAX),
        }
    }
}

impl Beat {
    /// The first beat after `time` inside the window.
    pub(crate) fn next_after(&self, time: Nanos) -> Option<Nanos> {
        self.unbounded_after(time.max(self.from.saturating_sub(1)))
            .filter(|beat| *beat < self.until)
    }

    /// The first beat after `time`, whether inside the window or not.
    pub(crate) fn unbounded_after(&self, time: Nanos) -> Option<Nanos> {
        match self.rhythm {
            Rhythm::Never => None,
            Rhythm::Once(at) => (at > time).then_some(at),
            Rhythm::Every {
                anchor,
                period,
                jitter,
                seed,
            } => {
                let beat = |k: i64| {
                    let stray = if k == 0 {
                        0.0
                    } else {
                        random::signed(seed, k) * jitter
                    };
                    anchor + k * period + (stray * period as f64) as Nanos
                };
                let near = (time - anchor).div_euclid(period);
                (near - 1..=near + 2).map(beat).find(|beat| *beat > time)
            }
        }
    }

    /// Whether `time` is inside the window.
    pub(crate) fn covers(&self, time: Nanos) -> bool {
        (self.from..self.until).contains(&time)
    }

    /// Begin of the window.
    pub(crate) fn from(&self) -> Nanos {
        self.from
    }

    /// The mean time between two beats, if it has a rhythm.
    pub(crate) fn period(&self) -> Option<Nanos> {
        match self.rhythm {
            Rhythm::Every { period, .. } => Some(period),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::SECOND;

    const NOW: Nanos = 1_000_000 * SECOND;

    fn every(seconds: i64) -> When {
        When {
            every: Some(Span(seconds * SECOND)),
            ..When::default()
        }
    }

    #[test]
    fn beats_follow_each_other_about_a_period_apart_and_pass_through_the_last() {
        let beat = When {
            last: Some(Moment(-7 * SECOND)),
            ..every(60)
        }
        .fix(NOW, 3);
        let mut time = NOW - 86_400 * SECOND;
        let mut beats = Vec::new();
        while time < NOW + 3_600 * SECOND {
            time = beat.next_after(time).expect("a rhythm never ends");
            beats.push(time);
        }
        assert!(beats.contains(&(NOW - 7 * SECOND)));
        assert!(
            beats
                .windows(2)
                .all(|pair| (40 * SECOND..80 * SECOND).contains(&(pair[1] - pair[0])))
        );
        assert!((1_499..=1_503).contains(&beats.len()), "{}", beats.len());
    }

    #[test]
    fn a_window_bounds_the_beats() {
        let beat = When {
            from: Some(Moment(-100 * SECOND)),
            until: Some(Moment(0)),
            ..every(60)
        }
        .fix(NOW, 3);
        assert!(
            beat.next_after(0)
                .is_some_and(|first| (NOW - 100 * SECOND..NOW).contains(&first))
        );
        assert_eq!(beat.next_after(NOW), None);
        assert!(beat.unbounded_after(NOW).is_some());
        assert!(beat.covers(NOW - 1) && !beat.covers(NOW));
    }

    #[test]
    fn once_and_never() {
        let once = When {
            at: Some(Moment(-5 * SECOND)),
            ..When::default()
        }
        .fix(NOW, 3);
        assert_eq!(once.next_after(NOW - 6 * SECOND), Some(NOW - 5 * SECOND));
        assert_eq!(once.next_after(NOW - 5 * SECOND), None);
        assert_eq!(When::default().fix(NOW, 3).next_after(0), None);
    }
}
