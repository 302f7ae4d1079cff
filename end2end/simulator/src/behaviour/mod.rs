//! How containers behave: one file per behaviour, each a pure function of the life it looks at and of time.
//!
//! A behaviour may say what happens next ([`Acts::next`]), what the process uses meanwhile ([`Acts::load`]), or both. What
//! the engine makes of a happening (events, states, back-off) is not decided here but in `script` and `container`.

mod cache;
mod child_oom;
mod crash;
mod crash_loop;
mod daily;
mod deploy;
mod engine_restart;
mod exit;
mod failed_probe;
mod garbage;
mod host_oom;
mod host_restart;
mod job;
mod kill;
mod leak;
mod pulses;
mod restart;
mod sigkill;
mod spike;
mod stop;

use serde::Deserialize;

use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::{Moment, Nanos, Span};

/// One life of a process, as far as behaviours need to know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    /// Seed of the container.
    pub(crate) seed: u64,
    /// Which life of the workload this is, from 1.
    pub(crate) number: u64,
    /// When the process started.
    pub(crate) started_at: Nanos,
    /// When the life before ended; the start, if there was none.
    pub(crate) down_since: Nanos,
}

/// What a process uses at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    /// Working set as a share of the limit (or of the typical amount, where there is none).
    pub(crate) level: f64,
    /// Tasks of the runtime.
    pub(crate) tasks: f64,
}

/// What a behaviour does to a container.
pub(crate) trait Acts {
    /// The first thing that happens after `after` in this life.
    fn next(&self, _beat: &Beat, _life: &Life, _after: Nanos) -> Option<(Nanos, Happening)> {
        None
    }

    /// What the process uses at `at`, given what it would use without this behaviour.
    fn load(&self, _beat: &Beat, _life: &Life, _at: Nanos, _usual: Load) -> Option<Load> {
        None
    }
}

/// Declares the behaviours: the names used in fleet files, the types that act, and their common dispatch.
macro_rules! behaviours {
    ($($variant:ident($type:ty)),+ $(,)?) => {
        /// A behaviour as a fleet file says it: what, with its settings, and when.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub(crate) enum Behaviour {
            $($variant($type),)+
        }

        impl Behaviour {
            fn acts(&self) -> &dyn Acts {
                match self { $(Self::$variant(behaviour) => behaviour,)+ }
            }

            pub(crate) fn when(&self) -> &When {
                match self { $(Self::$variant(behaviour) => &behaviour.when,)+ }
            }

            fn when_mut(&mut self) -> &mut When {
                match self { $(Self::$variant(behaviour) => &mut behaviour.when,)+ }
            }
        }
    };
}

behaviours! {
    Cache(cache::Cache),
    ChildOom(child_oom::ChildOom),
    Crash(crash::Crash),
    CrashLoop(crash_loop::CrashLoop),
    Daily(daily::Daily),
    Deploy(deploy::Deploy),
    EngineRestart(engine_restart::EngineRestart),
    Exit(exit::Exit),
    FailedProbe(failed_probe::FailedProbe),
    Garbage(garbage::Garbage),
    HostOom(host_oom::HostOom),
    HostRestart(host_restart::HostRestart),
    Job(job::Job),
    Kill(kill::Kill),
    Leak(leak::Leak),
    Pulses(pulses::Pulses),
    Restart(restart::Restart),
    Sigkill(sigkill::Sigkill),
    Spike(spike::Spike),
    Stop(stop::Stop),
}

impl Behaviour {
    /// A leak that kills every `every`, each `n` at its own point of the period.
    pub(crate) fn leak_every(every: Span, n: usize) -> Self {
        let phase = Moment((crate::random::unit(n as u64, 1) * every.0 as f64) as Nanos);
        Self::Leak(leak::Leak::new(When {
            every: Some(every),
            last: Some(phase),
            ..When::default()
        }))
    }

    /// The host's restart at a moment.
    pub(crate) fn host_restart(at: Moment, down: Span) -> Self {
        let when = When {
            at: Some(at),
            ..When::default()
        };
        Self::HostRestart(host_restart::HostRestart { when, down })
    }

    /// The engine's restart at a moment.
    pub(crate) fn engine_restart(at: Moment, down: Span) -> Self {
        let when = When {
            at: Some(at),
            ..When::default()
        };
        Self::EngineRestart(engine_restart::EngineRestart { when, down })
    }

    /// Divides the rhythm, and moments to come, by `factor`.
    pub(crate) fn hasten(&mut self, factor: f64) {
        let divided = |nanos: Nanos| (nanos as f64 / factor) as Nanos;
        let when = self.when_mut();
        when.every = when.every.map(|every| Span(divided(every.0)));
        for moment in [
            &mut when.at,
            &mut when.last,
            &mut when.from,
            &mut when.until,
        ]
        .into_iter()
        .flatten()
        {
            moment.0 = if moment.0 > 0 {
                divided(moment.0)
            } else {
                moment.0
            };
        }
    }
}

/// A behaviour with its times fixed.
#[derive(Clone, Debug)]
pub(crate) struct Scheduled {
    behaviour: Behaviour,
    beat: Beat,
}

impl Scheduled {
    pub(crate) fn new(behaviour: Behaviour, present: Nanos, seed: u64) -> Self {
        let beat = behaviour.when().fix(present, seed);
        Self { behaviour, beat }
    }

    /// The first thing that this behaviour does to the life after `after`.
    pub(crate) fn next(&self, life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        self.behaviour.acts().next(&self.beat, life, after)
    }

    /// What the process uses at `at` under this behaviour.
    pub(crate) fn load(&self, life: &Life, at: Nanos, usual: Load) -> Load {
        if !self.beat.covers(at) {
            return usual;
        }
        self.behaviour
            .acts()
            .load(&self.beat, life, at, usual)
            .unwrap_or(usual)
    }
}
