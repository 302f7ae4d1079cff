//! From a configured source to one that can run. A new kind of source is one more folder under `sources` and one more arm here.

use std::{sync::Arc, time::Duration};

use domain::{ids::SourceId, source::SourceKind};

use super::{
    hint::Hint,
    scheduler::Source,
    sources::docker::{self, BadEndpoint},
};

/// What the configuration says about a source.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Its id in the store.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// Which API it speaks.
    pub kind: SourceKind,
    /// Where it is: a URL.
    pub endpoint: String,
    /// How often it is polled.
    pub interval: Duration,
}

/// Makes a source. Nothing is asked of the other side yet. `hint` tells it what analysis knows of its containers.
pub fn build(spec: &SourceSpec, hint: Hint) -> Result<Arc<dyn Source>, BadEndpoint> {
    match spec.kind {
        SourceKind::Docker => Ok(Arc::new(docker::DockerSource::new(
            spec.id,
            spec.name.clone(),
            spec.endpoint.parse()?,
            docker::Settings {
                hint,
                ..docker::Settings::every(spec.interval)
            },
        ))),
    }
}
