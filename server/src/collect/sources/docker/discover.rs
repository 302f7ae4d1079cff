//! Finds engines on this machine when none is configured.

use std::path::{Path, PathBuf};

use super::Endpoint;

/// Endpoints worth trying, each once, best first. `DOCKER_HOST` rules alone when it is set, as it does for the docker command;
/// else every usual socket that exists. `variable` reads the environment.
pub fn endpoints(variable: impl Fn(&str) -> Option<String>) -> Vec<Endpoint> {
    if let Some(host) = variable("DOCKER_HOST").filter(|host| !host.is_empty()) {
        return host.parse().into_iter().collect();
    }
    let mut seen = Vec::new();
    usual_sockets(variable("XDG_RUNTIME_DIR").as_deref())
        .into_iter()
        .filter(|path| {
            // Distributions link Docker's socket to Podman's: one engine, not two.
            let Ok(real) = path.canonicalize() else {
                return false;
            };
            let new = !seen.contains(&real);
            seen.push(real);
            new
        })
        .map(Endpoint::Unix)
        .collect()
}

fn usual_sockets(runtime_dir: Option<&str>) -> Vec<PathBuf> {
    let mut paths = vec![
        PathBuf::from("/var/run/docker.sock"),
        PathBuf::from("/run/podman/podman.sock"),
    ];
    if let Some(dir) = runtime_dir.filter(|dir| !dir.is_empty()).map(Path::new) {
        paths.extend([dir.join("docker.sock"), dir.join("podman/podman.sock")]);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_host_rules_alone() {
        let found =
            endpoints(|name| (name == "DOCKER_HOST").then(|| "tcp://127.0.0.1:2375".to_owned()));
        assert_eq!(found, [Endpoint::Tcp("127.0.0.1:2375".to_owned())]);
    }

    #[test]
    fn a_socket_and_a_link_to_it_are_one_engine() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("podman")).expect("a folder");
        std::fs::write(dir.path().join("podman/podman.sock"), "").expect("a file");
        std::os::unix::fs::symlink(
            dir.path().join("podman/podman.sock"),
            dir.path().join("docker.sock"),
        )
        .expect("a link");
        let runtime_dir = dir.path().display().to_string();
        let found = endpoints(|name| (name == "XDG_RUNTIME_DIR").then(|| runtime_dir.clone()));
        assert_eq!(
            found
                .iter()
                .filter(|endpoint| endpoint.to_string().contains(&runtime_dir))
                .count(),
            1
        );
    }
}
