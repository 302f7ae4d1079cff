//! One host's month: its simulated engine and the source that watches it share a runtime whose time is paused, so it passes as fast as
//! everything in it is done.
//!
//! A runtime with paused time moves on to the next timer when nothing is left to do. Engine and source talk through a unix socket within
//! one thread, so an answer is there as soon as it is written, and no time passes in between. The recorder talks to a database in real
//! time; for as long as it works, this thread waits and time stands still.
//!
//! Around everything that happens, from three minutes before to forty seconds after, the source polls as it always does. In between, time
//! jumps three minutes ahead, as for a laptop that was asleep, and the source polls one round. So readings are fewer where nothing happens, and the
//! verdicts get what they get in production, never more.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::Timestamp;
use server::collect::{
    clock::OurClock,
    scheduler::Scheduler,
    sources::docker::{DockerSource, Settings},
};
use simulator::{Clock, Fleet, Listen, Pause, RunningSimulator, Simulation, Truth};

use crate::{
    dice::Dice,
    fleet::{ENGINE, Host},
    looks::Looks,
    recorder::Writing,
};

/// Before a happening, polls are as usual from here on. Readings older than two minutes are in no verdict (`domain::detect::memory`).
const BEFORE: TimeDelta = TimeDelta::minutes(3);
/// … and until so long after it: three rounds, and everything has settled.
const AFTER: TimeDelta = TimeDelta::seconds(40);
/// Where nothing happens, time jumps by this much at most.
const JUMP: TimeDelta = TimeDelta::minutes(3);
/// One round of polling.
const ROUND_S: u32 = 11;
/// How often readings are compressed.
const SEAL_EVERY: TimeDelta = TimeDelta::minutes(30);
/// The fleet's last end has to settle too.
const SETTLING: TimeDelta = TimeDelta::minutes(3);

/// What a month left behind, besides the ledger.
pub(crate) struct Month {
    pub(crate) truth: Truth,
    pub(crate) looks: Looks,
    /// When watching began: what ended before is history.
    pub(crate) watched_from: Timestamp,
    pub(crate) watched_until: Timestamp,
}

/// Lets a host's days pass, with everything recorded in the database at `url`.
pub(crate) fn pass(host: &Host, days: f64, from: Timestamp, jumps: bool, url: String) -> Month {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let skew = TimeDelta::milliseconds(host.skew_ms);
    let writing = Writing::start(url, format!("unix://{}", socket.display()), from - skew);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let month = runtime.block_on(async {
        let clock = Clock::of_timers(from);
        let simulator = Simulation::builder(Fleet::parse(&host.toml).unwrap().faster(host.haste))
            .seed(host.seed)
            .clock(clock.clone())
            .build()
            .unwrap()
            .listen(&Listen::Unix(socket.clone()))
            .await
            .unwrap();
        let ours = OurClock::told_by(move || clock.now() - skew);
        let source = DockerSource::new(
            writing.source,
            ENGINE.to_owned(),
            simulator.endpoint().parse().unwrap(),
            Settings {
                clock: ours.clone(),
                ..Settings::default()
            },
        );
        let scheduler = Scheduler::start(vec![(Arc::new(source), None)], &writing.outbox);
        let mut days = Days {
            simulator: &simulator,
            writing: &writing,
            ours,
            seed: host.seed,
            looks: Looks::default(),
            dense_until: from + AFTER,
            sealed_at: from,
            restarts: host
                .restarts_s
                .iter()
                .map(|at| from + seconds(*at) + ENGINE_STOPS)
                .collect(),
            until: from + seconds(days * 86_400.0),
            jumps,
        };
        // Between two beats of the source, which come at whole seconds.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let watched_from = simulator.now();
        days.pass().await;
        let looks = days.looks;
        scheduler.stop().await;
        writing.seal(simulator.now() - skew);
        let month = Month {
            truth: simulator.truth(),
            looks,
            watched_from,
            watched_until: simulator.now(),
        };
        simulator.shutdown().await;
        month
    });
    drop(runtime);
    writing.stop();
    month
}

/// An engine that is restarted stops its containers first.
const ENGINE_STOPS: TimeDelta = TimeDelta::milliseconds(1_600);

fn seconds(seconds: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds * 1e3) as i64)
}

/// The days as they pass.
struct Days<'a> {
    simulator: &'a RunningSimulator,
    writing: &'a Writing,
    ours: OurClock,
    seed: u64,
    looks: Looks,
    /// Something happened, so polls are as usual until then.
    dense_until: Timestamp,
    sealed_at: Timestamp,
    /// When the engine's streams break because it is restarted.
    restarts: Vec<Timestamp>,
    until: Timestamp,
    jumps: bool,
}

impl Days<'_> {
    async fn pass(&mut self) {
        let end = self.until + SETTLING;
        loop {
            let now = self.simulator.now();
            self.trouble(now);
            self.writing.turn(self.ours.now());
            if now - self.sealed_at >= SEAL_EVERY {
                self.sealed_at = now;
                self.writing.seal(self.ours.now());
            }
            if now >= end {
                return;
            }
            let next = self.next_at().unwrap_or(end);
            if next <= now + TimeDelta::seconds(1) {
                self.dense_until = next + AFTER;
            }
            let quiet = (next - BEFORE).min(end) - now;
            if self.jumps && now >= self.dense_until && quiet > JUMP / 2 {
                // By whole seconds: beats are where they would have been.
                let jump_s = quiet.min(JUMP).num_seconds() - i64::from(ROUND_S);
                tokio::time::advance(Duration::from_secs(jump_s.unsigned_abs())).await;
                tokio::time::sleep(Duration::from_secs(ROUND_S.into())).await;
            } else {
                self.looks.look(self.simulator, now);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// When something happens next.
    fn next_at(&self) -> Option<Timestamp> {
        let restart = self.restarts.first().copied();
        self.simulator.next_at().into_iter().chain(restart).min()
    }

    /// What goes wrong between the engine and us: connections break now and then, and more often when something happens.
    fn trouble(&mut self, now: Timestamp) {
        self.restarts.retain(|at| {
            let due = *at <= now;
            if due {
                self.simulator.break_streams(ENGINE);
            }
            !due
        });
        let happens = self
            .simulator
            .next_at()
            .is_some_and(|next| next <= now + TimeDelta::seconds(1));
        // By the second, so that it does not depend on how many there were before.
        let mut dice = Dice::new(self.seed ^ now.timestamp().unsigned_abs());
        let (breaks, turns_over, hangs) = if happens {
            (0.02, 0.002, 0.004)
        } else {
            (0.000_2, 0.000_01, 0.000_04)
        };
        if dice.happens(turns_over) {
            // The memory of 256 events has turned over before we are back.
            self.simulator.break_streams(ENGINE);
            self.simulator.forget_events(ENGINE);
        } else if dice.happens(breaks) {
            self.simulator.break_streams(ENGINE);
        }
        if dice.happens(hangs) {
            let how = dice.one_of(&[Pause::Hang, Pause::Fail]);
            self.simulator
                .pause_for(ENGINE, how, Duration::from_secs_f64(dice.scale(3.0, 90.0)));
        }
    }
}
