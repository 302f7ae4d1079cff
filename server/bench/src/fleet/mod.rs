//! The data: a fleet that is the same in every run and for every system, made window by window because it does not fit into memory.

mod container;
mod rng;

use std::ops::Range;

pub(crate) use self::container::Reading;
use self::container::{Container, Step};

/// How often containers are polled.
pub(crate) const INTERVAL_MS: i64 = 10_000;
pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

const SEED: u64 = 20_261_122;
/// A poll's time lies this far from its tick at most, evenly spread.
const JITTER_MS: i64 = 50;
/// The share of polls that one container misses.
const MISSED: f64 = 0.001;
/// When nothing could be polled, as shares of the whole time, and for how many polls.
const OUTAGES: [(f64, i64); 3] = [(0.21, 60), (0.55, 270), (0.83, 1_080)];

/// How much data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) containers: usize,
    /// The first tick, in milliseconds since 1970.
    pub(crate) begin_ms: i64,
    pub(crate) polls: i64,
    /// Whether polls are off their ticks.
    pub(crate) jitter: bool,
}

impl Shape {
    /// Containers that were polled for so long until an end, off their ticks.
    pub(crate) const fn until(end_ms: i64, containers: usize, length_ms: i64) -> Self {
        let polls = length_ms / INTERVAL_MS;
        Self {
            containers,
            begin_ms: end_ms - polls * INTERVAL_MS,
            polls,
            jitter: true,
        }
    }

    /// The end, which is not included.
    pub(crate) const fn end_ms(&self) -> i64 {
        self.begin_ms + self.polls * INTERVAL_MS
    }
}

/// One poll of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Poll {
    /// When it was due.
    pub(crate) tick_ms: i64,
    /// When it was read.
    pub(crate) at_ms: i64,
    pub(crate) reading: Reading,
}

/// A run that ended at its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    pub(crate) container: usize,
    pub(crate) run_started_ms: i64,
    pub(crate) ended_ms: i64,
    /// When the next run began.
    pub(crate) started_ms: i64,
    /// The last poll of the run.
    pub(crate) last: Option<Poll>,
}

/// Some time of the whole fleet.
#[derive(Debug)]
pub(crate) struct Window {
    /// The first tick.
    pub(crate) begin_ms: i64,
    /// The tick after the last.
    pub(crate) end_ms: i64,
    /// By container, in order of time.
    pub(crate) polls: Vec<Vec<Poll>>,
    pub(crate) deaths: Vec<Death>,
}

impl Window {
    pub(crate) fn count(&self) -> u64 {
        self.polls.iter().map(|polls| polls.len() as u64).sum()
    }

    /// The same by tick: containers with their polls, in the order in which they come in.
    pub(crate) fn by_tick(&self) -> Vec<(i64, Vec<(usize, Poll)>)> {
        let mut ticks: Vec<_> = (self.begin_ms..self.end_ms)
            .step_by(INTERVAL_MS as usize)
            .map(|tick_ms| (tick_ms, Vec::with_capacity(self.polls.len())))
            .collect();
        for (container, polls) in self.polls.iter().enumerate() {
            for poll in polls {
                let index = (poll.tick_ms - self.begin_ms) / INTERVAL_MS;
                ticks[index as usize].1.push((container, *poll));
            }
        }
        ticks
    }
}

#[derive(Clone, Debug)]
struct Member {
    container: Container,
    run_started_ms: i64,
    died_ms: Option<i64>,
    last: Option<Poll>,
}

/// The fleet at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    shape: Shape,
    members: Vec<Member>,
    done: i64,
    outages: Vec<Range<i64>>,
}

impl Fleet {
    pub(crate) fn new(shape: Shape) -> Self {
        let member = |index| Member {
            container: Container::new(SEED, index),
            run_started_ms: shape.begin_ms,
            died_ms: None,
            last: None,
        };
        let outage = |(share, polls): (f64, i64)| {
            let begin = (shape.polls as f64 * share) as i64;
            // No larger a part of a small run than of thirty days.
            begin..begin + polls * shape.polls / (30 * DAY_MS / INTERVAL_MS)
        };
        Self {
            members: (0..shape.containers).map(member).collect(),
            outages: OUTAGES.map(outage).to_vec(),
            done: 0,
            shape,
        }
    }

    /// The next `polls` ticks, or what is left of them; `None` at the end.
    pub(crate) fn next(&mut self, polls: i64) -> Option<Window> {
        let ticks = self.done..(self.done + polls).min(self.shape.polls);
        if ticks.is_empty() {
            return None;
        }
        self.done = ticks.end;
        let mut window = Window {
            begin_ms: self.shape.begin_ms + ticks.start * INTERVAL_MS,
            end_ms: self.shape.begin_ms + ticks.end * INTERVAL_MS,
            polls: Vec::with_capacity(self.members.len()),
            deaths: Vec::new(),
        };
        for (index, member) in self.members.iter_mut().enumerate() {
            let mut polls = Vec::with_capacity((ticks.end - ticks.start) as usize);
            for tick in ticks.clone() {
                let tick_ms = self.shape.begin_ms + tick * INTERVAL_MS;
                let jitter = member.container.rng.whole(-JITTER_MS, JITTER_MS);
                let missed = member.container.rng.chance(MISSED)
                    || self.outages.iter().any(|outage| outage.contains(&tick));
                let at_ms = if self.shape.jitter {
                    tick_ms + jitter
                } else {
                    tick_ms
                };
                match member
                    .container
                    .step(tick_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64)
                {
                    Step::Died => member.died_ms = Some(tick_ms - INTERVAL_MS / 2),
                    Step::Down => {}
                    Step::Read(reading) => {
                        if let Some(ended_ms) = member.died_ms.take() {
                            let started_ms = tick_ms - INTERVAL_MS / 4;
                            window.deaths.push(Death {
                                container: index,
                                run_started_ms: member.run_started_ms,
                                ended_ms,
                                started_ms,
                                last: member.last,
                            });
                            member.run_started_ms = started_ms;
                        }
                        if !missed {
                            let poll = Poll {
                                tick_ms,
                                at_ms,
                                reading,
                            };
                            member.last = Some(poll);
                            polls.push(poll);
                        }
                    }
                }
            }
            window.polls.push(polls);
        }
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        containers: 20,
        begin_ms: 0,
        polls: 2 * DAY_MS / INTERVAL_MS,
        jitter: true,
    };

    fn all(shape: Shape, polls: i64) -> (Vec<Vec<Poll>>, usize) {
        let mut fleet = Fleet::new(shape);
        let (mut all, mut deaths) = (vec![Vec::new(); shape.containers], 0);
        while let Some(window) = fleet.next(polls) {
            deaths += window.deaths.len();
            for (all, polls) in all.iter_mut().zip(window.polls) {
                all.extend(polls);
            }
        }
        (all, deaths)
    }

    #[test]
    fn data_do_not_depend_on_how_they_are_cut() {
        let whole = all(SHAPE, i64::MAX >> 1);
        assert_eq!(whole, all(SHAPE, 719));
        assert!(whole.1 > 0, "somebody must have reached the limit");
    }

    #[test]
    fn jitter_changes_times_only() {
        let (off, _) = all(SHAPE, 8_640);
        let aligned = Shape {
            jitter: false,
            ..SHAPE
        };
        let (on, _) = all(aligned, 8_640);
        for (off, on) in off.iter().flatten().zip(on.iter().flatten()) {
            assert_eq!((off.tick_ms, off.reading), (on.tick_ms, on.reading));
            assert_eq!(on.at_ms, on.tick_ms);
            assert!((off.at_ms - off.tick_ms).abs() <= JITTER_MS);
        }
    }

    #[test]
    fn a_few_polls_are_missed() {
        let (polls, _) = all(SHAPE, 8_640);
        let share = polls.iter().flatten().count() as f64 / (20 * SHAPE.polls) as f64;
        assert!((0.98..0.999).contains(&share), "{share}");
    }
}
