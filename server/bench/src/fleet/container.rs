//! One container's numbers over time.

use super::rng::Rng;

/// The unit in which cgroups account memory.
const PAGE: u64 = 4096;
const MIB: f64 = 256.0;

/// Polls in a day.
const DAY: f64 = 8_640.0;

/// How a container behaves. Of ten, two leak, five are busy, two idle and one collects garbage in big steps.
#[derive(Clone, Debug)]
enum Class {
    /// Grows to its limit, is killed and starts again: goroutines grow with it.
    Leak {
        /// Of all runs on average, and of this one.
        mean_life: f64,
        life: f64,
        age: f64,
    },
    /// Wanders about a level that follows the hours of the day.
    Busy {
        level: f64,
        phase: f64,
        spread: f64,
    },
    Idle,
    /// Fills its heap in `period` polls and drops to the bottom.
    Garbage {
        period: f64,
        age: f64,
        bottom: f64,
        top: f64,
    },
}

/// What a poll reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) working_set: u64,
    pub(crate) usage: u64,
    pub(crate) anon: u64,
    pub(crate) limit: u64,
    pub(crate) goroutines: u64,
    pub(crate) kernel_tasks: u64,
    /// How often it was started again so far.
    pub(crate) restarts: u64,
}

/// What the next poll finds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Read(Reading),
    /// It has just died of its limit.
    Died,
    /// It is waiting to be started again.
    Down,
}

#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) rng: Rng,
    class: Class,
    /// In pages, as is all memory here.
    limit: f64,
    memory: f64,
    /// What a random walk adds to the memory.
    noise: f64,
    inactive_file: f64,
    not_anon: f64,
    goroutines: f64,
    kernel_tasks: i64,
    restarts: u64,
    down_for: i64,
}

impl Container {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut rng = Rng::new(seed, index as u64 + 1);
        let limit = [128.0, 256.0, 512.0, 1024.0, 2048.0][rng.whole(0, 4) as usize] * MIB;
        let class = match index % 10 {
            0 | 1 => {
                let life = rng.log_between(0.05, 2.0) * DAY;
                Class::Leak {
                    mean_life: life,
                    life,
                    age: 0.0,
                }
            }
            2..=6 => Class::Busy {
                level: rng.between(0.3, 0.6) * limit,
                phase: rng.unit(),
                spread: rng.log_between(4.0, 512.0),
            },
            7 | 8 => Class::Idle,
            _ => Class::Garbage {
                period: rng.between(12.0, 240.0).round(),
                age: 0.0,
                bottom: rng.between(0.15, 0.3) * limit,
                top: rng.between(0.4, 0.7) * limit,
            },
        };
        Self {
            memory: rng.between(0.05, 0.3) * limit,
            noise: 0.0,
            inactive_file: rng.between(0.01, 0.2) * limit,
            not_anon: rng.between(0.005, 0.02) * limit,
            goroutines: rng.log_between(8.0, 400.0).round(),
            kernel_tasks: rng.whole(4, 40),
            restarts: 0,
            down_for: 0,
            class,
            limit,
            rng,
        }
    }

    /// Goes on by one poll interval; `day` is the time since midnight, in days.
    pub(super) fn step(&mut self, day: f64) -> Step {
        if self.down_for > 0 {
            self.down_for -= 1;
            return Step::Down;
        }
        let rng = &mut self.rng;
        let mut tasks = self.goroutines;
        let memory = match &mut self.class {
            Class::Leak {
                mean_life,
                life,
                age,
            } => {
                *age += 1.0;
                self.noise = 0.9 * self.noise + 12.0 * rng.normal();
                let grown = *age / *life;
                tasks += (grown * 40_000.0).round() + rng.whole(-2, 2) as f64;
                let memory = self.memory + (self.limit - self.memory) * grown + self.noise;
                if memory >= self.limit {
                    (*life, *age) = (*mean_life * rng.between(0.85, 1.15), 0.0);
                    self.noise = 0.0;
                    self.restarts += 1;
                    // The engine waits longer before each start.
                    self.down_for = rng.whole(0, 2);
                    return Step::Died;
                }
                memory
            }
            Class::Busy {
                level,
                phase,
                spread,
            } => {
                self.noise = 0.98 * self.noise + *spread * rng.normal();
                tasks += (3.0 * rng.normal()).round();
                let hours = (std::f64::consts::TAU * (day + *phase)).sin();
                *level + 0.05 * self.limit * hours + self.noise
            }
            Class::Idle => {
                if rng.chance(0.02) {
                    self.noise += rng.whole(-3, 3) as f64;
                }
                self.memory + self.noise
            }
            Class::Garbage {
                period,
                age,
                bottom,
                top,
            } => {
                *age = if *age + 1.0 >= *period {
                    0.0
                } else {
                    *age + 1.0
                };
                tasks += (1.5 * rng.normal()).round();
                *bottom + (*top - *bottom) * (*age / *period) + 24.0 * rng.normal()
            }
        };
        if !matches!(self.class, Class::Idle) || rng.chance(0.02) {
            if rng.chance(0.2) {
                self.inactive_file += 48.0 * rng.normal();
            }
            if rng.chance(0.05) {
                self.not_anon += rng.whole(-8, 8) as f64;
            }
            if rng.chance(0.01) {
                self.kernel_tasks += rng.whole(-1, 1);
            }
        }
        Step::Read(self.read(memory, tasks))
    }

    fn read(&mut self, memory: f64, tasks: f64) -> Reading {
        let working_set = memory.clamp(64.0, self.limit);
        self.not_anon = self.not_anon.clamp(16.0, 0.03 * self.limit);
        self.inactive_file = self.inactive_file.clamp(16.0, 0.25 * self.limit);
        let bytes = |pages: f64| pages as u64 * PAGE;
        Reading {
            working_set: bytes(working_set),
            // The kernel takes file pages back before it counts more than the limit.
            usage: bytes(working_set + self.inactive_file.min(self.limit - working_set)),
            anon: bytes((working_set - self.not_anon).max(16.0)),
            limit: bytes(self.limit),
            goroutines: tasks.max(2.0) as u64,
            kernel_tasks: self.kernel_tasks.clamp(2, 64) as u64,
            restarts: self.restarts,
        }
    }
}
