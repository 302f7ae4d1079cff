//! The networks of a container, as list and inspect show them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::container::Status;
use crate::fleet::ContainerSpec;
use crate::identity::Identity;
use crate::random;

/// By name.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Networks {
    networks: BTreeMap<String, Network>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the engine's names")]
struct Network {
    #[serde(rename = "IPAMConfig")]
    ipam_config: (),
    links: (),
    aliases: (),
    driver_opts: (),
    #[serde(rename = "NetworkID")]
    network_id: String,
    #[serde(rename = "EndpointID")]
    endpoint_id: String,
    gateway: String,
    #[serde(rename = "IPAddress")]
    ip_address: String,
    mac_address: String,
    #[serde(rename = "IPPrefixLen")]
    ip_prefix_len: u8,
    #[serde(rename = "IPv6Gateway")]
    ipv6_gateway: &'static str,
    #[serde(rename = "GlobalIPv6Address")]
    global_ipv6_address: &'static str,
    #[serde(rename = "GlobalIPv6PrefixLen")]
    global_ipv6_prefix_len: u8,
    #[serde(rename = "DNSNames")]
    dns_names: (),
}

/// The networks of a container; the address is one of its own on the loopback network, where its probes answer.
pub(super) fn networks(
    identity: &Identity,
    spec: &ContainerSpec,
    status: Status,
    life: u64,
) -> Networks {
    let name = spec
        .project
        .as_ref()
        .map_or("bridge".to_owned(), |project| format!("{project}_default"));
    let mut network = Network {
        network_id: format!("{:064x}", random::named(0, &identity.engine)),
        endpoint_id: format!("{life:064x}"),
        ..Network::default()
    };
    if status == Status::Running {
        let octets = identity.address.octets();
        network.gateway = format!("127.{}.0.1", octets[1]);
        network.ip_address = identity.address.to_string();
        network.ip_prefix_len = 16;
        network.mac_address = format!(
            "02:42:7f:{:02x}:{:02x}:{:02x}",
            octets[1], octets[2], octets[3]
        );
    }
    Networks {
        networks: BTreeMap::from([(name, network)]),
    }
}
