//! What looking at all alert rules costs: 20 rules over 10,000 workloads, every ten seconds, as they are looked at when Inquest runs:
//! [`server::alerting::Watch`] on its own private Postgres, with the newest samples and forecasts in memory.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use domain::{
    alert::{self, Fields, Rule},
    fact::Observation,
    ids::{EngineId, SourceId},
    leak::Reading,
    ledger::LedgerChange,
    metric::TaskKind,
    outlook::Outlook,
    restart::{Restart, RestartKind},
    run::{Run, Seen},
    sample::{Sample, TaskCount},
    source::{SourceKind, SourceState},
    verdict::{Cause, Confidence, Verdict},
    workload::{ContainerSpec, ContainerState, WorkloadKey},
};
use server::{
    alerting::Watch,
    analyze::Outlooks,
    collect::Health,
    store::{Resolved, Store, Tick},
};

use crate::{
    cpu,
    results::Results,
    systems::{System as _, inquest::Inquest},
};

const WORKLOADS: usize = 10_000;
/// Containers that get their numbers in one transaction, as the recorder does it.
const AT_ONCE: usize = 1_000;
/// Looks that are measured: ten minutes of them, in which all counts are taken anew twice.
const LOOKS: i64 = 60;
const EVERY: TimeDelta = TimeDelta::seconds(10);
const LIMIT_BYTES: u64 = 512 << 20;

/// Besides the eight that are there from the start: together 20, of every kind.
const MORE: [&[(&str, &str)]; 12] = [
    &[
        ("when", "memory_ratio"),
        ("above", "80%"),
        ("for", "10m"),
        ("workloads", "group-1/*"),
    ],
    &[
        ("when", "memory_ratio"),
        ("above", "98%"),
        ("clear", "95%"),
        ("severity", "page"),
    ],
    &[("when", "memory_ratio"), ("below", "1%"), ("for", "1h")],
    &[
        ("when", "memory_working_set_bytes"),
        ("above", "500 MiB"),
        ("pick", "last"),
    ],
    &[
        ("when", "tasks"),
        ("above", "5000"),
        ("clear", "4000"),
        ("for", "5m"),
    ],
    &[("when", "tasks"), ("above", "9000"), ("images", "shop/*")],
    &[("when", "memory_growth"), ("above", "100 MiB")],
    &[("when", "task_growth"), ("above", "1000")],
    &[("when", "time_to_limit"), ("below", "2h"), ("for", "10m")],
    &[("when", "restarts"), ("window", "30d"), ("above", "50")],
    &[
        ("when", "each_restart"),
        ("causes", "crash"),
        ("keep_firing_for", "7d"),
    ],
    &[("when", "coverage_lost"), ("for", "10m")],
];

/// Measures it, and appends the figures.
pub(crate) async fn run(folder: &Path, results: &Results) -> anyhow::Result<()> {
    let mut inquest = Inquest::start(folder, "rules").await?;
    let begin = Utc::now().duration_trunc(TimeDelta::seconds(1))?;
    let fleet = Fleet::open(inquest.database_url()?, begin).await?;
    let mut watch = Watch::new(fleet.store.clone(), fleet.outlooks(begin), [fleet.source]);
    // The first look reads and counts everything, and alerts of the first minutes begin.
    for look in 0..LOOKS {
        fleet.poll(begin + EVERY * look as i32, look).await?;
        watch.look(begin + EVERY * look as i32).await?;
    }
    let (memory_before, mut cost) = (resident_bytes()?, Cost::default());
    let postmaster = inquest.postmaster()?;
    for look in LOOKS..2 * LOOKS {
        let now = begin + EVERY * look as i32;
        fleet.poll(now, look).await?;
        let before = (cpu::own(), cpu::of_family(postmaster));
        watch.look(now).await?;
        let own = cpu::own().saturating_sub(before.0);
        let postgres = cpu::of_family(postmaster).saturating_sub(before.1);
        cost.own += own;
        cost.postgres += postgres;
        cost.worst = cost.worst.max(own + postgres);
    }
    let memory = resident_bytes()?;
    let alerts = fleet.store.alerts().firing_by_rule().await?;
    let firing: u32 = alerts.values().sum();
    anyhow::ensure!(firing > 0, "no rule fires: nothing was looked at");
    eprintln!("  {firing} alerts of {} rules fire", alerts.len());
    let each = |time: Duration| time.as_secs_f64() / LOOKS as f64;
    results.figure("rules.eval_200k_cpu_s", each(cost.own), "s")?;
    results.figure("rules.eval_200k_postgres_cpu_s", each(cost.postgres), "s")?;
    results.figure("rules.eval_200k_worst_cpu_s", cost.worst.as_secs_f64(), "s")?;
    results.figure("rules.eval_200k_memory_bytes", memory as f64, "bytes")?;
    let growth = memory.saturating_sub(memory_before);
    results.figure(
        "rules.eval_200k_memory_growth_bytes",
        growth as f64,
        "bytes",
    )?;
    fleet.store.close().await;
    inquest.stop().await;
    Ok(())
}

/// Processor time.
#[derive(Default)]
struct Cost {
    own: Duration,
    postgres: Duration,
    /// Of both, in the look that took most.
    worst: Duration,
}

/// What this process has in memory.
fn resident_bytes() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib
        .context("no VmRSS in /proc/self/status")?
        .parse::<u64>()?
        * 1024)
}

struct Fleet {
    store: Store,
    source: SourceId,
    keys: Vec<Resolved>,
    started_at: DateTime<Utc>,
}

impl Fleet {
    /// Workloads that have run for two hours, each of which ended once in the last thirty days.
    async fn open(url: &str, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let store = Store::open(url).await?;
        let rules: Vec<Rule> = (0..)
            .zip(MORE)
            .filter_map(|(number, fields)| more(number, fields))
            .collect();
        anyhow::ensure!(rules.len() == MORE.len(), "one of the rules is wrong");
        store.alerts().provision(&alert::defaults(), &rules).await?;
        let source = store
            .sources()
            .upsert("fleet", SourceKind::Docker, "unix:///nowhere", 10_000)
            .await?;
        store.sources().set_health(source, &healthy(now)).await?;
        let started_at = now - TimeDelta::hours(2);
        let specs: Vec<ContainerSpec> = (0..WORKLOADS)
            .map(|number| spec(number, started_at))
            .collect();
        let mut keys = Vec::with_capacity(specs.len());
        for batch in specs.chunks(AT_ONCE) {
            let seen: Vec<_> = batch.iter().map(|spec| (spec, now)).collect();
            let resolved = store.containers().resolve_all(source, &seen).await?;
            let states: Vec<Observation> = batch
                .iter()
                .map(|spec| running(spec, started_at, now))
                .collect();
            let told: Vec<_> = resolved
                .iter()
                .map(|keys| keys.container)
                .zip(&states)
                .collect();
            store.containers().set_states(&told).await?;
            keys.extend(resolved);
        }
        for (batch, specs) in specs.chunks(AT_ONCE).enumerate() {
            let ended = |index: usize| {
                now - TimeDelta::minutes((4 * (batch * AT_ONCE + index) + 150) as i64)
            };
            let changes: Vec<LedgerChange> = specs
                .iter()
                .enumerate()
                .map(|(index, spec)| LedgerChange::Ended(Box::new(crash(spec, ended(index)))))
                .collect();
            let ledger = store.ledger();
            if batch == 0 {
                // Those of the last day are told, and are alerts.
                ledger.record_news(source, &changes, &[], now).await?;
            } else {
                ledger.record(source, &changes).await?;
            }
        }
        Ok(Self {
            store,
            source,
            keys,
            started_at,
        })
    }

    /// One poll of all: most are quiet, one in fifty wanders around thresholds.
    async fn poll(&self, at: DateTime<Utc>, round: i64) -> anyhow::Result<()> {
        let samples = self.keys.iter().enumerate().map(|(number, keys)| {
            let wave = ((round as f64 / 20.0) + number as f64).sin();
            let (level, tasks) = if number % 50 == 0 {
                (
                    0.12f64.mul_add(wave, 0.88),
                    3_000.0f64.mul_add(wave, 4_500.0),
                )
            } else {
                (0.1f64.mul_add(wave, 0.4), 20.0f64.mul_add(wave, 100.0))
            };
            let sample = Sample {
                working_set_bytes: Some((LIMIT_BYTES as f64 * level) as u64),
                limit_bytes: Some(LIMIT_BYTES),
                tasks: Some(TaskCount {
                    kind: TaskKind::Goroutines,
                    count: tasks as u64,
                }),
                ..Sample::empty(at)
            };
            (keys.container, sample)
        });
        let tick = Tick {
            at,
            samples: samples.collect(),
        };
        self.store
            .samples()
            .append_ticks(self.source, &[tick])
            .await?;
        Ok(())
    }

    /// What is expected of every run: one in ten grows.
    fn outlooks(&self, now: DateTime<Utc>) -> Outlooks {
        let course = |grows: bool| -> Vec<Reading> {
            let level = |minute: i32| {
                if grows {
                    0.2 + 0.005 * f64::from(minute)
                } else {
                    0.4
                }
            };
            let bytes = |minute| LIMIT_BYTES as f64 * level(minute);
            (1..=120)
                .map(|minute| Reading::of(f64::from(minute) * 60.0, bytes(minute)))
                .collect()
        };
        let judged = [false, true].map(|grows| Outlook::of(&self.lasting(course(grows)), &[], now));
        let outlooks = Outlooks::default();
        let each = self.keys.iter().enumerate();
        outlooks
            .put(each.map(|(number, keys)| (keys.workload, judged[usize::from(number % 10 == 0)])));
        outlooks
    }

    fn lasting(&self, memory: Vec<Reading>) -> Run {
        Run {
            id: domain::ids::RunId(1),
            container: EngineId::from("one"),
            image: String::new(),
            image_id: String::new(),
            limit_bytes: Some(LIMIT_BYTES),
            started_at: self.started_at,
            end: None,
            seen: Seen {
                memory,
                ..Seen::default()
            },
        }
    }
}

fn more(number: usize, fields: &[(&str, &str)]) -> Option<Rule> {
    let mut fields: Fields = fields.iter().copied().collect();
    fields.set("name", format!("Rule {number}"));
    Rule::read(&fields).ok()
}

fn spec(number: usize, created_at: DateTime<Utc>) -> ContainerSpec {
    ContainerSpec {
        id: EngineId(format!("{number:064x}")),
        workload: WorkloadKey {
            group: format!("group-{}", number % 100),
            name: format!("service-{number}"),
        },
        image: format!("shop/service-{number}:1"),
        image_id: format!("sha256:{number:064x}"),
        created_at: Some(created_at),
        limit_bytes: Some(LIMIT_BYTES),
        restart_policy: "always".to_owned(),
        labels: domain::labels::Labels::default(),
    }
}

fn running(spec: &ContainerSpec, started_at: DateTime<Utc>, at: DateTime<Utc>) -> Observation {
    Observation {
        at,
        spec: spec.clone(),
        state: ContainerState::Running,
        started_at: Some(started_at),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: None,
    }
}

fn crash(spec: &ContainerSpec, ended_at: DateTime<Utc>) -> Restart {
    Restart {
        workload: spec.workload.clone(),
        container: spec.id.clone(),
        run_started_at: ended_at - TimeDelta::hours(1),
        ended_at,
        started_at: Some(ended_at + TimeDelta::seconds(1)),
        exit_code: Some(2),
        kind: RestartKind::Policy,
        image: spec.image.clone(),
        next_image: None,
        verdict: Verdict {
            cause: Cause::Crash,
            confidence: Confidence::Confirmed,
            evidence: Vec::new(),
        },
        last_sample: None,
    }
}

fn healthy(at: DateTime<Utc>) -> Health {
    Health {
        at,
        state: SourceState::Healthy,
        problem: None,
        engine: None,
        poll_ms: Some(3),
        next_try_at: None,
        events_connected: true,
    }
}
