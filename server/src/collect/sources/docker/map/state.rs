//! States: from the answers of `list` and `inspect`.

use std::{collections::HashMap, net::IpAddr};

use bollard::models::{
    ContainerInspectResponse, ContainerState as WireState, ContainerStateStatusEnum as Status,
    HostConfig, RestartPolicyNameEnum,
};
use domain::{
    Timestamp,
    fact::Observation,
    identity::workload_key,
    ids::EngineId,
    labels::Labels,
    workload::{ContainerSpec, ContainerState, WorkloadKey},
};

use super::{super::wire::Listed, time};
use crate::collect::probes::{Published, Site};

/// The state in the list, which has neither start times nor exit codes.
pub(in super::super) fn list_state(listed: &Listed) -> Option<ContainerState> {
    Some(match listed.state.as_deref()? {
        "created" => ContainerState::Created,
        "running" | "stopping" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "restarting" => ContainerState::Restarting,
        "exited" | "dead" | "removing" => ContainerState::Exited,
        _ => return None,
    })
}

/// What inspect saw, stamped with the time at which it was `asked`: the answer may be older than an event that came meanwhile,
/// never newer than what the next answer says.
pub(in super::super) fn observation(
    inspect: &ContainerInspectResponse,
    asked: Timestamp,
) -> Option<Observation> {
    let wire = inspect.state.as_ref()?;
    let state = state(wire);
    let dead = matches!(state, ContainerState::Exited | ContainerState::Restarting);
    Some(Observation {
        at: asked,
        spec: spec(inspect)?,
        state,
        started_at: wire.started_at.as_deref().and_then(time),
        finished_at: wire.finished_at.as_deref().and_then(time),
        // A start sets it to zero, which says nothing about the run before.
        exit_code: wire
            .exit_code
            .filter(|_| dead)
            .and_then(|code| i32::try_from(code).ok()),
        oom_killed: wire.oom_killed.unwrap_or(false),
        restart_count: inspect
            .restart_count
            .and_then(|count| u64::try_from(count).ok()),
    })
}

/// The flags come second: while a container waits for its next start, engines also say `Running` (with pid 0).
fn state(wire: &WireState) -> ContainerState {
    match wire.status {
        Some(Status::CREATED) => ContainerState::Created,
        Some(Status::RUNNING | Status::STOPPING) => ContainerState::Running,
        Some(Status::PAUSED) => ContainerState::Paused,
        Some(Status::RESTARTING) => ContainerState::Restarting,
        Some(Status::EXITED | Status::DEAD | Status::REMOVING) => ContainerState::Exited,
        Some(Status::EMPTY) | None => state_of_flags(wire),
    }
}

/// For engines that give no status.
fn state_of_flags(wire: &WireState) -> ContainerState {
    if wire.restarting == Some(true) {
        ContainerState::Restarting
    } else if wire.paused == Some(true) {
        ContainerState::Paused
    } else if wire.running == Some(true) {
        ContainerState::Running
    } else {
        ContainerState::Exited
    }
}

fn spec(inspect: &ContainerInspectResponse) -> Option<ContainerSpec> {
    let none = HashMap::new();
    let config = inspect.config.as_ref();
    let labels = config
        .and_then(|config| config.labels.as_ref())
        .unwrap_or(&none);
    let host = inspect.host_config.as_ref();
    Some(ContainerSpec {
        id: EngineId(inspect.id.clone()?),
        workload: identity(inspect.name.as_deref()?, labels),
        image: config
            .and_then(|config| config.image.clone())
            .unwrap_or_default(),
        image_id: inspect.image.clone().unwrap_or_default(),
        created_at: inspect.created.filter(|created| created.timestamp() > 0),
        // Zero and less mean "no limit".
        limit_bytes: host
            .and_then(|host| u64::try_from(host.memory?).ok())
            .filter(|limit| *limit > 0),
        restart_policy: host.map(restart_policy).unwrap_or_default(),
        labels: kept(labels),
    })
}

fn restart_policy(host: &HostConfig) -> String {
    let Some(policy) = &host.restart_policy else {
        return String::new();
    };
    match policy.name {
        None => String::new(),
        Some(RestartPolicyNameEnum::EMPTY | RestartPolicyNameEnum::NO) => "no".to_owned(),
        Some(RestartPolicyNameEnum::ALWAYS) => "always".to_owned(),
        Some(RestartPolicyNameEnum::UNLESS_STOPPED) => "unless-stopped".to_owned(),
        Some(RestartPolicyNameEnum::ON_FAILURE) => match policy.maximum_retry_count {
            Some(count) if count > 0 => format!("on-failure:{count}"),
            _ => "on-failure".to_owned(),
        },
    }
}

/// What people choose it by.
fn kept(labels: &HashMap<String, String>) -> Labels {
    let labels = labels.iter();
    Labels::keep(labels.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// Whose container it is.
pub(super) fn identity(name: &str, labels: &HashMap<String, String>) -> WorkloadKey {
    workload_key(name, |label| labels.get(label).map(String::as_str))
}

/// Where the processes of a container can be reached, and what its labels ask us to read there.
pub(in super::super) fn probe_site(inspect: &ContainerInspectResponse) -> Site {
    let network = inspect.network_settings.as_ref();
    Site {
        labels: inspect
            .config
            .as_ref()
            .and_then(|config| config.labels.clone())
            .unwrap_or_default(),
        addresses: network
            .iter()
            .flat_map(|network| network.networks.iter().flatten())
            .flat_map(|(_name, endpoint)| [&endpoint.ip_address, &endpoint.global_ipv6_address])
            .filter_map(|address| address.as_deref()?.parse().ok())
            .collect(),
        published: network
            .iter()
            .flat_map(|network| network.ports.iter().flatten())
            .flat_map(|(port, bindings)| {
                bindings
                    .iter()
                    .flatten()
                    .map(move |binding| (port, binding))
            })
            .filter_map(|(port, binding)| {
                let (port, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
                (protocol == "tcp").then_some(Published {
                    container_port: port.parse().ok()?,
                    host_address: binding
                        .host_ip
                        .as_deref()
                        .and_then(|ip| ip.parse::<IpAddr>().ok()),
                    host_port: binding.host_port.as_deref()?.parse().ok()?,
                })
            })
            .collect(),
        shares_host_network: inspect
            .host_config
            .as_ref()
            .and_then(|host| host.network_mode.as_deref())
            == Some("host"),
    }
}
