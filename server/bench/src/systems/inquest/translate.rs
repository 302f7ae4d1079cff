//! The fleet's data in the product's own terms.

use chrono::{DateTime, Utc};
use domain::{
    ids::EngineId,
    metric::TaskKind,
    restart::{Restart, RestartKind},
    sample::{Sample, TaskCount},
    verdict::{Cause, Confidence, Evidence, EvidenceKind, Stance, Verdict},
    workload::{ContainerSpec, WorkloadKey},
};

use crate::{
    fleet::{Death, Poll},
    systems::workload,
};

const IMAGE: &str = "registry.example.com/shop/checkout:2.14.1";

pub(super) fn spec(fleet: &str, container: usize, created_at: DateTime<Utc>) -> ContainerSpec {
    ContainerSpec {
        // As long as an engine's ids are.
        id: EngineId(format!("{fleet:0>32}{container:032x}")),
        workload: WorkloadKey {
            group: "shop".to_owned(),
            name: format!("{fleet}-{}", workload(container)),
        },
        image: IMAGE.to_owned(),
        image_id: format!("sha256:{container:064x}"),
        created_at: Some(created_at),
        limit_bytes: None,
        restart_policy: "always".to_owned(),
        labels: domain::labels::Labels::default(),
    }
}

pub(super) fn sample(poll: &Poll) -> Sample {
    let reading = poll.reading;
    Sample {
        working_set_bytes: Some(reading.working_set),
        usage_bytes: Some(reading.usage),
        anon_bytes: Some(reading.anon),
        limit_bytes: Some(reading.limit),
        tasks: Some(TaskCount {
            kind: TaskKind::Goroutines,
            count: reading.goroutines,
        }),
        kernel_tasks: Some(reading.kernel_tasks),
        ..Sample::empty(at(poll.at_ms))
    }
}

pub(crate) fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// What the ledger says of a death at the limit: as much as it would when it had been watched.
pub(super) fn restart(spec: &ContainerSpec, death: &Death) -> Restart {
    let ended_at = at(death.ended_ms);
    let times = [at(death.run_started_ms), ended_at, at(death.started_ms)];
    let mut restart = killed(spec, times, death.last.as_ref().map(sample));
    restart.verdict.evidence.push(evidence(
        EvidenceKind::Memory,
        "The last reading, 5 s before the end, was at 99.9 % of the limit",
        ended_at,
    ));
    restart
}

/// The entry for a run that the kernel killed for memory: when it began, ended, and the next one began.
pub(crate) fn killed(
    spec: &ContainerSpec,
    [began, ended_at, next]: [DateTime<Utc>; 3],
    last_sample: Option<Sample>,
) -> Restart {
    Restart {
        workload: spec.workload.clone(),
        container: spec.id.clone(),
        run_started_at: began,
        ended_at,
        started_at: Some(next),
        exit_code: Some(137),
        kind: RestartKind::Policy,
        image: spec.image.clone(),
        next_image: None,
        verdict: Verdict {
            cause: Cause::OutOfMemory,
            confidence: Confidence::Confirmed,
            evidence: vec![
                evidence(
                    EvidenceKind::OomEvent,
                    "The engine reported that the kernel killed the container for memory",
                    ended_at,
                ),
                evidence(
                    EvidenceKind::ExitCode,
                    "Exit code 137: the process was ended by SIGKILL",
                    ended_at,
                ),
            ],
        },
        last_sample,
    }
}

fn evidence(kind: EvidenceKind, text: &str, at: DateTime<Utc>) -> Evidence {
    Evidence {
        stance: Stance::For,
        kind,
        text: text.to_owned(),
        at: Some(at),
    }
}
