//! A source and a store for tests: a scenario's facts are fed to the ledger, its steps are judged and kept as the real store keeps them.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    detect::{Window, judge},
    fact::{Action, EngineEvent, Gap, GapKind, Observation, Poll},
    ids::EngineId,
    ledger::{DownRun, Ledger, OpenRun, Step},
    panic::{self, Panic},
    restart::Restart,
    sample::Sample,
    workload::{ContainerSpec, ContainerState, WorkloadKey},
};
use serde::Deserialize;

/// A scenario file; see `scenarios/README.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) about: String,
    #[serde(default = "docker")]
    pub(crate) engine: String,
    pub(crate) containers: Vec<ContainerLine>,
    #[serde(default)]
    pub(crate) memory: Vec<MemoryLine>,
    pub(crate) timeline: Vec<Line>,
    #[serde(default)]
    pub(crate) expect: Vec<Expect>,
    #[serde(default)]
    pub(crate) child_ooms: Vec<f64>,
    #[serde(default)]
    pub(crate) logs: Vec<LogLine>,
}

/// What a run wrote before its end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogLine {
    pub(crate) of: Option<String>,
    pub(crate) ended: f64,
    pub(crate) text: String,
}

fn docker() -> String {
    "docker".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContainerLine {
    pub(crate) id: String,
    pub(crate) workload: String,
    #[serde(default = "image")]
    pub(crate) image: String,
    #[serde(default)]
    pub(crate) digest: String,
    pub(crate) limit_mib: Option<u64>,
    #[serde(default = "always")]
    pub(crate) policy: String,
}

fn image() -> String {
    "shop/web:1".to_owned()
}

fn always() -> String {
    "always".to_owned()
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryLine {
    pub(crate) container: String,
    pub(crate) from: f64,
    pub(crate) every: f64,
    #[serde(default)]
    pub(crate) percent: Vec<f64>,
    #[serde(default)]
    pub(crate) mib: Vec<u64>,
    #[serde(default)]
    pub(crate) limit_hits: Vec<u64>,
    pub(crate) peak_mib: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Event(EventLine),
    Observe(ObserveLine),
    Poll(PollLine),
    Gap(GapLine),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventLine {
    pub(crate) at: f64,
    pub(crate) event: String,
    pub(crate) of: Option<String>,
    pub(crate) exit: Option<i32>,
    #[serde(default)]
    pub(crate) oom_killed: bool,
    pub(crate) signal: Option<i32>,
    pub(crate) arrives: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObserveLine {
    pub(crate) at: f64,
    pub(crate) observe: ContainerState,
    pub(crate) of: Option<String>,
    pub(crate) started: Option<f64>,
    pub(crate) finished: Option<f64>,
    pub(crate) exit: Option<i32>,
    #[serde(default)]
    pub(crate) oom_killed: bool,
    pub(crate) restarts: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PollLine {
    pub(crate) at: f64,
    pub(crate) poll: Vec<ObserveLine>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GapLine {
    pub(crate) gap: f64,
    pub(crate) to: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) of: Option<String>,
    pub(crate) ended: f64,
    pub(crate) started: Option<f64>,
    pub(crate) cause: String,
    pub(crate) confidence: String,
    pub(crate) kind: String,
    pub(crate) exit: Option<i32>,
    #[serde(default)]
    pub(crate) evidence: Vec<String>,
    pub(crate) counts: Option<bool>,
}

impl Line {
    /// When it reaches the ledger.
    pub(crate) fn arrives(&self) -> f64 {
        match self {
            Self::Event(line) => line.arrives.unwrap_or(line.at),
            Self::Observe(line) => line.at,
            Self::Poll(line) => line.at,
            Self::Gap(line) => line.to.unwrap_or(line.gap),
        }
    }
}

/// Seconds of a scenario as a moment: zero is noon.
pub(crate) fn moment(seconds: f64) -> Timestamp {
    let noon: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a valid time");
    noon + TimeDelta::microseconds((seconds * 1e6).round() as i64)
}

/// Seconds since noon.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    (at - moment(0.0)).num_microseconds().expect("short") as f64 / 1e6
}

impl Scenario {
    fn line(&self, of: Option<&String>) -> &ContainerLine {
        let id = of.unwrap_or(&self.containers[0].id);
        self.containers
            .iter()
            .find(|line| line.id == *id)
            .unwrap_or_else(|| panic!("no container `{id}`"))
    }

    /// What inspect tells.
    fn spec(&self, of: Option<&String>) -> ContainerSpec {
        let line = self.line(of);
        ContainerSpec {
            id: EngineId(line.id.clone()),
            workload: WorkloadKey {
                group: String::new(),
                name: line.workload.clone(),
            },
            image: line.image.clone(),
            image_id: if line.digest.is_empty() {
                format!("sha256:{}", line.image)
            } else {
                line.digest.clone()
            },
            created_at: None,
            limit_bytes: line.limit_mib.map(|mib| mib << 20),
            restart_policy: line.policy.clone(),
            labels: domain::labels::Labels::default(),
        }
    }

    /// What an event tells: no digest, no limit, no policy.
    fn spec_in_event(&self, of: Option<&String>) -> ContainerSpec {
        ContainerSpec {
            image_id: String::new(),
            limit_bytes: None,
            restart_policy: String::new(),
            ..self.spec(of)
        }
    }

    fn event(&self, line: &EventLine) -> EngineEvent {
        let action = match line.event.as_str() {
            "create" => Action::Create,
            "start" => Action::Start,
            "die" => Action::Die {
                exit_code: line.exit.expect("die has an exit code"),
                oom_killed: line.oom_killed,
            },
            "oom" => Action::Oom,
            "kill" => Action::Kill {
                signal: line.signal.expect("kill has a signal"),
            },
            "stop" => Action::Stop,
            "restart" => Action::Restart,
            "destroy" => Action::Destroy,
            "update" => Action::Update,
            "healthy" => Action::Health { healthy: true },
            "unhealthy" => Action::Health { healthy: false },
            other => panic!("no event `{other}`"),
        };
        let spec = self.spec_in_event(line.of.as_ref());
        EngineEvent {
            at: moment(line.at),
            container: spec.id.clone(),
            spec: Some(spec),
            action,
        }
    }

    fn observation(&self, line: &ObserveLine) -> Observation {
        Observation {
            at: moment(line.at),
            spec: self.spec(line.of.as_ref()),
            state: line.observe,
            started_at: line.started.map(moment),
            finished_at: line.finished.map(moment),
            exit_code: line.exit,
            oom_killed: line.oom_killed,
            restart_count: line.restarts,
        }
    }

    /// Feeds one line.
    pub(crate) fn feed(&self, ledger: &mut Ledger, line: &Line) {
        match line {
            Line::Event(line) => ledger.observe_event(&self.event(line)),
            Line::Observe(line) => ledger.observe_state(&self.observation(line)),
            Line::Poll(line) => ledger.observe_poll(&Poll {
                tick: moment(line.at),
                samples: Vec::new(),
                states: line
                    .poll
                    .iter()
                    .map(|line| self.observation(line))
                    .collect(),
                complete: true,
            }),
            Line::Gap(line) => ledger.gap(&Gap {
                kind: GapKind::Events,
                from: moment(line.gap),
                to: line.to.map(moment),
                reason: "the connection was lost".to_owned(),
            }),
        }
    }

    fn panic(&self, id: &EngineId, ended_at: Timestamp) -> Option<Panic> {
        let log = self
            .logs
            .iter()
            .filter(|log| moment(log.ended) == ended_at)
            .find(|log| self.line(log.of.as_ref()).id == id.0)?;
        panic::find(&log.text.lines().collect::<Vec<_>>())
    }

    fn samples(&self, id: &EngineId) -> Vec<Sample> {
        let line = self.line(Some(&id.0));
        let limit = line.limit_mib.map(|mib| mib << 20);
        self.memory
            .iter()
            .filter(|memory| memory.container == id.0)
            .flat_map(|memory| {
                let shares = memory.percent.iter().map(|percent| {
                    let limit = limit.expect("percent needs a limit");
                    (limit as f64 * percent / 100.0).round() as u64
                });
                let bytes = memory.mib.iter().map(|mib| mib << 20);
                shares.chain(bytes).enumerate().map(|(index, used)| Sample {
                    working_set_bytes: Some(used),
                    limit_bytes: limit,
                    limit_hits: memory.limit_hits.get(index).copied(),
                    peak_bytes: memory.peak_mib.map(|mib| mib << 20),
                    ..Sample::empty(moment(memory.from + memory.every * index as f64))
                })
            })
            .collect()
    }
}

/// What the store would hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) open: BTreeMap<(EngineId, Timestamp), OpenRun>,
    pub(crate) ended: BTreeSet<(EngineId, Timestamp)>,
    pub(crate) entries: BTreeMap<(EngineId, Timestamp), Restart>,
    pub(crate) specs: BTreeMap<EngineId, ContainerSpec>,
    pub(crate) child_ooms: BTreeSet<(EngineId, Timestamp)>,
    /// How often an entry was written anew.
    pub(crate) rewritten: u32,
}

impl Kept {
    /// Keeps what the ledger has found by `now`.
    pub(crate) fn take(&mut self, scenario: &Scenario, ledger: &mut Ledger, now: Timestamp) {
        for step in ledger.due(now) {
            match step {
                Step::Began(run) => {
                    let key = (run.spec.id.clone(), run.started_at);
                    self.specs.insert(run.spec.id.clone(), run.spec.clone());
                    if !self.ended.contains(&key) {
                        self.open.entry(key).or_insert(run);
                    }
                }
                Step::Died(death) => {
                    let samples = death.readings(&scenario.samples(&death.spec.id));
                    let verdict = judge(&Window {
                        death: &death,
                        samples: &samples,
                        panic: scenario.panic(&death.spec.id, death.ended_at).as_ref(),
                        events_tell_causes: scenario.engine == "docker",
                    });
                    let entry = death.entry(verdict, samples.last().copied());
                    let key = (entry.container.clone(), entry.run_started_at);
                    self.specs
                        .insert(entry.container.clone(), death.spec.clone());
                    self.open.remove(&key);
                    self.ended.insert(key.clone());
                    if self.entries.insert(key, entry).is_some() {
                        self.rewritten += 1;
                    }
                }
                Step::CameBack(back) => {
                    let key = (back.container, back.run_started_at);
                    let entry = self.entries.get_mut(&key).expect("a known entry");
                    entry.started_at = Some(back.started_at);
                    entry.kind = back.kind;
                    entry.next_image = back.next_image;
                }
                Step::ChildOutOfMemory { container, at } => {
                    self.child_ooms.insert((container, at));
                }
            }
        }
    }

    /// The ledger as it would be after Inquest was restarted.
    pub(crate) fn restore(&self) -> Ledger {
        let down = self
            .entries
            .values()
            .filter(|entry| entry.started_at.is_none())
            .filter(|entry| {
                !self.entries.values().any(|other| {
                    other.workload == entry.workload && other.run_started_at > entry.run_started_at
                })
            })
            .map(|entry| DownRun {
                spec: self.specs[&entry.container].clone(),
                run_started_at: entry.run_started_at,
                ended_at: entry.ended_at,
                exit_code: entry.exit_code,
            })
            .collect();
        Ledger::restore(self.open.values().cloned().collect(), down)
    }
}

/// Long enough for everything to settle.
pub(crate) const LATER: TimeDelta = TimeDelta::minutes(10);

/// Plays a scenario from its beginning to its end, `times` over, restarting Inquest before line `split`.
pub(crate) fn play(scenario: &Scenario, times: usize, split: Option<usize>) -> Kept {
    let mut ledger = Ledger::new();
    let mut kept = Kept::default();
    let mut now = Timestamp::MIN_UTC;
    for _ in 0..times {
        for (index, line) in scenario.timeline.iter().enumerate() {
            now = now.max(moment(line.arrives()));
            if split == Some(index) {
                ledger = kept.restore();
                for earlier in &scenario.timeline[..index] {
                    if matches!(earlier, Line::Event(_) | Line::Gap(_)) {
                        scenario.feed(&mut ledger, earlier);
                    }
                }
            }
            kept.take(scenario, &mut ledger, now);
            scenario.feed(&mut ledger, line);
            kept.take(scenario, &mut ledger, now);
        }
    }
    kept.take(scenario, &mut ledger, now + LATER);
    kept
}
