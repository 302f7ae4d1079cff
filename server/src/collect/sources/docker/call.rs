//! One bounded request to an engine.

use std::time::Duration;

use bollard::{
    errors::Error,
    models::{ContainerInspectResponse, ContainerStatsResponse, ContainerSummary},
    query_parameters::{
        InspectContainerOptions, ListContainersOptionsBuilder, StatsOptionsBuilder,
    },
};
use domain::ids::EngineId;
use futures::StreamExt;

use super::{
    Endpoint,
    connect::Engine,
    problem::{Problem, is_gone},
};

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It took too long.
    Timeout,
    /// It failed. Boxed, since the client's error is large and failing is rare.
    Failed(Box<Error>),
}

impl Failure {
    /// Whether the container in question is gone or not running: no failure of the engine.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Failed(error) if is_gone(error))
    }

    /// In words.
    pub(super) fn problem(&self, endpoint: &Endpoint, what: &str, timeout: Duration) -> Problem {
        match self {
            Self::Timeout => Problem::timeout(endpoint, what, timeout),
            Self::Failed(error) => Problem::from_error(endpoint, what, error),
        }
    }
}

/// Waits for a request, but not for ever.
pub(super) async fn bounded<T>(
    timeout: Duration,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(timeout, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::Failed(Box::new(error))),
        Err(_elapsed) => Err(Failure::Timeout),
    }
}

impl Engine {
    /// All containers, dead ones too.
    pub(super) async fn list(&self, timeout: Duration) -> Result<Vec<ContainerSummary>, Failure> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        bounded(timeout, self.docker.list_containers(Some(options))).await
    }

    /// What one container is and how its last runs went.
    pub(super) async fn inspect(
        &self,
        id: &EngineId,
        timeout: Duration,
    ) -> Result<ContainerInspectResponse, Failure> {
        bounded(
            timeout,
            self.docker
                .inspect_container(&id.0, None::<InspectContainerOptions>),
        )
        .await
    }

    /// One reading of one container, without the second reading that engines take by default to compute a rate. `None` when the
    /// engine has nothing to say about it.
    pub(super) async fn stats(
        &self,
        id: &EngineId,
        timeout: Duration,
    ) -> Result<Option<ContainerStatsResponse>, Failure> {
        let options = StatsOptionsBuilder::new()
            .stream(false)
            .one_shot(true)
            .build();
        bounded(timeout, async {
            let mut answers = std::pin::pin!(self.docker.stats(&id.0, Some(options)));
            answers.next().await.transpose()
        })
        .await
    }
}
