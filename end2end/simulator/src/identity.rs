//! What a container object is called: its id, name, image, labels and address.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::utc;
use crate::fleet::ContainerSpec;
use crate::quantity::Nanos;
use crate::{probe, random};

/// One container object: what stays the same from `create` to `destroy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the engine it is on.
    pub engine: Arc<str>,
    /// The engine's id: 64 hexadecimal digits.
    pub id: String,
    /// The container's name, without the leading slash.
    pub name: String,
    /// Image with tag.
    pub image: String,
    /// The image's digest.
    pub image_id: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Its own address, on the loopback network, where its probes answer.
    pub address: Ipv4Addr,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The memory limit it was given, in bytes.
    pub limit_bytes: Option<u64>,
}

impl Identity {
    /// The `generation`th container object of a workload, counted from 0.
    pub(crate) fn new(
        spec: &ContainerSpec,
        engine: Arc<str>,
        seed: u64,
        generation: u64,
        tag: &str,
        created_at: Nanos,
        address: Ipv4Addr,
    ) -> Self {
        let mut labels: BTreeMap<_, _> = spec.labels.clone();
        labels.extend(probe::labels(spec));
        let mut name = spec.name.clone();
        if let Some(project) = &spec.project {
            name = format!("{project}-{name}-1");
            labels.insert("com.docker.compose.project".into(), project.clone());
            labels.insert("com.docker.compose.service".into(), spec.name.clone());
            labels.insert("com.docker.compose.container-number".into(), "1".into());
        }
        let image = format!("{}:{tag}", spec.image);
        Self {
            engine,
            id: hex(random::mix(seed ^ generation)),
            name,
            image_id: format!("sha256:{}", hex(random::named(0, &image))),
            image,
            labels,
            address,
            created_at: utc(created_at),
            limit_bytes: spec.limit.map(|limit| limit.0),
        }
    }
}

/// 64 hexadecimal digits, as engines name their objects.
fn hex(seed: u64) -> String {
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| random::mix(seed ^ (n << 32)));
    format!("{a:016x}{b:016x}{c:016x}{d:016x}")
}
