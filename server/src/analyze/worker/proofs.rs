//! What deploys did: decided once, when there is enough to tell by.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::WorkloadId,
    metric::TaskKind,
    proof::{
        Outcome,
        eras::{self, Deploy},
    },
};

use crate::{
    analyze::history::{History, REACH},
    live::{Live, LiveEvent},
    store::{Proof, Store, StoreError, StoredDeploy, Undecided},
};

/// Workloads that are looked at in a round at most.
const BATCH: usize = 3;
/// How often it is asked which deploys are undecided.
const ASK_EVERY: TimeDelta = TimeDelta::minutes(1);
/// A deploy is looked at again no sooner than this …
const LEAST: TimeDelta = TimeDelta::minutes(2);
/// … and no later.
const MOST: TimeDelta = TimeDelta::hours(1);

/// When each undecided deploy is looked at again.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    asked_at: Option<Timestamp>,
    undecided: Vec<Undecided>,
    due: HashMap<Undecided, Timestamp>,
}

impl Proofs {
    /// Decides what can be decided.
    pub(super) async fn decide(
        &mut self,
        store: &Store,
        live: &Live,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.asked_at.is_none_or(|at| now - at >= ASK_EVERY) {
            self.undecided = store.undecided(now - REACH).await?;
            self.asked_at = Some(now);
            let known = &self.undecided;
            self.due.retain(|deploy, _| known.contains(deploy));
        }
        let mut workloads: Vec<WorkloadId> = Vec::new();
        for deploy in &self.undecided {
            let is_due = self.due.get(deploy).is_none_or(|due| *due <= now);
            if is_due && !workloads.contains(&deploy.workload) && workloads.len() < BATCH {
                workloads.push(deploy.workload);
            }
        }
        for workload in workloads {
            self.look_at(workload, store, live, now).await?;
        }
        Ok(())
    }

    async fn look_at(
        &mut self,
        workload: WorkloadId,
        store: &Store,
        live: &Live,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let since = now - REACH;
        let history = History::read(store, workload, since, now).await?;
        let blind = store.blind(workload, since).await?;
        let gaps: Vec<_> = blind
            .iter()
            .map(|gap| (gap.from, gap.to.unwrap_or(now)))
            .collect();
        let stored = store.deploys(workload).await?;
        let changes: Vec<_> = stored.iter().filter_map(StoredDeploy::change).collect();
        let context = eras::Context {
            gaps: &gaps,
            changes: &changes,
            since,
            now,
        };
        let deploys = eras::deploys(&history.runs, context);
        let mut decided = Vec::new();
        for fact in self.undecided.iter().filter(|one| one.workload == workload) {
            let found = eras::about(&deploys, &history.runs, &fact.engine_id, fact.at);
            let Some(deploy) = found else {
                self.due.insert(fact.clone(), now + MOST);
                continue;
            };
            if deploy.is_decided() {
                let kind = history.runs[deploy.before.start..deploy.after.end]
                    .iter()
                    .rev()
                    .find_map(|run| run.seen.task_kind);
                let proof = Proof {
                    at: deploy.decided_at.unwrap_or(now),
                    text: deploy.proof.text(kind.map_or("tasks", TaskKind::label)),
                };
                let has_failed = deploy.proof.outcome.has_failed();
                let key = (fact.container, fact.at);
                if store.decide(workload, key, &proof, has_failed, now).await? {
                    live.publish(LiveEvent::Timeline {
                        workload: Some(workload),
                        at: proof.at,
                    });
                }
                decided.push(fact.clone());
            } else {
                self.due.insert(fact.clone(), again(deploy, now));
            }
        }
        self.undecided.retain(|fact| !decided.contains(fact));
        Ok(())
    }
}

/// When there may be more to tell.
fn again(deploy: &Deploy, now: Timestamp) -> Timestamp {
    if deploy.is_over {
        // Nothing more comes to it.
        return Timestamp::MAX_UTC;
    }
    let wait = match deploy.proof.outcome {
        Outcome::TooEarly { ready_in_s } => {
            TimeDelta::seconds(ready_in_s.clamp(0.0, 3_600.0) as i64)
        }
        _ => MOST,
    };
    now + wait.clamp(LEAST, MOST)
}
