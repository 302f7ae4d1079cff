//! When growth meets the limit.

use super::Growing;

/// Time to the limit, in seconds from now: a range and the likeliest within it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Not before this.
    pub earliest_s: f64,
    /// Most likely then.
    pub likely_s: f64,
    /// Not after this.
    pub latest_s: f64,
}

/// What a course does not know of: load changes. A share of the remaining time.
const LEAST_MARGIN: f64 = 0.08;
/// What is left of that where past runs, with their loads, have had their say.
const LEAST_MARGIN_TRIED: f64 = 0.03;

impl Forecast {
    /// When growth reaches `limit`, told at the age at which the growth was judged. `None` when the slope may well be none at all.
    ///
    /// The range holds what growth may do next: go on at the pace of its whole course, at its pace of now, or go on getting faster or
    /// slower as it did. Peaks count, since the kernel kills at the highest moment; but collectors work harder where memory gets
    /// scarce, so at the latest peaks are half as high.
    pub fn of(growing: &Growing, limit: f64) -> Option<Self> {
        let (line, recent) = (&growing.line, &growing.recent);
        if line.slope <= 0.0 || line.slope_low <= 0.0 {
            return None;
        }
        let pace = Pace::of(growing);
        let room = limit - recent.at(growing.age_s);
        let (least, most) = (
            room - growing.amplitude - growing.scatter,
            room - growing.amplitude / 2.0 + growing.scatter,
        );
        let likely = pace.now_s(room - growing.amplitude);
        let earliest = pace.times_s(least).into_iter().fold(likely, f64::min);
        let latest = pace.times_s(most).into_iter().fold(likely, f64::max);
        Some(Self {
            earliest_s: earliest * (1.0 - LEAST_MARGIN),
            likely_s: likely,
            latest_s: latest * (1.0 + LEAST_MARGIN),
        })
    }

    /// The same as past runs would have it: of those that had lived as large a share of their life, the true time was `low` to `high`
    /// times what was said, and mostly `mid` times.
    #[must_use]
    pub fn corrected(self, low: f64, mid: f64, high: f64) -> Self {
        Self {
            earliest_s: self.likely_s * low * (1.0 - LEAST_MARGIN_TRIED),
            likely_s: self.likely_s * mid,
            latest_s: self.likely_s * high * (1.0 + LEAST_MARGIN_TRIED),
        }
    }

    /// The share of its life that a run of this age has behind it, if this comes true.
    pub fn share_lived(&self, age_s: f64) -> f64 {
        age_s / (age_s + self.likely_s).max(f64::MIN_POSITIVE)
    }

    /// Whether a time lies in the range.
    pub fn holds(&self, time_s: f64) -> bool {
        (self.earliest_s..=self.latest_s).contains(&time_s)
    }

    /// Width of the range as a share of the likeliest time.
    pub fn relative_width(&self) -> f64 {
        (self.latest_s - self.earliest_s) / self.likely_s.max(f64::MIN_POSITIVE)
    }
}

/// How fast it grows, in units a second.
struct Pace {
    /// Over its whole course.
    whole: f64,
    /// At this moment.
    now: f64,
    /// How much that changes every second.
    change: f64,
}

impl Pace {
    /// The slopes of the whole and of its last half are those of their middles, a quarter of the course apart; now is as far again.
    /// When the last half may well have grown as the whole did, growth is straight.
    fn of(growing: &Growing) -> Self {
        let (whole, recent) = (growing.line.slope, growing.recent);
        if (recent.slope_low..=recent.slope_high).contains(&whole) {
            return Self {
                whole,
                now: whole,
                change: 0.0,
            };
        }
        let recent = recent.slope;
        let quarter_s = growing.course_s / 4.0;
        Self {
            whole,
            // Paces that changed wildly are noise.
            now: (2.0 * recent - whole).clamp(0.5 * whole, 2.0 * whole),
            change: (recent - whole) / quarter_s.max(f64::MIN_POSITIVE),
        }
    }

    fn now_s(&self, room: f64) -> f64 {
        (room / self.now).max(0.0)
    }

    /// The times to grow by so much that are worth considering.
    fn times_s(&self, room: f64) -> [f64; 3] {
        let room = room.max(0.0);
        [room / self.whole, room / self.now, self.bending_s(room)]
    }

    /// If it goes on changing as it did: the root of now·t + change·t²/2 = room. Where growth would stop before, half the pace of now,
    /// which is its mean until it stops.
    fn bending_s(&self, room: f64) -> f64 {
        let Self { now, change, .. } = *self;
        let square = 2.0f64.mul_add(change * room, now * now).max(0.0);
        2.0 * room / (now + square.sqrt())
    }
}
