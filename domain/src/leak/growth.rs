//! Does it grow without end?

use serde::{Deserialize, Serialize};

use super::Course;
use crate::stats::{median, trend::Trend};

/// Fewer cells than this tell nothing.
const CELLS: usize = 12;
/// Less coverage than this tells nothing: what was not seen may have been a fall.
const COVERAGE: f64 = 0.80;
/// Kendall's tau from which the floor counts as rising. Noise around a level stays below 0.3; a leak with teeth is above 0.8.
const TAU: f64 = 0.70;
/// The last third has to rise by at least this share of the whole: a cache that fills rises ever more slowly.
const LATE_SHARE: f64 = 0.5;
/// One step may make at most this share of the growth: a leak comes in many.
const STEP_SHARE: f64 = 0.4;
/// Growth has to stand out this far from the scatter around its line.
const OVER_SCATTER: f64 = 3.0;

/// From which size on growth is worth telling, in units of the series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Growth since warm-up below this is nothing.
    pub least: f64,
    /// So is growth below this share of where it began.
    pub least_share: f64,
}

impl Scale {
    /// For memory: 3 % of the limit, or 16 MiB where there is none; and 5 % of the level it grew from.
    pub fn of_memory(limit_bytes: Option<f64>) -> Self {
        Self {
            least: limit_bytes.map_or(16.0 * 1_048_576.0, |limit| limit * 0.03),
            least_share: 0.05,
        }
    }

    /// For tasks: 20 of them, and a quarter more than at the begin.
    pub const fn of_tasks() -> Self {
        Self {
            least: 20.0,
            least_share: 0.25,
        }
    }
}

/// What a course says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// It grows.
    Growing(Growing),
    /// It does not.
    Flat(NotGrowing),
    /// It cannot be told.
    Unknown(TooLittle),
}

/// How it grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growing {
    /// The line that its floor follows, over the age in seconds.
    pub line: Trend,
    /// The line of the last half alone: growth that gets faster or slower shows in the difference.
    pub recent: Trend,
    /// How far its peaks rise above that line: the 90th percentile of the last third.
    pub amplitude: f64,
    /// The usual distance of the floor from the line.
    pub scatter: f64,
    /// How old the run was when this was told, in seconds.
    pub age_s: f64,
    /// How long the course is that was judged: its age without the warm-up, in seconds.
    pub course_s: f64,
}

/// Why it counts as flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotGrowing {
    /// It stays at its level, or falls.
    Level,
    /// It comes back to where it was: a garbage collector's teeth or the hours of the day.
    ComesBack,
    /// It rises ever more slowly, as a cache does that fills.
    Flattens,
    /// It rose in one step.
    Step,
    /// What grew is page cache, which the kernel takes back.
    Cache,
}

/// Why nothing can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooLittle {
    /// The run is too young.
    Young,
    /// Too much of it was not seen.
    Gaps,
}

impl NotGrowing {
    /// The reason as people read it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Level => "stays at its level",
            Self::ComesBack => "comes back to where it was",
            Self::Flattens => "rises ever more slowly",
            Self::Step => "rose in one step and stayed there",
            Self::Cache => "what grew is page cache, which the kernel takes back",
        }
    }
}

impl TooLittle {
    /// The reason as people read it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Young => "the run is too young to tell",
            Self::Gaps => "too much of the run was not seen",
        }
    }
}

impl Growth {
    /// Judges a course.
    pub fn of(course: &Course, scale: Scale) -> Self {
        if course.cells().len() < CELLS {
            return Self::Unknown(if course.coverage() < COVERAGE {
                TooLittle::Gaps
            } else {
                TooLittle::Young
            });
        }
        if course.coverage() < COVERAGE {
            return Self::Unknown(TooLittle::Gaps);
        }
        let floor = course.floor();
        let Some(line) = Trend::of(&floor) else {
            return Self::Unknown(TooLittle::Young);
        };
        let (first, last) = (floor[0], floor[floor.len() - 1]);
        let grown = line.slope * (last.0 - first.0);
        let worth = scale.least.max(line.at(first.0).abs() * scale.least_share);
        if grown < worth {
            return Self::Flat(level_or_back(course, worth));
        }
        let rests: Vec<f64> = floor.iter().map(|(x, y)| (y - line.at(*x)).abs()).collect();
        let scatter = median(&rests).unwrap_or(0.0);
        if line.tau < TAU || grown < OVER_SCATTER * scatter {
            return Self::Flat(NotGrowing::ComesBack);
        }
        if largest_step(&floor) > STEP_SHARE * (last.1 - first.1) {
            return Self::Flat(NotGrowing::Step);
        }
        // The hours of the day, with a quiet night in between: what it has now it had before, and gave back.
        let earlier = &course.cells()[..course.cells().len() * 2 / 3];
        if earlier.iter().any(|cell| cell.max >= last.1) {
            return Self::Flat(NotGrowing::ComesBack);
        }
        let late = &floor[floor.len() * 2 / 3..];
        if Trend::of(late).is_none_or(|late| late.slope < LATE_SHARE * line.slope) {
            return Self::Flat(NotGrowing::Flattens);
        }
        let peaks: Vec<f64> = course.cells()[course.cells().len() * 2 / 3..]
            .iter()
            .map(|cell| cell.max - line.at(cell.age_s))
            .collect();
        let amplitude = crate::stats::quantile(&peaks, 0.9).unwrap_or(0.0).max(0.0);
        Self::Growing(Growing {
            line,
            recent: Trend::of(&floor[floor.len() / 2..]).unwrap_or(line),
            amplitude,
            scatter,
            age_s: course.age_s(),
            course_s: last.0 - first.0,
        })
    }

    /// Judges memory of which `anon` is the part that the kernel cannot take back: where that does not grow, nothing leaks.
    pub fn of_memory(memory: &Course, anon: Option<&Course>, limit_bytes: Option<f64>) -> Self {
        /// The least share of the growth that must be anonymous.
        const ANON_SHARE: f64 = 0.4;

        let scale = Scale::of_memory(limit_bytes);
        let growth = Self::of(memory, scale);
        let (Self::Growing(growing), Some(anon)) = (growth, anon) else {
            return growth;
        };
        let anon = Trend::of(&anon.floor());
        if anon.is_some_and(|anon| anon.slope < ANON_SHARE * growing.line.slope) {
            return Self::Flat(NotGrowing::Cache);
        }
        growth
    }

    /// How it grows, if it does.
    pub const fn growing(&self) -> Option<&Growing> {
        match self {
            Self::Growing(growing) => Some(growing),
            _ => None,
        }
    }
}

/// It ends where it began: did it move in between?
fn level_or_back(course: &Course, worth: f64) -> NotGrowing {
    let cells = course.cells();
    let lowest = cells.iter().map(|cell| cell.min).fold(f64::MAX, f64::min);
    let highest = cells.iter().map(|cell| cell.max).fold(f64::MIN, f64::max);
    if highest - lowest > worth {
        NotGrowing::ComesBack
    } else {
        NotGrowing::Level
    }
}

fn largest_step(floor: &[(f64, f64)]) -> f64 {
    floor
        .windows(2)
        .map(|pair| pair[1].1 - pair[0].1)
        .fold(0.0, f64::max)
}
