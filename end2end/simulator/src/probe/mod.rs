//! The processes inside the containers, as far as one can look into them: pprof, expvar and metrics over HTTP.

mod expvar;
mod metrics;
mod pprof;
mod server;

use crate::fleet::{ContainerSpec, ProbeHealth, Runtime};

pub(crate) use server::serve;

/// Where Go programs serve pprof and expvar.
pub(crate) const DEBUG_PORT: u16 = 6060;
/// Where every instrumented program serves its metrics.
pub(crate) const METRICS_PORT: u16 = 9090;

/// The labels by which Inquest finds the probes of a container.
pub(crate) fn labels(spec: &ContainerSpec) -> Vec<(String, String)> {
    let label =
        |probe: &str, port: u16, path: &str| (format!("inquest.{probe}"), format!(":{port}{path}"));
    if spec.probe == ProbeHealth::Absent {
        return Vec::new();
    }
    match spec.runtime {
        Runtime::Native => Vec::new(),
        Runtime::Go => vec![
            label("pprof", DEBUG_PORT, "/debug/pprof"),
            label("expvar", DEBUG_PORT, "/debug/vars"),
            label("metrics", METRICS_PORT, "/metrics"),
        ],
        Runtime::Tokio | Runtime::Jvm | Runtime::Node => {
            vec![label("metrics", METRICS_PORT, "/metrics")]
        }
    }
}

/// The ports on which the program of a container listens.
pub(crate) fn ports(spec: &ContainerSpec) -> &'static [u16] {
    if matches!(spec.probe, ProbeHealth::Refuses | ProbeHealth::Absent) {
        return &[];
    }
    match spec.runtime {
        Runtime::Native => &[],
        Runtime::Go => &[DEBUG_PORT, METRICS_PORT],
        Runtime::Tokio | Runtime::Jvm | Runtime::Node => &[METRICS_PORT],
    }
}

pub(crate) use pprof::goroutines;
