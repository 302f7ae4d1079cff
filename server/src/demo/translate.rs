//! From the simulator's own words to ours: what the Docker source would have made of the same facts.

use chrono::{DateTime, Utc};
use domain::{
    fact::{Action, EngineEvent, Observation, Poll},
    identity::workload_key,
    ids::EngineId,
    labels::Labels,
    log::{LogTail, Raw, Stream},
    metric::TaskKind,
    sample::{Sample, TaskCount},
    workload::{ContainerSpec, ContainerState},
};
use simulator::{ContainerSample, Identity, Status};

/// One round of polling an engine that answered.
pub(super) fn poll<'a>(
    tick: DateTime<Utc>,
    containers: impl Iterator<Item = &'a ContainerSample>,
) -> Poll {
    let (mut samples, mut states) = (Vec::new(), Vec::new());
    for seen in containers {
        if let Some(sample) = sample(tick, seen) {
            samples.push((EngineId(seen.container.id.clone()), sample));
        }
        states.push(observation(tick, seen));
    }
    Poll {
        tick,
        samples,
        states,
        complete: true,
    }
}

/// An entry of the event stream; `None` for those that are of no interest.
pub(super) fn event(event: &simulator::EngineEvent) -> Option<EngineEvent> {
    let identity = &event.container;
    Some(EngineEvent {
        at: event.at,
        container: EngineId(identity.id.clone()),
        // Events bear the name, the labels and the image, nothing else.
        spec: Some(ContainerSpec {
            image_id: String::new(),
            created_at: None,
            limit_bytes: None,
            labels: Labels::default(),
            ..spec(identity)
        }),
        action: action(event.action)?,
    })
}

/// What a run wrote before its end, when the event tells of one.
pub(super) fn log(event: &simulator::EngineEvent) -> Option<LogTail> {
    let tail = event.log_tail.as_ref()?;
    let mut raw = Raw::default();
    for line in &tail.lines {
        let stream = if line.is_err {
            Stream::Err
        } else {
            Stream::Out
        };
        raw.push(Some(line.at), stream, line.text.as_bytes());
    }
    if tail.is_cut {
        raw.cut();
    }
    let container = EngineId(event.container.id.clone());
    Some(LogTail::read(container, event.at, raw))
}

fn action(action: simulator::Action) -> Option<Action> {
    Some(match action {
        simulator::Action::Create => Action::Create,
        simulator::Action::Start => Action::Start,
        simulator::Action::Kill { signal } => Action::Kill {
            signal: signal.into(),
        },
        simulator::Action::Oom => Action::Oom,
        simulator::Action::Die {
            exit_code,
            oom_killed,
            ..
        } => Action::Die {
            exit_code,
            oom_killed,
        },
        simulator::Action::Stop => Action::Stop,
        simulator::Action::Restart => Action::Restart,
        simulator::Action::Destroy => Action::Destroy,
        simulator::Action::Unhealthy => Action::Health { healthy: false },
        simulator::Action::Init | simulator::Action::Cleanup => return None,
    })
}

fn observation(at: DateTime<Utc>, seen: &ContainerSample) -> Observation {
    let state = match seen.state.status {
        Status::Created => ContainerState::Created,
        Status::Running => ContainerState::Running,
        Status::Restarting => ContainerState::Restarting,
        Status::Exited => ContainerState::Exited,
    };
    let dead = matches!(state, ContainerState::Exited | ContainerState::Restarting);
    Observation {
        at,
        spec: spec(&seen.container),
        state,
        started_at: seen.state.started_at,
        finished_at: seen.state.finished_at,
        exit_code: dead.then_some(seen.state.exit_code),
        oom_killed: seen.state.oom_killed,
        restart_count: Some(seen.state.restart_count.into()),
    }
}

fn spec(identity: &Identity) -> ContainerSpec {
    let labels = identity.labels.iter();
    let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
    ContainerSpec {
        id: EngineId(identity.id.clone()),
        workload: workload_key(&identity.name, |label| {
            identity.labels.get(label).map(String::as_str)
        }),
        image: identity.image.clone(),
        image_id: identity.image_id.clone(),
        created_at: Some(identity.created_at),
        limit_bytes: identity.limit_bytes,
        // Inspect tells it as soon as the engine is watched.
        restart_policy: String::new(),
        labels: Labels::keep(labels),
    }
}

pub(super) fn sample(at: DateTime<Utc>, seen: &ContainerSample) -> Option<Sample> {
    let stats = seen.stats?;
    let kernel = TaskCount {
        kind: TaskKind::KernelTasks,
        count: stats.pids,
    };
    Some(Sample {
        working_set_bytes: Some(stats.working_set()),
        usage_bytes: Some(stats.usage),
        anon_bytes: Some(stats.anon),
        limit_bytes: seen.container.limit_bytes,
        tasks: Some(seen.tasks.and_then(runtime_tasks).unwrap_or(kernel)),
        kernel_tasks: Some(stats.pids),
        limit_hits: Some(stats.failures),
        ..Sample::empty(at)
    })
}

/// What a probe would have read. None of ours reads Node's handles.
fn runtime_tasks(tasks: simulator::Tasks) -> Option<TaskCount> {
    let kind = match tasks.kind {
        simulator::TaskKind::Goroutines => TaskKind::Goroutines,
        simulator::TaskKind::TokioTasks => TaskKind::TokioTasks,
        simulator::TaskKind::JvmThreads => TaskKind::JvmThreads,
        simulator::TaskKind::NodeHandles => return None,
    };
    Some(TaskCount {
        kind,
        count: tasks.count,
    })
}
