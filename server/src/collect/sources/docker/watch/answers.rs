//! What is done with what requests brought.

use bollard::models::ContainerInspectResponse;
use domain::{Timestamp, ids::EngineId, profile::Seen};
use metrics::counter;
use tokio::time::Instant;

use super::{Answer, Watch};
use crate::collect::{
    metrics::PROBE_FAILURES,
    probes::{Reply, Tasks},
    sources::docker::{call::Failure, known::Known, map, problem::Problem, wire::Stats},
};

impl Watch<'_> {
    /// Takes an answer. Only a list that failed ends the watch: then the engine is away.
    pub(super) fn take(&mut self, answer: Answer) -> Result<(), Problem> {
        match answer {
            Answer::List { asked, result } => match result {
                Ok(list) => self.begin_round(asked, &list),
                Err(failure) => {
                    return Err(failure.problem(
                        &self.engine.endpoint,
                        "the list of containers",
                        self.settings.timeout,
                    ));
                }
            },
            Answer::Inspect { id, asked, result } => self.inspected(&id, asked, result),
            Answer::Stats { id, asked, result } => self.measured(id, asked, result),
            Answer::Probe { asked, reply } => self.probed(asked, reply),
            Answer::Log(tail) => self.reporter.log(*tail),
        }
        Ok(())
    }

    fn inspected(
        &mut self,
        id: &EngineId,
        asked: Timestamp,
        result: Result<Box<ContainerInspectResponse>, Failure>,
    ) {
        let in_round = self
            .round
            .as_mut()
            .is_some_and(|round| round.waiting.remove(id));
        let Some(known) = self.known.get_mut(id) else {
            return;
        };
        let again = known.look.end();
        match result {
            Ok(inspect) => {
                let Some(observation) = map::observation(&inspect, asked) else {
                    return;
                };
                let new_run = known.observe(observation.clone());
                if known.is_running() {
                    if let Some(health) = self.prober.found(id, &map::probe_site(&inspect)) {
                        self.reporter.probe(health);
                    }
                } else {
                    self.prober.forget(id);
                }
                if !in_round && self.held.is_none() {
                    self.hand_over_state(observation);
                }
                // The first reading of a run is its base line; a short run may have no other.
                if new_run {
                    self.probe(id, false);
                    self.sample(id);
                }
                if again {
                    self.inspect(id);
                }
            }
            Err(failure) if failure.is_gone() => {
                self.known.remove(id);
                self.prober.forget(id);
            }
            Err(failure) => {
                // The next round asks again.
                known.look.want();
                self.failed(&failure, "an inspect");
            }
        }
    }

    fn measured(&mut self, id: EngineId, asked: Timestamp, result: Result<Option<Stats>, Failure>) {
        let Some(known) = self.known.get_mut(&id) else {
            return;
        };
        known.sampling = false;
        match result {
            Ok(Some(stats)) => {
                let limit = known.spec().and_then(|spec| spec.limit_bytes);
                let Some(mut sample) = map::sample(&stats, limit, asked) else {
                    return;
                };
                known.measure(&sample);
                if let Some(lag) = known.read_after(Instant::now(), self.settings.interval) {
                    self.reading_lag.record(lag);
                    if lag > self.settings.interval {
                        self.late.increment(1);
                    }
                }
                if let Tasks::Probed(count) = self.prober.tasks(&id, Instant::now()) {
                    sample.tasks = count;
                }
                self.samples.push((id, sample));
            }
            Ok(None) => {}
            Err(failure) if failure.is_gone() => {}
            // A container that died since is answered late or never; that is no failure of the engine.
            Err(Failure::Timeout) if !known.is_running() => {}
            Err(failure) => self.failed(&failure, "the numbers of a container"),
        }
    }

    fn probed(&mut self, asked: Timestamp, mut reply: Reply) {
        if reply.failed() {
            counter!(PROBE_FAILURES, "source" => self.reporter.label()).increment(1);
        }
        if let Some((container, profile)) = reply.take_profile() {
            let seen = Seen { at: asked, profile };
            self.reporter.profile(container, seen);
        }
        if let Some(health) = self.prober.heard(reply) {
            self.reporter.probe(health);
        }
    }
}

impl Watch<'_> {
    /// The container, new or not.
    pub(super) fn know(&mut self, id: &EngineId) -> &mut Known {
        self.known
            .entry(id.clone())
            .or_insert_with(|| Known::new(id))
    }
}
