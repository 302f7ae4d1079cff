//! Entries of the event stream.

use std::collections::HashMap;

use bollard::models::EventMessage;
use domain::{
    Timestamp,
    fact::{Action, EngineEvent},
    ids::EngineId,
    labels::Labels,
    workload::ContainerSpec,
};

use super::state::identity;

/// What an entry tells us.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Told {
    /// Something of our vocabulary.
    Event(Box<EngineEvent>),
    /// Something else that makes it worth looking at the container again, such as a new name.
    Changed(EngineId),
}

/// Translates an entry. `None` for what is of no interest, such as the three entries of every health check.
pub(in super::super) fn event(message: &EventMessage) -> Option<Told> {
    let actor = message.actor.as_ref()?;
    let id = EngineId(actor.id.clone().filter(|id| !id.is_empty())?);
    let none = HashMap::new();
    let attributes = actor.attributes.as_ref().unwrap_or(&none);
    let name = message.action.as_deref()?;
    if name == "rename" {
        return Some(Told::Changed(id));
    }
    let Some(action) = action(name, attributes) else {
        // A death without its exit code cannot be told as one, but the container can be looked at.
        return matches!(name, "die" | "died").then_some(Told::Changed(id));
    };
    Some(Told::Event(Box::new(EngineEvent {
        at: event_time(message)?,
        spec: spec(&id, attributes),
        container: id,
        action,
    })))
}

/// When it happened, by the engine's clock.
pub(in super::super) fn event_time(message: &EventMessage) -> Option<Timestamp> {
    match message.time_nano {
        Some(nanoseconds) if nanoseconds > 0 => Some(Timestamp::from_timestamp_nanos(nanoseconds)),
        _ => Timestamp::from_timestamp(message.time?, 0),
    }
}

fn action(name: &str, attributes: &HashMap<String, String>) -> Option<Action> {
    Some(match name {
        "create" => Action::Create,
        "start" => Action::Start,
        "die" | "died" => Action::Die {
            // Podman has used both spellings.
            exit_code: attributes
                .get("exitCode")
                .or_else(|| attributes.get("containerExitCode"))?
                .parse()
                .ok()?,
            // Podman 6: libpod's `Event.OOMKilled`, told only when it is true.
            oom_killed: attributes
                .get("oomKilled")
                .is_some_and(|told| told == "true"),
        },
        "oom" => Action::Oom,
        "kill" => Action::Kill {
            // Podman does not tell the signal. 0 is no signal.
            signal: attributes
                .get("signal")
                .and_then(|signal| signal.parse().ok())
                .unwrap_or(0),
        },
        "stop" => Action::Stop,
        "restart" => Action::Restart,
        "destroy" | "remove" => Action::Destroy,
        "pause" => Action::Pause,
        "unpause" => Action::Unpause,
        "update" => Action::Update,
        _ => {
            let status = name.strip_prefix("health_status")?;
            // Docker appends the status to the name; Podman has it among the attributes.
            let status = match status.trim_start_matches(':').trim() {
                "" => attributes.get("health_status").map_or("", String::as_str),
                status => status,
            };
            Action::Health {
                healthy: match status {
                    "healthy" => true,
                    "unhealthy" => false,
                    _ => return None,
                },
            }
        }
    })
}

/// Labels are among the attributes, beside the entry's own, so that a container that is already gone can be named.
fn spec(id: &EngineId, attributes: &HashMap<String, String>) -> Option<ContainerSpec> {
    Some(ContainerSpec {
        id: id.clone(),
        workload: identity(attributes.get("name")?, attributes),
        image: attributes.get("image").cloned().unwrap_or_default(),
        image_id: String::new(),
        created_at: None,
        limit_bytes: None,
        restart_policy: String::new(),
        // They are among the attributes, where nothing tells them from what the engine says itself. Inspect has them alone.
        labels: Labels::default(),
    })
}
