//! What is simulated, as a fleet file says it: engines, the containers on them, and how each behaves.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::behaviour::Behaviour;
use crate::quantity::{Bytes, Moment, SECOND, Span};
use crate::random;

/// The fleet of `inquest demo`.
const DEMO: &str = include_str!("../fleets/demo.toml");

/// Engines and the containers on them, with everything that happens to them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// How long before the present the containers were created. Everything since then has happened when the simulator starts.
    #[serde(default = "no_span")]
    pub(crate) history: Span,
    #[serde(rename = "engine")]
    pub(crate) engines: Vec<EngineSpec>,
    #[serde(default, rename = "container")]
    pub(crate) containers: Vec<ContainerSpec>,
}

/// Why a fleet cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The text is no TOML, or its keys and values are not those of a fleet.
    #[error("the fleet file cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// There is no engine to put containers on.
    #[error("the fleet has no engine")]
    NoEngine,
    /// Two engines, or two containers of one engine, share a name.
    #[error("there are two of the name `{0}`")]
    Duplicate(String),
    /// A container names an engine that is not in the fleet.
    #[error("container `{container}` is on engine `{engine}`, which is not in the fleet")]
    UnknownEngine {
        /// The container's name.
        container: String,
        /// The engine it names.
        engine: String,
    },
}

/// One simulated container engine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineSpec {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) kind: EngineKind,
    #[serde(default = "docker_version")]
    pub(crate) version: String,
    #[serde(default = "docker_api_version")]
    pub(crate) api_version: String,
    #[serde(default)]
    pub(crate) cgroup: Cgroup,
    #[serde(default = "host_memory")]
    pub(crate) memory: Bytes,
    #[serde(default = "host_cpus")]
    pub(crate) cpus: u32,
    #[serde(default)]
    pub(crate) outages: Vec<Outage>,
}

/// Which engine's habits are simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EngineKind {
    #[default]
    Docker,
    Podman,
}

/// The kernel's control group version, which decides what stats hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Cgroup {
    #[serde(rename = "v1")]
    V1,
    #[default]
    #[serde(rename = "v2")]
    V2,
}

/// A time in which an engine does not answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outage {
    pub(crate) at: Moment,
    pub(crate) lasts: Span,
    /// Whether the host was down with all containers; otherwise they run on.
    #[serde(default)]
    pub(crate) reboot: bool,
    /// Whether the engine was restarted: it stops its containers before, and starts them after. `lasts` has to be longer than the slowest
    /// stop, ten seconds: no engine is back before it has stopped them.
    #[serde(default)]
    pub(crate) restart: bool,
}

impl Outage {
    /// Whether the engine began anew after it.
    pub(crate) fn loses_events(&self) -> bool {
        self.reboot || self.restart
    }
}

/// One container and its behaviours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContainerSpec {
    pub(crate) name: String,
    pub(crate) engine: String,
    /// Compose project; the container is then called `project-name-1` and carries Compose's labels.
    #[serde(default)]
    pub(crate) project: Option<String>,
    /// Image without tag.
    pub(crate) image: String,
    #[serde(default = "first_tag")]
    pub(crate) tag: String,
    /// Memory limit; without one the engine reports the host's memory, as real ones do.
    #[serde(default)]
    pub(crate) limit: Option<Bytes>,
    /// What `level` is a share of where there is no limit.
    #[serde(default = "typical_memory")]
    pub(crate) typical: Bytes,
    /// Usual working set, as a share of the limit.
    #[serde(default = "usual_level")]
    pub(crate) level: f64,
    /// Page cache that can be reclaimed, as a share of the limit.
    #[serde(default = "usual_cache")]
    pub(crate) cache: f64,
    #[serde(default)]
    pub(crate) runtime: Runtime,
    /// Usual number of the runtime's tasks.
    #[serde(default = "usual_tasks")]
    pub(crate) tasks: f64,
    #[serde(default)]
    pub(crate) probe: ProbeHealth,
    #[serde(default)]
    pub(crate) restart: RestartPolicy,
    /// Exit code after SIGTERM: 143 or 0 with a handler, 2 for a Go program without one. 137 for one that does not listen: it gets SIGKILL
    /// after ten seconds.
    #[serde(default)]
    pub(crate) stop_exit_code: i32,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) behaviours: Vec<Behaviour>,
}

/// What runs in a container: decides which probes it serves and what its tasks are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Runtime {
    Go,
    Tokio,
    Jvm,
    Node,
    /// Serves no probe; only the kernel's task count is known.
    #[default]
    Native,
}

/// How a container's probes answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProbeHealth {
    #[default]
    Answers,
    /// Accepts and never answers.
    Hangs,
    /// Nothing listens, though the label says so.
    Refuses,
    /// The container carries no probe label.
    Absent,
}

/// Docker's restart policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RestartPolicy {
    No,
    #[default]
    Always,
    UnlessStopped,
    OnFailure,
}

impl RestartPolicy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure => "on-failure",
        }
    }

    /// Whether a process that ended by itself is started again.
    pub(crate) fn restarts(self, exit_code: i32) -> bool {
        match self {
            Self::No => false,
            Self::Always | Self::UnlessStopped => true,
            Self::OnFailure => exit_code != 0,
        }
    }
}

impl Fleet {
    /// The fleet of the demo: fourteen workloads on two engines with thirty days of history.
    ///
    /// # Panics
    /// Never: the file is compiled in, and a test reads it.
    pub fn demo() -> Self {
        Self::parse(DEMO).expect("the demo fleet is valid")
    }

    /// Reads a fleet from TOML.
    pub fn parse(toml: &str) -> Result<Self, FleetError> {
        let fleet: Self = toml::from_str(toml)?;
        fleet.check()?;
        Ok(fleet)
    }

    /// `size` containers on one engine, for load tests: most are stable, every tenth leaks and dies about once in ten minutes. They
    /// have run for an hour: an engine on which everything has just begun is no usual one.
    pub fn synthetic(size: usize) -> Self {
        let engine = EngineSpec {
            name: "load".into(),
            kind: EngineKind::Docker,
            version: docker_version(),
            api_version: docker_api_version(),
            cgroup: Cgroup::V2,
            memory: Bytes(4 << 40),
            cpus: 128,
            outages: Vec::new(),
        };
        let container = |n: usize| ContainerSpec {
            name: format!("load-{n:05}"),
            engine: engine.name.clone(),
            project: None,
            image: format!("load/service-{}", n % 50),
            tag: first_tag(),
            limit: Some(Bytes(256 << 20)),
            typical: typical_memory(),
            level: 0.2 + 0.5 * random::unit(n as u64, 0),
            cache: usual_cache(),
            runtime: Runtime::Native,
            tasks: usual_tasks(),
            probe: ProbeHealth::Absent,
            restart: RestartPolicy::Always,
            stop_exit_code: 0,
            labels: BTreeMap::new(),
            behaviours: if n.is_multiple_of(10) {
                vec![Behaviour::leak_every(Span(600 * SECOND), n)]
            } else {
                Vec::new()
            },
        };
        let containers = (0..size).map(container).collect();
        Self {
            history: Span(3_600 * SECOND),
            engines: vec![engine],
            containers,
        }
    }

    /// Gives every engine the same habits as Podman, or back.
    #[must_use]
    pub fn podman(mut self) -> Self {
        for engine in &mut self.engines {
            engine.kind = EngineKind::Podman;
        }
        self
    }

    /// Lets everything that is scripted happen `factor` times as often. Time itself, and with it every timestamp, stays real.
    #[must_use]
    pub fn faster(mut self, factor: f64) -> Self {
        for behaviour in self
            .containers
            .iter_mut()
            .flat_map(|container| &mut container.behaviours)
        {
            behaviour.hasten(factor.max(f64::MIN_POSITIVE));
        }
        self
    }

    /// How long the fleet existed before the present.
    pub fn history(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.history.0.unsigned_abs())
    }

    /// The engines' names, in the order of their endpoints.
    pub fn engines(&self) -> impl Iterator<Item = &str> {
        self.engines.iter().map(|engine| engine.name.as_str())
    }

    fn check(&self) -> Result<(), FleetError> {
        if self.engines.is_empty() {
            return Err(FleetError::NoEngine);
        }
        let mut names = HashSet::new();
        for engine in &self.engines {
            if !names.insert((engine.name.as_str(), None)) {
                return Err(FleetError::Duplicate(engine.name.clone()));
            }
        }
        for container in &self.containers {
            if !names.contains(&(container.engine.as_str(), None)) {
                return Err(FleetError::UnknownEngine {
                    container: container.name.clone(),
                    engine: container.engine.clone(),
                });
            }
            if !names.insert((container.engine.as_str(), Some(container.name.as_str()))) {
                return Err(FleetError::Duplicate(container.name.clone()));
            }
        }
        Ok(())
    }
}

fn no_span() -> Span {
    Span(0)
}

fn docker_version() -> String {
    "29.3.1".into()
}

fn docker_api_version() -> String {
    "1.53".into()
}

fn host_memory() -> Bytes {
    Bytes(32 << 30)
}

fn host_cpus() -> u32 {
    8
}

fn first_tag() -> String {
    "1.0.0".into()
}

fn typical_memory() -> Bytes {
    Bytes(128 << 20)
}

fn usual_level() -> f64 {
    0.4
}

fn usual_cache() -> f64 {
    0.08
}

fn usual_tasks() -> f64 {
    12.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_fleet_is_valid() {
        assert_eq!(
            Fleet::demo().engines().collect::<Vec<_>>(),
            ["edge-01", "prod-eu"]
        );
        assert_eq!(Fleet::demo().containers.len(), 14);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |toml: &str| Fleet::parse(toml).expect_err("wrong").to_string();
        assert_eq!(error("engine = []"), "the fleet has no engine");
        assert_eq!(
            error("engine = [{name='a'}, {name='a'}]"),
            "there are two of the name `a`"
        );
        assert!(
            error("engine = [{name='a'}]\n[[container]]\nname='x'\nengine='b'\nimage='i'")
                .contains("on engine `b`")
        );
        assert!(error("engine = [{nam='a'}]").contains("unknown field `nam`"));
        assert!(error("engine = [{name='a', memory='5 MB'}]").contains("`5 MB` is not a size"));
    }

    #[test]
    fn policies() {
        assert!(RestartPolicy::OnFailure.restarts(1) && !RestartPolicy::OnFailure.restarts(0));
        assert!(RestartPolicy::Always.restarts(0) && !RestartPolicy::No.restarts(1));
    }
}
