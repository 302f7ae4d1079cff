//! The end of a run, with all that is needed to judge it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Asked;
use crate::{
    Timestamp,
    fact::{EngineEvent, Gap, Observation},
    ids::EngineId,
    restart::{Restart, RestartKind},
    sample::{Sample, TIME_KEPT_TO_MS},
    verdict::Verdict,
    workload::ContainerSpec,
};

/// The signal that no program can refuse.
const SIGKILL: i32 = 9;

/// A run that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// Whose run it was, and what it was made from.
    pub spec: ContainerSpec,
    /// When the run had begun.
    pub run_started_at: Timestamp,
    /// When it ended: exact when the event or inspect told, else the best bound (see [`EndSeen`]).
    pub ended_at: Timestamp,
    /// How we know.
    pub seen: EndSeen,
    /// The exit code; `None` when it was not seen.
    pub exit_code: Option<i32>,
    /// The kernel's OOM kills that belong to this end, oldest first, each once.
    pub ooms: Vec<Timestamp>,
    /// OOM kills earlier in this run, which it survived.
    pub child_ooms: Vec<Timestamp>,
    /// What was asked of the engine about this end.
    pub asked: Asked,
    /// The container's events from the run's last stretch and just after it.
    pub events: Vec<EngineEvent>,
    /// What inspect said during this run and just after it.
    pub observations: Vec<Observation>,
    /// The run that followed, if there is one so far.
    pub next: Option<Next>,
    /// How the next run came about.
    pub kind: RestartKind,
    /// Whether its host went down with it and with everything else, though nobody may have started it again.
    pub lost_with_host: bool,
    /// Stretches without events that touch the end.
    pub gaps: Vec<Gap>,
    /// Set when only the engine's counter knows of this run.
    pub hidden: Option<Hidden>,
}

impl Death {
    /// Whether every event that could explain the end was seen.
    pub fn stream_whole(&self) -> bool {
        self.gaps.is_empty() && self.seen == EndSeen::Event
    }

    /// The readings of the run among those of its container. Where the end was not seen and is only known to have come before the next start,
    /// one that was taken right before that start may be of the next process already: see [`TIME_KEPT_TO_MS`]. And between SIGKILL and the end
    /// the kernel takes the process apart: on a busy machine that takes long enough for a reading of what is left of its memory.
    pub fn readings(&self, samples: &[Sample]) -> Vec<Sample> {
        const KEPT_TO: TimeDelta = TimeDelta::milliseconds(TIME_KEPT_TO_MS as i64);

        let own = self.next.as_ref();
        let own = own.filter(|next| next.container == self.spec.id);
        let next = own.map(|next| next.started_at);
        let kills = self.asked.kills.iter();
        let killed_at = kills
            .filter(|(_, signal)| *signal == SIGKILL)
            .map(|(at, _)| *at);
        let until = killed_at
            .chain([self.ended_at])
            .min()
            .unwrap_or(self.ended_at);
        samples
            .iter()
            .filter(|sample| sample.at >= self.run_started_at && sample.at <= until)
            .filter(|sample| next.is_none_or(|next| sample.at < next - KEPT_TO || next < sample.at))
            .copied()
            .collect()
    }

    /// The image of the next run, when it is another one.
    pub fn next_image(&self) -> Option<&str> {
        self.next
            .as_ref()
            .map(|next| next.spec.image.as_str())
            .filter(|image| *image != self.spec.image)
    }

    /// The ledger's entry for this end, once it was judged.
    pub fn entry(&self, verdict: Verdict, last_sample: Option<Sample>) -> Restart {
        Restart {
            workload: self.spec.workload.clone(),
            container: self.spec.id.clone(),
            run_started_at: self.run_started_at,
            ended_at: self.ended_at,
            started_at: self.next.as_ref().map(|next| next.started_at),
            exit_code: self.exit_code,
            kind: self.kind,
            image: self.spec.image.clone(),
            next_image: self.next_image().map(ToOwned::to_owned),
            verdict,
            last_sample,
        }
    }
}

/// How the end of a run was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndSeen {
    /// The `die` event.
    Event,
    /// Inspect showed it dead; no `die` came.
    Inspect,
    /// A later run was seen; the end itself was not. `ended_at` is the engine's `FinishedAt`.
    Moved,
    /// The container was removed; `ended_at` is when that was noticed.
    Removed,
}

/// The run after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// In which container.
    pub container: EngineId,
    /// When it began. Before the end when the successor was started first.
    pub started_at: Timestamp,
    /// What it is made from.
    pub spec: ContainerSpec,
    /// What is different from the run that ended; empty when it is the same.
    pub changes: Vec<SpecChange>,
}

/// A difference between two containers of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecChange {
    /// Another image, by its name.
    Image {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// The same name, other content.
    Digest,
    /// Another memory limit in bytes; `None` is none.
    Limit {
        /// Before.
        from: Option<u64>,
        /// After.
        to: Option<u64>,
    },
    /// Another restart policy.
    RestartPolicy {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
}

impl SpecChange {
    /// What differs between two specs. Limits, digests and policies are compared only when both were inspected: events tell names alone.
    pub fn between(from: &ContainerSpec, to: &ContainerSpec, inspected: bool) -> Vec<Self> {
        let mut changes = Vec::new();
        if from.image != to.image {
            changes.push(Self::Image {
                from: from.image.clone(),
                to: to.image.clone(),
            });
        } else if inspected && told(&from.image_id, &to.image_id) {
            changes.push(Self::Digest);
        }
        if inspected && from.limit_bytes != to.limit_bytes {
            changes.push(Self::Limit {
                from: from.limit_bytes,
                to: to.limit_bytes,
            });
        }
        if inspected && told(&from.restart_policy, &to.restart_policy) {
            changes.push(Self::RestartPolicy {
                from: from.restart_policy.clone(),
                to: to.restart_policy.clone(),
            });
        }
        changes
    }
}

/// Whether both are known and differ.
fn told(from: &str, to: &str) -> bool {
    !from.is_empty() && !to.is_empty() && from != to
}

/// A run of which nothing was seen: the engine's counter rose by more than one between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Which of them, from 1.
    pub number: u64,
    /// How many runs ended between the two looks.
    pub of: u64,
}
