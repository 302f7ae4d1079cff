//! Which workload a container belongs to, from its name and labels alone.

use crate::workload::WorkloadKey;

/// Labels that composers put on containers.
mod label {
    pub(super) const COMPOSE_PROJECT: &str = "com.docker.compose.project";
    pub(super) const COMPOSE_SERVICE: &str = "com.docker.compose.service";
    pub(super) const COMPOSE_NUMBER: &str = "com.docker.compose.container-number";
    /// `True` for `compose run`: a guest that bears the service's labels but is not the service.
    pub(super) const COMPOSE_ONEOFF: &str = "com.docker.compose.oneoff";
    /// What podman-compose writes instead.
    pub(super) const PODMAN_PROJECT: &str = "io.podman.compose.project";
    pub(super) const PODMAN_SERVICE: &str = "io.podman.compose.service";
    pub(super) const SWARM_STACK: &str = "com.docker.stack.namespace";
    pub(super) const SWARM_SERVICE: &str = "com.docker.swarm.service.name";
    /// `service.slot.task-id`; of a global service `service.node-id.task-id`.
    pub(super) const SWARM_TASK: &str = "com.docker.swarm.task.name";
}

/// The identity of a container that is called `name` and whose labels `label` looks up.
///
/// Compose: project and service, with the replica's number when it is not 1. Swarm: stack and service without the stack's prefix, with
/// the slot when it is not 1. Else the container's own name. The name may have the leading slash that the engine gives it.
pub fn workload_key<'a>(name: &'a str, label: impl Fn(&str) -> Option<&'a str>) -> WorkloadKey {
    let label = |key: &str| label(key).filter(|value| !value.is_empty());
    if let Some(service) = label(label::SWARM_SERVICE) {
        return swarm(service, label(label::SWARM_STACK), label(label::SWARM_TASK));
    }
    let project = label(label::COMPOSE_PROJECT).or_else(|| label(label::PODMAN_PROJECT));
    let service = label(label::COMPOSE_SERVICE).or_else(|| label(label::PODMAN_SERVICE));
    let guest = label(label::COMPOSE_ONEOFF).is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    match (project, service) {
        (Some(project), Some(service)) if !guest => {
            replica(project, service, label(label::COMPOSE_NUMBER))
        }
        (Some(project), _) if guest => WorkloadKey {
            group: project.to_owned(),
            name: bare(name),
        },
        _ => WorkloadKey {
            group: String::new(),
            name: bare(name),
        },
    }
}

fn swarm(service: &str, stack: Option<&str>, task: Option<&str>) -> WorkloadKey {
    let slot = task
        .and_then(|task| task.strip_prefix(service)?.strip_prefix('.'))
        .and_then(|rest| rest.split('.').next());
    let short = stack
        .and_then(|stack| service.strip_prefix(stack)?.strip_prefix('_'))
        .unwrap_or(service);
    replica(stack.unwrap_or_default(), short, slot)
}

/// The first replica is the service itself, so that scaling up does not rename it.
fn replica(group: &str, service: &str, number: Option<&str>) -> WorkloadKey {
    let name = match number {
        Some(number) if number != "1" => format!("{service} {number}"),
        _ => service.to_owned(),
    };
    WorkloadKey {
        group: group.to_owned(),
        name,
    }
}

fn bare(name: &str) -> String {
    name.strip_prefix('/').unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::workload_key;

    #[rstest]
    #[case::alone("/redis", &[], ("", "redis"))]
    #[case::no_slash("redis", &[], ("", "redis"))]
    #[case::compose("/shop-web-1", &[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("com.docker.compose.container-number", "1")], ("shop", "web"))]
    #[case::compose_second("/shop-web-2", &[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("com.docker.compose.container-number", "2")], ("shop", "web 2"))]
    #[case::compose_while_recreating("/3f2a_shop-web-1", &[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("com.docker.compose.container-number", "1")], ("shop", "web"))]
    #[case::compose_run("/shop-web-run-77ab", &[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("com.docker.compose.oneoff", "True"), ("com.docker.compose.container-number", "1")], ("shop", "shop-web-run-77ab"))]
    #[case::compose_not_oneoff("/shop-web-1", &[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("com.docker.compose.oneoff", "False")], ("shop", "web"))]
    #[case::podman_compose("shop_web_1", &[("io.podman.compose.project", "shop"), ("io.podman.compose.service", "web")], ("shop", "web"))]
    #[case::half_a_label("/web", &[("com.docker.compose.service", "web")], ("", "web"))]
    #[case::empty_label("/web", &[("com.docker.compose.project", ""), ("com.docker.compose.service", "")], ("", "web"))]
    #[case::swarm("/shop_web.1.x7k", &[("com.docker.stack.namespace", "shop"), ("com.docker.swarm.service.name", "shop_web"), ("com.docker.swarm.task.name", "shop_web.1.x7k")], ("shop", "web"))]
    #[case::swarm_slot("/shop_web.3.x7k", &[("com.docker.stack.namespace", "shop"), ("com.docker.swarm.service.name", "shop_web"), ("com.docker.swarm.task.name", "shop_web.3.x7k")], ("shop", "web 3"))]
    #[case::swarm_without_stack("/web.2.x7k", &[("com.docker.swarm.service.name", "web"), ("com.docker.swarm.task.name", "web.2.x7k")], ("", "web 2"))]
    #[case::swarm_global("/web.n0de.x7k", &[("com.docker.swarm.service.name", "web"), ("com.docker.swarm.task.name", "web.n0de.x7k")], ("", "web n0de"))]
    fn identity(
        #[case] name: &'static str,
        #[case] labels: &'static [(&'static str, &'static str)],
        #[case] expected: (&str, &str),
    ) {
        let key = workload_key(name, |wanted| {
            labels
                .iter()
                .find(|(key, _)| *key == wanted)
                .map(|(_, value)| *value)
        });
        assert_eq!((key.group.as_str(), key.name.as_str()), expected);
    }
}
