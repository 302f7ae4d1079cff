//! The past of a simulated fleet, in the shape in which the simulator lets its `--fleet-size` go on: most containers stay at a level, and each
//! whose number ends in zero leaks until it is killed, every ten minutes.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{ids::ContainerKey, ledger::OpenRun, restart::Restart, sample::Sample};

use crate::systems::inquest::{at, killed};

/// The unit in which the kernel counts memory.
const PAGE: f64 = 4_096.0;
/// The simulator's limit for each of them.
const LIMIT_BYTES: u64 = 256 << 20;
/// How long a leak takes.
const LIFE_MS: i64 = 600_000;
/// How long it is down between two lives.
const DOWN_MS: i64 = 300;
/// How often containers are read …
const USUAL_MS: i64 = 10_000;
/// … and those that are about to meet their limit, as one that leaks is told to from its second life on.
const ARMED_MS: i64 = 1_000;
/// Share of the limit that a leak begins with.
const FLOOR: f64 = 0.12;

/// A container with what it did.
pub(super) struct Member {
    pub(super) container: ContainerKey,
    run: OpenRun,
    leaks: bool,
    /// Between 0 and 1, its own.
    unit: f64,
}

impl Member {
    pub(super) fn new(container: ContainerKey, run: OpenRun) -> Self {
        Self {
            leaks: run.spec.workload.name.ends_with('0'),
            unit: (container.0 as f64 * 0.618_033_988_749_895).fract(),
            container,
            run,
        }
    }

    /// Its reading at a second, if it is read then and lives.
    pub(super) fn reading(&self, second_ms: i64) -> Option<Sample> {
        let every = if self.leaks { ARMED_MS } else { USUAL_MS };
        let turn = self.container.0 * ARMED_MS % every;
        if second_ms.rem_euclid(every) != turn {
            return None;
        }
        let level = if self.leaks {
            let life = (second_ms - self.started_ms()).rem_euclid(LIFE_MS);
            if life >= LIFE_MS - DOWN_MS {
                return None;
            }
            let grown = life as f64 / LIFE_MS as f64;
            FLOOR + (1.0 - FLOOR) * grown + 0.012 * self.wave(second_ms, 22.0) * (1.0 - grown)
        } else {
            (0.2 + 0.5 * self.unit) * (1.0 + 0.02 * self.wave(second_ms, 94.0))
        };
        Some(self.sample(at(second_ms), level))
    }

    fn sample(&self, at: DateTime<Utc>, level: f64) -> Sample {
        let pages = |share: f64| ((share * LIMIT_BYTES as f64 / PAGE) as u64) * PAGE as u64;
        let working_set = pages(level.clamp(0.002, 1.0));
        let cache = pages(0.064 * (1.0 + 0.1 * self.wave(at.timestamp_millis(), 1_200.0)));
        Sample {
            working_set_bytes: Some(working_set),
            usage_bytes: Some(working_set + cache.min(LIMIT_BYTES - working_set)),
            anon_bytes: Some(pages(0.93 * working_set as f64 / LIMIT_BYTES as f64)),
            limit_bytes: Some(LIMIT_BYTES),
            kernel_tasks: Some((12.0 + 0.7 * self.wave(at.timestamp_millis(), 62.0)) as u64),
            ..Sample::empty(at)
        }
    }

    fn wave(&self, at_ms: i64, period_s: f64) -> f64 {
        (std::f64::consts::TAU * (at_ms as f64 / 1e3 / period_s + self.unit)).sin()
    }

    fn started_ms(&self) -> i64 {
        self.run.started_at.timestamp_millis()
    }

    /// Its lives between a moment and the present one, as the ledger has them.
    pub(super) fn deaths(&self, since_ms: i64) -> impl Iterator<Item = Restart> + '_ {
        let lives = if self.leaks {
            (self.started_ms() - since_ms) / LIFE_MS
        } else {
            0
        };
        (1..=lives).rev().map(move |before| {
            let began = self.run.started_at - TimeDelta::milliseconds(before * LIFE_MS);
            let next = began + TimeDelta::milliseconds(LIFE_MS);
            self.death(began, next)
        })
    }

    fn death(&self, began: DateTime<Utc>, next: DateTime<Utc>) -> Restart {
        let ended_at = next - TimeDelta::milliseconds(DOWN_MS);
        let last = self.sample(ended_at - TimeDelta::milliseconds(ARMED_MS), 0.998);
        killed(&self.run.spec, [began, ended_at, next], Some(last))
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::EngineId,
        labels::Labels,
        workload::{ContainerSpec, WorkloadKey},
    };

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn member(key: i64, name: &str) -> Member {
        let spec = ContainerSpec {
            id: EngineId(format!("{key:064x}")),
            workload: WorkloadKey {
                group: String::new(),
                name: name.to_owned(),
            },
            image: "load/service-1:1".to_owned(),
            image_id: String::new(),
            created_at: None,
            limit_bytes: Some(LIMIT_BYTES),
            restart_policy: "always".to_owned(),
            labels: Labels::default(),
        };
        let run = OpenRun {
            spec,
            started_at: at(4 * HOUR_MS - 77_123),
            restart_count: None,
        };
        Member::new(ContainerKey(key), run)
    }

    fn readings(member: &Member) -> Vec<Sample> {
        let seconds = (0..HOUR_MS).step_by(ARMED_MS as usize);
        seconds.filter_map(|at| member.reading(at)).collect()
    }

    #[test]
    fn who_leaks_is_read_every_second_and_dies_every_ten_minutes() {
        let leaking = member(7, "load-00040");
        let readings = readings(&leaking);
        assert!(
            (3_590..=3_600).contains(&readings.len()),
            "{}",
            readings.len()
        );
        let level = |sample: &Sample| sample.memory_ratio().expect("has a limit");
        let falls = readings
            .windows(2)
            .filter(|pair| level(&pair[1]) < level(&pair[0]) - 0.5);
        assert_eq!(falls.count(), 6);
        let deaths: Vec<_> = leaking.deaths(0).collect();
        assert_eq!(deaths.len(), 23);
        assert_eq!(
            deaths.last().and_then(|last| last.started_at),
            Some(leaking.run.started_at)
        );
        for pair in deaths.windows(2) {
            assert_eq!(pair[0].started_at, Some(pair[1].run_started_at));
        }
    }

    #[test]
    fn others_are_read_at_every_poll_and_live_on() {
        let stable = member(8, "load-00041");
        assert_eq!(readings(&stable).len(), 360);
        assert_eq!(stable.deaths(0).count(), 0);
    }
}
