//! What sources have measured: written as samples, and read again where an end is to be judged or its black box is to be completed.

use std::collections::HashMap;

use domain::{
    Timestamp,
    ids::{ContainerKey, SourceId},
    ledger::Death,
    sample::Sample,
};
use metrics::counter;
use tracing::warn;

use super::Recorder;
use crate::{
    analyze::{
        desk::Desk,
        metrics::{SAMPLES_REFUSED, SAMPLES_WRITTEN},
        ring,
    },
    live::LiveEvent,
    store::{Appended, Tick},
};

impl Recorder {
    /// Writes what was measured; whether there was anything.
    pub(super) async fn write_readings(&self, desks: &mut HashMap<SourceId, Desk>) -> bool {
        let store = &self.store;
        let ticks: Vec<(SourceId, Vec<Tick>)> = desks
            .values_mut()
            .map(|desk| (desk.source, desk.take_readings()))
            .filter(|(_, ticks)| !ticks.is_empty())
            .collect();
        let polls: Vec<(SourceId, &[Tick])> = ticks
            .iter()
            .map(|(source, ticks)| (*source, ticks.as_slice()))
            .collect();
        if polls.is_empty() {
            return false;
        }
        let polls = &polls;
        let written = self
            .persist(|| async move { store.samples().append_all(polls).await })
            .await;
        if let Some(Appended { written, too_late }) = written {
            counter!(SAMPLES_WRITTEN).increment(written);
            if too_late > 0 {
                counter!(SAMPLES_REFUSED, "reason" => "too_late").increment(too_late);
                warn!(
                    readings = too_late,
                    "not recorded: readings of the same source are stored that are more than a week newer"
                );
            }
            for (source, ticks) in polls {
                if let Some(at) = ticks.iter().map(|tick| tick.at).max() {
                    self.live.publish(LiveEvent::Poll {
                        source: *source,
                        at,
                    });
                }
            }
        }
        true
    }

    /// Completes black boxes whose minutes are over.
    pub(super) async fn write_boxes(&self, desk: &mut Desk) {
        for (open, mut after) in desk.boxes_over() {
            let Some(container) = desk.key(&open.container) else {
                continue;
            };
            if after.is_empty() {
                // Inquest was restarted meanwhile.
                after = self
                    .stored_samples(container, open.ended_at, open.until())
                    .await;
            }
            let (store, after) = (&self.store, &after);
            let (run, until) = (open.run_started_at, open.until());
            self.persist(|| async move {
                store
                    .black_boxes()
                    .complete(container, run, until, after)
                    .await
            })
            .await;
        }
    }

    /// The readings that led up to an end.
    pub(super) async fn readings(
        &self,
        desk: &Desk,
        death: &Death,
        in_memory: Option<Vec<Sample>>,
    ) -> Vec<Sample> {
        match (in_memory, desk.key(&death.spec.id)) {
            (Some(samples), _) => samples,
            (None, Some(container)) => {
                self.stored_samples(container, ring::reach(death), death.ended_at)
                    .await
            }
            (None, None) => Vec::new(),
        }
    }

    async fn stored_samples(
        &self,
        container: ContainerKey,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Sample> {
        let store = &self.store;
        // Stored times are whole milliseconds.
        let to = to + chrono::TimeDelta::milliseconds(1);
        self.persist(|| async move { store.samples().tail(container, from, to).await })
            .await
            .unwrap_or_default()
    }
}
