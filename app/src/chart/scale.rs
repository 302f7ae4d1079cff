//! From times and values to places on the plot, and back.

use domain::view::TimeRange;

/// Width of the nested view box that paths are drawn in.
pub const WIDTH: f64 = 1000.0;
/// Height of that view box.
pub const HEIGHT: f64 = 100.0;
/// Share of the plot's height kept free above the highest value, so that a limit line does not touch the title.
const HEADROOM: f64 = 0.08;

/// The shared time axis: a half-open stretch of time in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeScale {
    from: i64,
    to: i64,
}

impl TimeScale {
    /// A scale over `from..to`; at least one millisecond wide, so that it can always be divided by.
    pub fn new(from: i64, to: i64) -> Self {
        Self {
            from,
            to: to.max(from.saturating_add(1)),
        }
    }

    /// The first instant.
    pub fn start(self) -> i64 {
        self.from
    }

    /// The instant after the last.
    pub fn end(self) -> i64 {
        self.to
    }

    /// The length in milliseconds, at least 1.
    pub fn span(self) -> i64 {
        self.to - self.from
    }

    /// True if `t` is shown.
    pub fn contains(self, t: i64) -> bool {
        (self.from..=self.to).contains(&t)
    }

    /// Place of `t` as a share of the width: 0 at the start, 1 at the end, beyond outside.
    pub fn fraction(self, t: i64) -> f64 {
        (t - self.from) as f64 / self.span() as f64
    }

    /// Place of `t` in per cent of the width.
    pub fn percent(self, t: i64) -> f64 {
        self.fraction(t) * 100.0
    }

    /// Place of `t` in the nested view box.
    pub fn x(self, t: i64) -> f64 {
        self.fraction(t) * WIDTH
    }

    /// The time at a share of the width, kept within the scale.
    pub fn invert(self, fraction: f64) -> i64 {
        let offset = (fraction.clamp(0.0, 1.0) * self.span() as f64).round() as i64;
        self.from + offset
    }

    /// The visible part of `from..to`, as start and width in per cent; `None` if nothing of it is visible.
    pub fn clip(self, from: i64, to: i64) -> Option<(f64, f64)> {
        let (from, to) = (from.max(self.from), to.min(self.to));
        (from < to).then(|| (self.percent(from), self.percent(to) - self.percent(from)))
    }

    /// The scale moved by a share of its own width.
    #[must_use]
    pub fn shifted(self, share: f64) -> Self {
        let by = (self.span() as f64 * share) as i64;
        Self::new(self.from + by, self.to + by)
    }

    /// The scale made `factor` times as wide around `centre`, which keeps its place.
    #[must_use]
    pub fn zoomed(self, centre: i64, factor: f64) -> Self {
        let scaled = |t: i64| centre + ((t - centre) as f64 * factor).round() as i64;
        Self::new(scaled(self.from), scaled(self.to))
    }

    /// The scale from and to whole seconds: for URLs, where nobody needs more.
    #[must_use]
    pub fn to_seconds(self) -> Self {
        let round = |t: i64| (t + 500).div_euclid(1_000) * 1_000;
        Self::new(round(self.from), round(self.to))
    }

    /// The scale moved, and if need be shortened, to lie within `bounds`.
    #[must_use]
    pub fn within(self, bounds: Self) -> Self {
        let span = self.span().min(bounds.span());
        let from = self.from.clamp(bounds.from, bounds.to - span);
        Self::new(from, from + span)
    }
}

impl From<TimeRange> for TimeScale {
    fn from(range: TimeRange) -> Self {
        Self::new(range.from.timestamp_millis(), range.to.timestamp_millis())
    }
}

/// A value axis from zero at the bottom to a little above the highest value at the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueScale {
    max: f64,
}

impl ValueScale {
    /// A scale on which `highest` is just below the top edge. Zero and what is not a number count as 1.
    pub fn new(highest: f64) -> Self {
        let highest = if highest.is_finite() && highest > 0.0 {
            highest
        } else {
            1.0
        };
        Self {
            max: highest / (1.0 - HEADROOM),
        }
    }

    /// The value at the top edge.
    pub fn max(self) -> f64 {
        self.max
    }

    /// Place of `value` in the nested view box: [`HEIGHT`] at zero, 0 at the top edge.
    pub fn y(self, value: f64) -> f64 {
        (1.0 - value / self.max) * HEIGHT
    }

    /// Place of `value` in pixels on a plot `height` pixels high.
    pub fn px(self, value: f64, height: f64) -> f64 {
        (1.0 - value / self.max) * height
    }
}
