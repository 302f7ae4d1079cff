//! One bounded request to an engine.

use std::time::Duration;

use bollard::{errors::Error, models::ContainerInspectResponse};
use domain::ids::EngineId;

use super::{
    Endpoint,
    client::{Client, read},
    problem::{Problem, is_gone},
    wire::{Listed, Stats},
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

impl Client {
    /// All containers, dead ones too.
    pub(super) async fn list(&self, timeout: Duration) -> Result<Vec<Listed>, Failure> {
        bounded(timeout, async {
            read(&self.get("/containers/json?all=true").await?)
        })
        .await
    }

    /// What one container is and how its last runs went.
    pub(super) async fn inspect(
        &self,
        id: &EngineId,
        timeout: Duration,
    ) -> Result<Box<ContainerInspectResponse>, Failure> {
        bounded(timeout, async {
            read(&self.get(&format!("/containers/{id}/json")).await?)
        })
        .await
    }

    /// One reading of one container, without the second reading that engines take by default to compute a rate. `None` when the
    /// engine has nothing to say about it.
    pub(super) async fn stats(
        &self,
        id: &EngineId,
        timeout: Duration,
    ) -> Result<Option<Stats>, Failure> {
        bounded(timeout, async {
            let path = format!("/containers/{id}/stats?stream=false&one-shot=true");
            let body = self.get(&path).await?;
            (!body.is_empty()).then(|| read(&body)).transpose()
        })
        .await
    }
}
