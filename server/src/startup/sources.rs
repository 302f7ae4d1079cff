//! What is watched: what is configured, else whatever engine this machine has.

use chrono::Utc;
use domain::source::{SourceKind, SourceState};

use crate::{
    collect::{
        Health,
        registry::SourceSpec,
        sources::docker::{Endpoint, discover},
    },
    config::{Config, Environment, Source},
    store::{Store, StoreError},
};

/// How often discovered engines are polled.
const INTERVAL: std::time::Duration = std::time::Duration::from_secs(10);

/// Makes the sources known to the store, and known there what is not watched any longer.
pub(super) async fn resolve(
    store: &Store,
    config: &Config,
    environment: &Environment,
) -> Result<Vec<SourceSpec>, StoreError> {
    let sources = if config.sources.is_empty() {
        discovered(environment)
    } else {
        config.sources.clone()
    };
    let mut specs = Vec::with_capacity(sources.len());
    for source in sources {
        specs.push(register(store, source).await?);
    }
    leave_others(store, &specs).await?;
    Ok(specs)
}

/// Sources of earlier configurations keep their history, but how they were then says nothing about now.
async fn leave_others(store: &Store, watched: &[SourceSpec]) -> Result<(), StoreError> {
    let at = Utc::now();
    for row in store.source_rows(at).await? {
        if watched.iter().any(|spec| spec.id == row.id) {
            continue;
        }
        let health = Health {
            at,
            state: SourceState::Unreachable,
            problem: Some(
                "Not watched: it is not in the configuration, or its socket was not there when Inquest started"
                    .to_owned(),
            ),
            engine: None,
            poll_ms: None,
            next_try_at: None,
            events_connected: false,
        };
        store.sources().set_health(row.id, &health).await?;
    }
    Ok(())
}

/// Makes one source known to the store.
pub(super) async fn register(store: &Store, source: Source) -> Result<SourceSpec, StoreError> {
    let interval_ms = source.interval.as_millis() as u64;
    let id = store
        .sources()
        .upsert(&source.name, source.kind, &source.endpoint, interval_ms)
        .await?;
    Ok(SourceSpec {
        id,
        name: source.name,
        kind: source.kind,
        endpoint: source.endpoint,
        interval: source.interval,
    })
}

fn discovered(environment: &Environment) -> Vec<Source> {
    let endpoints = discover::endpoints(|name| environment.get(name).map(str::to_owned));
    let mut sources: Vec<Source> = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        let base = name(&endpoint);
        let taken = sources
            .iter()
            .filter(|source| source.name.starts_with(&base))
            .count();
        sources.push(Source {
            kind: SourceKind::Docker,
            // The name is the identity of the history, so it must be the same at every start.
            name: if taken == 0 {
                base
            } else {
                format!("{base}-{}", taken + 1)
            },
            endpoint: endpoint.to_string(),
            interval: INTERVAL,
        });
    }
    sources
}

/// `docker` for /var/run/docker.sock, the host for one that is reached over the network.
fn name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Unix(path) => path.file_stem().map_or_else(
            || "engine".to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
        Endpoint::Tcp(_) => endpoint.host().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Environment, discovered};

    #[test]
    fn engines_that_are_found_get_names_of_their_own() {
        let dir = tempfile::tempdir().expect("a folder");
        let environment = |name: &str, value: String| {
            let mut environment = Environment::default();
            environment.variables.insert(name.to_owned(), value);
            environment
        };
        let remote = discovered(&environment(
            "DOCKER_HOST",
            "tcp://10.0.0.7:2375".to_owned(),
        ));
        assert_eq!(remote.len(), 1);
        assert_eq!(remote[0].name, "10.0.0.7");

        fs::create_dir(dir.path().join("podman")).expect("a folder");
        fs::write(dir.path().join("docker.sock"), "").expect("a file");
        fs::write(dir.path().join("podman/podman.sock"), "").expect("a file");
        let found = discovered(&environment(
            "XDG_RUNTIME_DIR",
            dir.path().display().to_string(),
        ));
        let mut names: Vec<_> = found.iter().map(|source| &source.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), found.len());
        assert!(
            found
                .iter()
                .any(|source| source.endpoint.ends_with("podman/podman.sock"))
        );
    }
}
