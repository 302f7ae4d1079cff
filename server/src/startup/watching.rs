//! What runs between start and stop: sources that speak, the recorder that listens, and the upkeep of what it wrote.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use chrono::Utc;
use metrics::counter;
use tokio::{
    task::{AbortHandle, JoinHandle},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use crate::{
    alerting::{self, Alerting},
    analyze::{Recorder, Stalled, Worker, metrics::SAMPLES_REFUSED},
    collect::{
        hint::Hint,
        outbox::{self, Outbox},
        registry::{self, SourceSpec},
        scheduler::Scheduler,
    },
    config::Config,
    live::{Live, LiveEvent},
    store::{Keep, Sealed, Store, StoreError},
};

/// Sources that hang in a call are left behind.
const SOURCES_STOP: Duration = Duration::from_secs(2);
/// What was said must be written; without a database it cannot be.
const RECORDER_STOP: Duration = Duration::from_secs(3);
/// How often finished windows of samples are compressed.
const SEAL_EVERY: Duration = Duration::from_mins(1);
/// How often what is too old is removed, in rounds of sealing.
const RETAIN_EVERY: u64 = 60;

/// How long the recorder may fail to write before it is said: a database that is started anew is back before.
const STALLED_AFTER: Duration = Duration::from_mins(1);

/// Whether the recorder lives, and can write.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse(Arc<OnceLock<(AbortHandle, Stalled)>>);

impl Pulse {
    /// What is wrong, if anything is.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.0.get() {
            None => Err("has not begun".to_owned()),
            Some((recorder, _)) if recorder.is_finished() => Err("has ended".to_owned()),
            Some((_, stalled)) => {
                let lasted = stalled.lasted(Instant::now());
                if lasted < STALLED_AFTER {
                    return Ok(());
                }
                Err(format!(
                    "has been unable to write for {} s; its log says why",
                    lasted.as_secs()
                ))
            }
        }
    }
}

/// Everything that watches.
pub(super) struct Watching {
    scheduler: Scheduler,
    recorder: JoinHandle<()>,
    recording: CancellationToken,
    upkeep: JoinHandle<()>,
    analyzer: JoinHandle<()>,
    alerting: Alerting,
    firing: JoinHandle<()>,
    /// Without any source the recorder still waits for one.
    _outbox: Outbox,
}

impl Watching {
    /// Starts the recorder, which `recording` ends, and every source where its stored events end.
    pub(super) async fn start(
        store: &Store,
        config: &Config,
        recorder: Recorder,
        recording: CancellationToken,
        specs: &[SourceSpec],
        shared: Shared,
    ) -> anyhow::Result<Self> {
        let mut sources = Vec::with_capacity(specs.len());
        let mut hints = HashMap::new();
        for spec in specs {
            let hint = Hint::default();
            hints.insert(spec.id, hint.clone());
            sources.push((
                registry::build(spec, hint)?,
                store.events().last_at(spec.id).await?,
            ));
        }
        let Shared {
            live,
            outlooks,
            pulse,
            alerts,
        } = shared;
        // Before the recorder, which tells rules of ends.
        let watched = specs.iter().map(|spec| spec.id);
        let alerting = Alerting::start(store, config, &alerts, outlooks.clone(), watched).await?;
        let (outbox, inbox) = outbox::channel(config.buffer_bytes);
        let stalled = recorder.stalled();
        let recorder = tokio::spawn(recorder.run(inbox));
        let _once = pulse.0.set((recorder.abort_handle(), stalled));
        Ok(Self {
            scheduler: Scheduler::start(sources, &outbox),
            recorder,
            recording,
            firing: tokio::spawn(alerting::follow(store.clone(), live.clone())),
            upkeep: tokio::spawn(upkeep(store.clone(), live.clone(), config.retention)),
            analyzer: tokio::spawn(Worker::new(store.clone(), live, outlooks, hints).run()),
            alerting,
            _outbox: outbox,
        })
    }

    /// Runs until told to stop, and stops in order. A recorder that ends by itself is a mistake of ours: then nothing that is
    /// shown can be trusted, and whoever supervises us should start us again.
    pub(super) async fn until(mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = &mut self.recorder => {
                let why = ended.map_or_else(|error| error.to_string(), |()| "without a reason".to_owned());
                Err(anyhow::anyhow!("the recorder ended: {why}; this is a mistake in Inquest, please report it with the log"))
            }
        };
        self.upkeep.abort();
        self.analyzer.abort();
        self.alerting.stop();
        self.firing.abort();
        if timeout(SOURCES_STOP, self.scheduler.stop()).await.is_err() {
            tracing::warn!("a source did not stop in time");
        }
        self.recording.cancel();
        if outcome.is_ok() && timeout(RECORDER_STOP, self.recorder).await.is_err() {
            tracing::warn!("what came in last could not be recorded in time");
        }
        outcome
    }
}

/// Keeps the store small, for as long as it is not aborted.
async fn upkeep(store: Store, live: Live, keep: Keep) {
    // Whoever looks at the overview first need not wait for it then.
    if let Err(error) = store.load_overview(Utc::now()).await {
        tracing::warn!(%error, "what the overview is made of could not be read into memory; the overview will try again");
    }
    let mut ticks = interval(SEAL_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What is older is not kept: its incidents have gone, and must not come back.
    let kept_since = keep.incidents.map(|keep| Utc::now() - keep);
    let mut old_are_filed = false;
    for round in 0_u64.. {
        ticks.tick().await;
        match store.samples().seal(Utc::now()).await {
            Ok(Sealed { expired: 0, .. }) => {}
            Ok(Sealed { expired, .. }) => {
                counter!(SAMPLES_REFUSED, "reason" => "expired").increment(expired);
                tracing::warn!(
                    readings = expired,
                    "not recorded: samples of their time have been removed already"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "samples could not be compressed; trying again in a minute");
            }
        }
        if !old_are_filed {
            match store.incidents().file_old(kept_since).await {
                Ok(_) => old_are_filed = true,
                Err(error) => {
                    tracing::warn!(%error, "restarts could not be put into incidents; trying again in a minute");
                }
            }
        }
        if let Err(error) = rest(&store, &live).await {
            tracing::warn!(%error, "incidents could not be ended; trying again in a minute");
        }
        if round.is_multiple_of(RETAIN_EVERY)
            && let Err(error) = store.retain(&keep, Utc::now()).await
        {
            tracing::warn!(%error, "what is too old could not be removed; trying again in an hour");
        }
    }
}

/// Ends incidents that have been quiet for long enough, and freezes the charts of those that are over.
async fn rest(store: &Store, live: &Live) -> Result<(), StoreError> {
    let now = Utc::now();
    for incident in store.incidents().rest(now).await? {
        live.publish(LiveEvent::Incident { incident, at: now });
    }
    store.freeze_incidents(now).await?;
    Ok(())
}
