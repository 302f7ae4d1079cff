//! What forecasts are tried on: runs that ended at their limit, by workload, within a budget of bytes.
//!
//! A reading takes twelve bytes here, in place of twenty-four, which is exact to a ten-millionth. A run has at most as many of them as one that
//! lasts is judged by. When the budget is used up, what was read first goes: it is read again when its workload is judged again.

use std::collections::{HashMap, VecDeque};

use domain::{
    Timestamp,
    ids::WorkloadId,
    leak::{Reading, backtest::PastRun},
};

use super::POINTS;

/// Past runs that forecasts are tried on.
const TRIED: usize = 8;
/// Bytes of readings: those of 1,456 workloads at least, of about 2,900 that die of their limit again and again.
const BUDGET_BYTES: usize = 16 << 20;

/// Runs that ended at their limit, by workload, as they were when it last died.
#[derive(Debug)]
pub(super) struct Pasts {
    known: HashMap<WorkloadId, Past>,
    /// In the order in which they were read; some of them are gone, or were read again since.
    order: VecDeque<(WorkloadId, Timestamp)>,
    bytes: usize,
    budget_bytes: usize,
}

#[derive(Debug)]
struct Past {
    before: Timestamp,
    runs: Box<[Short]>,
}

/// A run in few bytes.
#[derive(Debug)]
struct Short {
    lifetime_s: f64,
    /// Age, minimum and maximum.
    readings: Box<[[f32; 3]]>,
}

impl Default for Pasts {
    fn default() -> Self {
        Self::within(BUDGET_BYTES)
    }
}

impl Pasts {
    fn within(budget_bytes: usize) -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            budget_bytes,
        }
    }

    /// Whether what is known is the past of the run that began then.
    pub(super) fn is_known(&self, workload: WorkloadId, before: Timestamp) -> bool {
        self.known
            .get(&workload)
            .is_some_and(|past| past.before == before)
    }

    /// Keeps the past of a run, given with the newest first.
    pub(super) fn put(
        &mut self,
        workload: WorkloadId,
        before: Timestamp,
        runs: impl Iterator<Item = PastRun>,
    ) {
        let runs = runs.take(TRIED).map(|run| Short::of(&run)).collect();
        let past = Past { before, runs };
        self.bytes += past.bytes();
        self.order.push_back((workload, before));
        if let Some(other) = self.known.insert(workload, past) {
            self.bytes -= other.bytes();
        }
        while self.bytes > self.budget_bytes
            && let Some((oldest, before)) = self.order.pop_front()
        {
            if self.is_known(oldest, before) {
                self.forget(oldest);
            }
        }
        if self.order.len() > 2 * self.known.len() + 16 {
            let known = &self.known;
            self.order
                .retain(|(id, before)| known.get(id).is_some_and(|past| past.before == *before));
        }
    }

    /// What forecasts of a workload's run are tried on.
    pub(super) fn of(&self, workload: WorkloadId) -> Vec<PastRun> {
        let past = self.known.get(&workload);
        past.map_or_else(Vec::new, |past| {
            past.runs.iter().map(Short::to_past_run).collect()
        })
    }

    /// Lets go of those that need none any longer.
    pub(super) fn retain(&mut self, keep: impl Fn(WorkloadId) -> bool) {
        let gone: Vec<WorkloadId> = self
            .known
            .keys()
            .copied()
            .filter(|workload| !keep(*workload))
            .collect();
        for workload in gone {
            self.forget(workload);
        }
    }

    fn forget(&mut self, workload: WorkloadId) {
        if let Some(past) = self.known.remove(&workload) {
            self.bytes -= past.bytes();
        }
    }
}

impl Past {
    fn bytes(&self) -> usize {
        let readings = self
            .runs
            .iter()
            .map(|run| size_of_val(run) + size_of_val(&*run.readings));
        size_of::<Self>() + readings.sum::<usize>()
    }
}

impl Short {
    fn of(run: &PastRun) -> Self {
        let joined = run.readings.len().div_ceil(POINTS as usize).max(1);
        Self {
            lifetime_s: run.lifetime_s,
            readings: run.readings.chunks(joined).map(join).collect(),
        }
    }

    fn to_past_run(&self) -> PastRun {
        PastRun {
            readings: self
                .readings
                .iter()
                .map(|[age_s, min, max]| Reading {
                    age_s: f64::from(*age_s),
                    min: f64::from(*min),
                    max: f64::from(*max),
                })
                .collect(),
            lifetime_s: self.lifetime_s,
        }
    }
}

/// One reading of neighbours, of which there is at least one.
fn join(readings: &[Reading]) -> [f32; 3] {
    let age_s = readings.iter().map(|reading| reading.age_s).sum::<f64>() / readings.len() as f64;
    let min = readings.iter().map(|reading| reading.min);
    let max = readings.iter().map(|reading| reading.max);
    [
        age_s,
        min.fold(f64::INFINITY, f64::min),
        max.fold(f64::NEG_INFINITY, f64::max),
    ]
    .map(|number| number as f32)
}

#[cfg(test)]
mod tests {
    use domain::leak::backtest;

    use super::*;

    const LIMIT: f64 = 268_435_456.0;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
    }

    /// A leak that meets its limit after so many readings, ten seconds apart.
    fn run(readings: u32) -> PastRun {
        let lifetime_s = f64::from(readings) * 10.0;
        let reading = |index| {
            let age_s = f64::from(index) * 10.0 + 4.321;
            let level = 0.1 + 0.9 * age_s / lifetime_s;
            Reading {
                age_s,
                min: level * LIMIT - 40_961.0,
                max: level * LIMIT,
            }
        };
        PastRun {
            readings: (0..readings).map(reading).collect(),
            lifetime_s,
        }
    }

    #[test]
    fn forecasts_do_as_well_on_runs_in_few_bytes() {
        let runs = [60, 75, 118, 90, 66].map(run);
        let mut pasts = Pasts::default();
        pasts.put(WorkloadId(1), at(0), runs.iter().cloned());
        let kept = pasts.of(WorkloadId(1));
        for lived in [0.25, 0.5, 0.8] {
            let told = |runs: &[PastRun]| backtest::record(runs, LIMIT, lived).expect("enough");
            let (one, other) = (told(&runs), told(&kept));
            assert_eq!((one.hits, one.of), (other.hits, other.of));
            for (one, other) in [
                (one.low, other.low),
                (one.mid, other.mid),
                (one.high, other.high),
            ] {
                assert!((one / other - 1.0).abs() < 1e-5, "{one} and {other}");
            }
        }
    }

    #[test]
    fn a_long_run_has_as_many_readings_as_one_that_is_judged() {
        let long = run(POINTS * 20 + 1);
        let short = Short::of(&long);
        assert!(short.readings.len() <= POINTS as usize);
        let highest = short.readings.iter().map(|reading| reading[2]);
        let highest = f64::from(highest.fold(0.0, f32::max));
        assert!((highest / long.readings.last().expect("has some").max - 1.0).abs() < 1e-6);
    }

    #[test]
    fn pasts_stay_within_their_budget_and_the_newest_stay() {
        const BUDGET: usize = 64 << 10;

        let mut pasts = Pasts::within(BUDGET);
        for death in 0..40 {
            for workload in 0..100 {
                let past = (0..20).map(|_| run(60));
                pasts.put(WorkloadId(workload), at(death), past);
                assert!(pasts.bytes <= BUDGET, "{}", pasts.bytes);
                assert_eq!(pasts.of(WorkloadId(workload)).len(), TRIED);
            }
        }
        let counted: usize = pasts.known.values().map(Past::bytes).sum();
        assert_eq!(pasts.bytes, counted);
        assert!(pasts.bytes > BUDGET / 2, "{}", pasts.bytes);
        assert!(pasts.order.len() <= 2 * pasts.known.len() + 16);
        assert!(pasts.is_known(WorkloadId(99), at(39)));
        assert!(!pasts.is_known(WorkloadId(0), at(39)));

        pasts.retain(|workload| workload == WorkloadId(99));
        assert_eq!(pasts.known.len(), 1);
        assert!(pasts.of(WorkloadId(98)).is_empty());
    }
}
