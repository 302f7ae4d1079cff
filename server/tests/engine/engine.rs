//! The engine under test, and what is done to it.

use std::{collections::HashMap, env, process::Command, time::Duration};

use bollard::{
    API_DEFAULT_VERSION, Docker, body_full,
    models::{
        ContainerCreateBody, ContainerUpdateBody, HealthConfig, HealthStatusEnum, HostConfig,
        RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, EventsOptionsBuilder,
        InspectContainerOptions, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
        RestartContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
    },
};
use futures::TryStreamExt;
use server::collect::sources::docker::discover;

use super::image;

/// Marks our containers, so that those of an interrupted test can be found and removed.
const LABEL: &str = "inquest.test";
const IMAGE: &str = "inquest-test-victim";
const HALF_A_SECOND_NS: i64 = 500_000_000;

/// A reachable engine.
pub(crate) struct Engine {
    docker: Docker,
    pub(crate) endpoint: String,
}

/// How a container is run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Run<'a> {
    pub(crate) name: &'a str,
    pub(crate) command: &'a [&'a str],
    pub(crate) tag: Option<&'a str>,
    pub(crate) always: bool,
    pub(crate) limit_mib: Option<i64>,
    /// What the victim is asked every half second whether it is well.
    pub(crate) health: Option<&'a str>,
}

impl Engine {
    /// The engine, or `None` where there is none: then it says so, or fails where one is required.
    pub(crate) async fn reach() -> Option<Self> {
        Self::connect().await.map_err(|why| skip(&why)).ok()
    }

    async fn connect() -> Result<Self, String> {
        if let Ok(why) = env::var("INQUEST_NO_ENGINE") {
            return Err(why);
        }
        let endpoint = discover::endpoints(|name| env::var(name).ok())
            .first()
            .map(ToString::to_string)
            .ok_or("there is no Docker socket, and DOCKER_HOST is not set")?;
        let engine = Self::at(endpoint).await?;
        engine.clean().await;
        Ok(engine)
    }

    /// The engine at some endpoint.
    pub(crate) async fn at(endpoint: String) -> Result<Self, String> {
        let docker = if let Some(path) = endpoint.strip_prefix("unix://") {
            Docker::connect_with_unix(path, 60, API_DEFAULT_VERSION)
        } else {
            Docker::connect_with_http(&endpoint, 60, API_DEFAULT_VERSION)
        };
        let docker = docker.map_err(|error| error.to_string())?;
        docker
            .ping()
            .await
            .map_err(|error| format!("{endpoint} does not answer: {error}"))?;
        Ok(Self { docker, endpoint })
    }

    /// Makes the victim's image under two tags.
    pub(crate) async fn make_images(&self) {
        for tag in ["1", "2"] {
            let options = CreateImageOptionsBuilder::new()
                .from_src("-")
                .repo(IMAGE)
                .tag(tag)
                .build();
            self.docker
                .create_image(
                    Some(options),
                    Some(body_full(image::archive().into())),
                    None,
                )
                .try_collect::<Vec<_>>()
                .await
                .expect("the image is imported");
        }
    }

    /// Creates and starts a container. Returns its id.
    pub(crate) async fn run(&self, run: Run<'_>) -> String {
        let limit = run.limit_mib.map(|mib| mib << 20);
        let command = [&["/victim"], run.command].concat();
        let body = ContainerCreateBody {
            image: Some(format!("{IMAGE}:{}", run.tag.unwrap_or("1"))),
            cmd: Some(command.into_iter().map(str::to_owned).collect()),
            healthcheck: run.health.map(|check| HealthConfig {
                test: Some(["CMD", "/victim", check].map(str::to_owned).into()),
                interval: Some(HALF_A_SECOND_NS),
                retries: Some(1),
                ..HealthConfig::default()
            }),
            labels: Some(HashMap::from([(LABEL.to_owned(), "1".to_owned())])),
            host_config: Some(HostConfig {
                memory: limit,
                // No swap: the limit is the limit.
                memory_swap: limit,
                network_mode: Some("none".to_owned()),
                restart_policy: run.always.then_some(RestartPolicy {
                    name: Some(RestartPolicyNameEnum::ALWAYS),
                    maximum_retry_count: None,
                }),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(run.name).build();
        let id = self
            .docker
            .create_container(Some(options), body)
            .await
            .expect("a container")
            .id;
        self.docker
            .start_container(&id, None::<StartContainerOptions>)
            .await
            .expect("it starts");
        id
    }

    /// `docker stop -t 1`
    pub(crate) async fn stop(&self, id: &str) {
        let options = StopContainerOptionsBuilder::new().t(1).build();
        self.docker
            .stop_container(id, Some(options))
            .await
            .expect("it stops");
    }

    /// `docker stop` with as much patience as it has by default.
    pub(crate) async fn stop_patiently(&self, id: &str) {
        let options = StopContainerOptionsBuilder::new().t(30).build();
        self.docker
            .stop_container(id, Some(options))
            .await
            .expect("it stops");
    }

    /// `docker restart -t 1`
    pub(crate) async fn restart(&self, id: &str) {
        let options = RestartContainerOptionsBuilder::new().t(1).build();
        self.docker
            .restart_container(id, Some(options))
            .await
            .expect("it restarts");
    }

    /// `docker rm -f`
    pub(crate) async fn remove(&self, id: &str) {
        let options = RemoveContainerOptionsBuilder::new().force(true).build();
        // It may be gone already.
        let _gone = self.docker.remove_container(id, Some(options)).await;
    }

    /// `docker update --memory` of a container that runs.
    pub(crate) async fn set_limit(&self, id: &str, limit_mib: i64) {
        let limit = Some(limit_mib << 20);
        let body = ContainerUpdateBody {
            memory: limit,
            memory_swap: limit,
            ..ContainerUpdateBody::default()
        };
        let update = self.docker.update_container(id, body).await;
        update.expect("its limit is changed");
    }

    /// Whether the engine calls it unhealthy, as tools that restart such containers ask.
    pub(crate) async fn is_unhealthy(&self, id: &str) -> bool {
        let inspect = self
            .docker
            .inspect_container(id, None::<InspectContainerOptions>)
            .await
            .expect("it is there");
        let health = inspect.state.and_then(|state| state.health);
        health.and_then(|health| health.status) == Some(HealthStatusEnum::UNHEALTHY)
    }

    /// SIGKILL from the host, which the engine is not told about.
    pub(crate) async fn kill_from_outside(&self, id: &str) {
        let inspect = self
            .docker
            .inspect_container(id, None::<InspectContainerOptions>)
            .await
            .expect("it is there");
        let pid = inspect
            .state
            .and_then(|state| state.pid)
            .filter(|pid| *pid > 0)
            .expect("it runs");
        let status = Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()
            .expect("there is a kill");
        assert!(
            status.success(),
            "a process of the engine can be killed only by its user"
        );
    }

    /// How many times a container died, by the engine's own account.
    pub(crate) async fn deaths(&self, id: &str) -> usize {
        let filters = HashMap::from([("container", vec![id]), ("event", vec!["die"])]);
        let until = chrono::Utc::now().timestamp().to_string();
        let options = EventsOptionsBuilder::new()
            .since("1")
            .until(&until)
            .filters(&filters)
            .build();
        let deaths: Vec<_> = self
            .docker
            .events(Some(options))
            .try_collect()
            .await
            .expect("the engine tells");
        deaths.len()
    }

    /// Removes every container of ours.
    pub(crate) async fn clean(&self) {
        let filters = HashMap::from([("label", vec![LABEL])]);
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&filters)
            .build();
        let ours = self
            .docker
            .list_containers(Some(options))
            .await
            .unwrap_or_default();
        for id in ours.into_iter().filter_map(|container| container.id) {
            self.remove(&id).await;
        }
    }
}

/// Says why a test does not run, or fails where it has to.
pub(crate) fn skip(why: &str) {
    let required = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    assert!(
        !required("CI", "true") && !required("INQUEST_REQUIRE_ENGINE", "1"),
        "an engine is required: {why}"
    );
    eprintln!("SKIPPED: {why}");
}

/// Waits.
pub(crate) async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
