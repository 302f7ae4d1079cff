//! One container: its state as the engine keeps it, and the steps that are still to come.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::behaviour::{Behaviour, Life, Scheduled};
use crate::clock::utc;
use crate::event::{Action, EngineEvent};
use crate::fleet::{ContainerSpec, EngineKind, EngineSpec, ProbeHealth, RestartPolicy, Runtime};
use crate::happening::{Farewell, Happening};
use crate::identity::Identity;
use crate::logs::{self, LogTail};
use crate::oom_flag::OomFlag;
use crate::quantity::{MILLISECOND, Nanos, SECOND};
use crate::random;
use crate::script::{self, Delays, Step, Then, Victim};
use crate::truth::{ChildOom, Death, Starter, Truth};

/// The engine's first wait before a policy restart, doubled at every further death (moby `restartmanager`).
const FIRST_BACK_OFF: Nanos = 100 * MILLISECOND;
/// The longest wait.
const LONGEST_BACK_OFF: Nanos = 60 * SECOND;
/// A life this long resets the wait.
const LONG_LIFE: Nanos = 10 * SECOND;
/// How many past lives a container's log remembers.
const REMEMBERED_LIVES: usize = 40;

/// The engine's word for what a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Made, never started.
    Created,
    /// Its process runs.
    Running,
    /// It died, and the restart policy waits.
    Restarting,
    /// It is down.
    Exited,
}

impl Status {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
        }
    }
}

/// A past life, as far as the log remembers it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PastLife {
    pub(crate) life: Life,
    pub(crate) ended_at: Nanos,
    pub(crate) farewell: Farewell,
}

pub(crate) struct Container {
    pub(crate) spec: Arc<ContainerSpec>,
    pub(crate) engine: usize,
    engine_kind: EngineKind,
    oom_flag: OomFlag,
    pub(crate) seed: u64,
    pub(crate) behaviours: Vec<Scheduled>,
    pub(crate) identity: Arc<Identity>,
    generation: u64,
    /// Whether there is a container object now: not between `destroy` and `create`.
    pub(crate) exists: bool,
    pub(crate) status: Status,
    pub(crate) life: Life,
    pub(crate) finished_at: Option<Nanos>,
    pub(crate) exit_code: i32,
    pub(crate) oom_killed: bool,
    /// Kills by the kernel in this life, as the control group counts them.
    pub(crate) oom_kills: u64,
    pub(crate) restart_count: u32,
    back_off: Nanos,
    pub(crate) past: VecDeque<PastLife>,
    steps: VecDeque<(Nanos, Step)>,
    planned: Option<(Nanos, Happening)>,
    last_death: Option<usize>,
}

/// What a step gave rise to.
pub(crate) struct Outcome<'a> {
    pub(crate) events: &'a mut Vec<EngineEvent>,
    pub(crate) truth: &'a mut Truth,
}

impl Container {
    pub(crate) fn new(
        spec: Arc<ContainerSpec>,
        (index, engine): (usize, &EngineSpec),
        world_seed: u64,
        (begin, present): (Nanos, Nanos),
        address: Ipv4Addr,
    ) -> Self {
        let seed = random::named(random::named(world_seed, &engine.name), &spec.name);
        let outages = engine.outages.iter().filter(|outage| outage.loses_events());
        let outages = outages.map(|outage| {
            if outage.reboot {
                Behaviour::host_restart(outage.at, outage.lasts)
            } else {
                Behaviour::engine_restart(outage.at, outage.lasts)
            }
        });
        let behaviours = spec.behaviours.iter().cloned().chain(outages).enumerate();
        let behaviours = behaviours
            .map(|(n, behaviour)| Scheduled::new(behaviour, present, random::mix(seed ^ n as u64)))
            .collect();
        let identity = Identity::new(
            &spec,
            engine.name.as_str().into(),
            seed,
            0,
            &spec.tag,
            begin,
            address,
        );
        Self {
            engine: index,
            engine_kind: engine.kind,
            oom_flag: OomFlag::of(engine),
            seed,
            behaviours,
            identity: Arc::new(identity),
            generation: 0,
            exists: true,
            status: Status::Created,
            life: Life {
                seed,
                number: 0,
                started_at: begin,
                down_since: begin,
            },
            finished_at: None,
            exit_code: 0,
            oom_killed: false,
            oom_kills: 0,
            restart_count: 0,
            back_off: 0,
            past: VecDeque::new(),
            steps: VecDeque::from([(begin, Step::Start(Starter::Deploy))]),
            planned: None,
            last_death: None,
            spec,
        }
    }

    /// When the next step is due.
    pub(crate) fn next_at(&self) -> Option<Nanos> {
        let step = self.steps.front().map(|(at, _)| *at);
        let planned = self.planned.as_ref().map(|(at, _)| *at);
        step.into_iter().chain(planned).min()
    }

    /// Takes the one step that is due first.
    pub(crate) fn advance(&mut self, outcome: &mut Outcome<'_>) {
        let due = self.next_at();
        if self.planned.as_ref().map(|(at, _)| *at) == due {
            if let Some((at, happening)) = self.planned.take() {
                self.begin(&happening, at);
            }
        } else if let Some((at, step)) = self.steps.pop_front() {
            self.take(at, step, outcome);
        }
        if self.steps.is_empty() && self.planned.is_none() && self.status == Status::Running {
            let after = due.unwrap_or(self.life.started_at);
            let next = self
                .behaviours
                .iter()
                .filter_map(|behaviour| behaviour.next(&self.life, after));
            self.planned = next.min_by_key(|(at, _)| *at);
        }
    }

    /// Lets something happen at `at` that nobody planned. Whatever was under way is forgotten.
    pub(crate) fn provoke(&mut self, happening: &Happening, at: Nanos) {
        self.planned = None;
        self.steps.clear();
        self.begin(happening, at);
    }

    /// Starts a container that is down.
    pub(crate) fn start(&mut self, at: Nanos) {
        self.steps.clear();
        self.push(at, Step::Start(Starter::Manual));
    }

    /// Takes a container that waits for its policy restart out of the restart loop.
    pub(crate) fn give_up(&mut self) {
        self.steps.clear();
        self.status = Status::Exited;
    }

    /// Whether its program answers probes while it runs.
    pub(crate) fn serves_probes(&self) -> bool {
        self.spec.runtime != Runtime::Native && self.spec.probe == ProbeHealth::Answers
    }

    fn begin(&mut self, happening: &Happening, at: Nanos) {
        let mut delays = Delays::new(self.seed, at);
        for (at, step) in script::steps(
            self.engine_kind,
            happening,
            at,
            self.spec.stop_exit_code,
            &mut delays,
        ) {
            self.push(at, step);
        }
    }

    /// Keeps the steps in order of time; of two at the same time, the one pushed first goes first.
    fn push(&mut self, at: Nanos, step: Step) {
        let place = self.steps.partition_point(|(other, _)| *other <= at);
        self.steps.insert(place, (at, step));
    }

    fn take(&mut self, at: Nanos, step: Step, outcome: &mut Outcome<'_>) {
        match step {
            Step::Report(action) => self.report(at, action, None, outcome),
            Step::Oom(victim) => self.oom(at, victim, outcome),
            Step::Die {
                exit_code,
                cause,
                log,
                then,
            } => {
                self.die(at, (exit_code, log, then), outcome);
                self.last_death = Some(outcome.truth.deaths.len());
                outcome.truth.deaths.push(Death {
                    engine: self.identity.engine.to_string(),
                    workload: self.spec.name.clone(),
                    container_id: self.identity.id.clone(),
                    run: self.life.number,
                    started_at: utc(self.life.started_at),
                    ended_at: utc(at),
                    cause,
                    exit_code,
                    restarted_at: None,
                    restarted_by: None,
                });
            }
            Step::Start(by) => self.started(at, by, outcome),
            Step::Destroy => {
                self.report(at, Action::Destroy, None, outcome);
                self.exists = false;
            }
            Step::Create { tag } => {
                self.generation += 1;
                let Identity {
                    engine, address, ..
                } = &*self.identity;
                self.identity = Arc::new(Identity::new(
                    &self.spec,
                    Arc::clone(engine),
                    self.seed,
                    self.generation,
                    &tag,
                    at,
                    *address,
                ));
                self.exists = true;
                self.status = Status::Created;
                self.finished_at = None;
                self.exit_code = 0;
                self.oom_killed = false;
                self.restart_count = 0;
                self.past.clear();
                self.report(at, Action::Create, None, outcome);
            }
        }
    }

    fn oom(&mut self, at: Nanos, victim: Victim, outcome: &mut Outcome<'_>) {
        if victim != Victim::FirstBefore {
            self.oom_kills += 1;
            self.oom_killed |= self.oom_flag == OomFlag::AtOnce;
        }
        if victim == Victim::Child {
            outcome.truth.child_ooms.push(ChildOom {
                engine: self.identity.engine.to_string(),
                workload: self.spec.name.clone(),
                container_id: self.identity.id.clone(),
                at: utc(at),
            });
        }
        self.report(at, Action::Oom, None, outcome);
    }

    fn die(
        &mut self,
        at: Nanos,
        (exit_code, farewell, then): (i32, Farewell, Then),
        outcome: &mut Outcome<'_>,
    ) {
        let lasted = at - self.life.started_at;
        self.finished_at = Some(at);
        self.exit_code = exit_code;
        let oom_killed = self.oom_kills > 0;
        self.oom_killed = oom_killed && self.oom_flag != OomFlag::Never;
        self.past.push_back(PastLife {
            life: self.life,
            ended_at: at,
            farewell,
        });
        if self.past.len() > REMEMBERED_LIVES {
            self.past.pop_front();
        }
        if then == Then::Policy && self.spec.restart.restarts(exit_code) {
            // Whoever would have started it by hand later finds it running.
            self.steps
                .retain(|(_, step)| !matches!(step, Step::Start(_)));
            self.status = Status::Restarting;
            self.restart_count += 1;
            let wait = self.wait(lasted, at);
            for (at, step) in script::policy_start(self.engine_kind, at + wait) {
                self.push(at, step);
            }
        } else {
            self.status = Status::Exited;
        }
        if then != Then::Unheard {
            let action = Action::Die {
                exit_code,
                lasted_seconds: lasted / SECOND,
                oom_killed: oom_killed && self.oom_flag == OomFlag::AtEndAndTold,
            };
            self.report(at, action, Some(logs::tail(self, at)), outcome);
        }
    }

    /// The engine's back-off, and the set-up of the new process.
    fn wait(&mut self, lasted: Nanos, at: Nanos) -> Nanos {
        let set_up = Delays::new(self.seed, at).between(280, 450);
        if self.engine_kind == EngineKind::Podman {
            return set_up;
        }
        let doubled = (self.back_off * 2).clamp(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        self.back_off = if lasted >= LONG_LIFE {
            FIRST_BACK_OFF
        } else {
            doubled
        };
        self.back_off + set_up
    }

    fn started(&mut self, at: Nanos, by: Starter, outcome: &mut Outcome<'_>) {
        let down_since = self.past.back().map_or(at, |past| past.ended_at);
        self.life = Life {
            seed: self.seed,
            number: self.life.number + 1,
            started_at: at,
            down_since,
        };
        self.status = Status::Running;
        self.exit_code = 0;
        self.oom_kills = 0;
        self.oom_killed &= self.oom_flag == OomFlag::AtEndForGood;
        if matches!(by, Starter::Manual | Starter::Deploy) {
            self.restart_count = 0;
            self.back_off = 0;
        }
        if let Some(death) = self
            .last_death
            .take()
            .and_then(|index| outcome.truth.deaths.get_mut(index))
        {
            death.restarted_at = Some(utc(at));
            death.restarted_by = Some(by);
        }
        self.report(at, Action::Start, None, outcome);
    }

    fn report(
        &self,
        at: Nanos,
        action: Action,
        log_tail: Option<Arc<LogTail>>,
        outcome: &mut Outcome<'_>,
    ) {
        if action == Action::Oom && self.engine_kind == EngineKind::Podman {
            return;
        }
        outcome.events.push(EngineEvent {
            at: utc(at),
            action,
            container: Arc::clone(&self.identity),
            log_tail,
        });
    }

    pub(crate) fn policy(&self) -> RestartPolicy {
        self.spec.restart
    }
}
