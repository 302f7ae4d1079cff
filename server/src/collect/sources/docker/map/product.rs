//! What an engine is.

use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum, SystemVersion};

/// The product's name, see [`product`].
pub(in super::super) const PODMAN: &str = "Podman";

/// `Docker` or `Podman`: Podman lists itself among its components.
pub(in super::super) fn product(version: &SystemVersion) -> &'static str {
    let podman = version
        .components
        .iter()
        .flatten()
        .any(|component| component.name.to_ascii_lowercase().contains("podman"));
    if podman { PODMAN } else { "Docker" }
}

/// `v1` or `v2`.
pub(in super::super) fn cgroup(info: &SystemInfo) -> Option<&'static str> {
    match info.cgroup_version? {
        SystemInfoCgroupVersionEnum::_1 => Some("v1"),
        SystemInfoCgroupVersionEnum::_2 => Some("v2"),
        SystemInfoCgroupVersionEnum::EMPTY => None,
    }
}

/// `1.41` as two numbers. Compared as text or as a fraction, 1.9 would be newer than 1.41.
pub(in super::super) fn api_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
