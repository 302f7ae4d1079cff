//! A simulated fleet and the sources that watch it, in a runtime whose time is paused: hours pass as fast as everything in them is done.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::Timestamp;
use server::{
    collect::{
        clock::OurClock,
        scheduler::{Scheduler, Source},
        sources::docker::{DockerSource, Settings},
    },
    store::alerts::NewChannel,
};
use simulator::{Clock, Fleet, Listen, Simulation, Truth};

use super::watching::Watching;

/// A Monday, long ago: what is due then is due now for the dispatcher, which sends in real time.
const BEGIN: &str = "2026-01-05T09:00:00Z";
/// Around everything that happens, what came in is written every second …
const CLOSE: TimeDelta = TimeDelta::seconds(15);
const CLOSELY: Duration = Duration::from_secs(1);
/// … and else only as often as rules are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const SEAL_EVERY: TimeDelta = TimeDelta::minutes(30);

/// What truly happened.
pub(super) struct Passed {
    pub(super) truth: Truth,
    /// When watching began.
    pub(super) from: Timestamp,
    /// When it ended. What happened in the last moments before was not told yet.
    pub(super) until: Timestamp,
}

/// Lets a fleet live for so long, watched with the default rules from the database at `url`, which tell these channels.
pub(super) fn pass(
    fleet: Fleet,
    length: TimeDelta,
    url: String,
    channels: Vec<NewChannel>,
) -> Passed {
    let begin: Timestamp = BEGIN.parse().unwrap();
    let engines = fleet.engines().map(str::to_owned).collect();
    let watching = Watching::start(url, engines, channels, begin);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let passed = runtime.block_on(async {
        let clock = Clock::of_timers(begin);
        let simulator = Simulation::builder(fleet)
            .seed(7)
            .clock(clock.clone())
            .build()
            .unwrap()
            .listen(&Listen::Unix(folder.path().join("engine.sock")))
            .await
            .unwrap();
        let ours = OurClock::told_by(move || clock.now());
        let mut sources: Vec<(Arc<dyn Source>, Option<Timestamp>)> = Vec::new();
        for endpoint in simulator.endpoints() {
            let (id, hint) = watching.sources[&endpoint.engine].clone();
            let settings = Settings {
                clock: ours.clone(),
                hint,
                ..Settings::default()
            };
            let url = endpoint.url.parse().unwrap();
            let source = DockerSource::new(id, endpoint.engine.clone(), url, settings);
            sources.push((Arc::new(source), None));
        }
        let scheduler = Scheduler::start(sources, &watching.outbox);
        // Between two beats of the sources, which come at whole seconds.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let from = simulator.now();
        let mut sealed_at = from;
        let mut close_until = from;
        let mut looked_at = from - TimeDelta::seconds(10);
        while simulator.now() - from < length {
            let now = simulator.now();
            if simulator.next_at().is_some_and(|next| next <= now + CLOSE) {
                close_until = now + CLOSE * 2;
            }
            if (now - looked_at).to_std().unwrap() >= LOOK_EVERY {
                looked_at = now;
                watching.look(now);
            } else {
                watching.turn(now);
            }
            if now - sealed_at >= SEAL_EVERY {
                sealed_at = now;
                watching.seal(now);
            }
            let pause = if now < close_until {
                CLOSELY
            } else {
                LOOK_EVERY.saturating_sub((now - looked_at).to_std().unwrap())
            };
            tokio::time::sleep(pause).await;
        }
        scheduler.stop().await;
        watching.look(simulator.now());
        let passed = Passed {
            truth: simulator.truth(),
            from,
            until: simulator.now(),
        };
        simulator.shutdown().await;
        passed
    });
    drop(runtime);
    watching.stop();
    passed
}
