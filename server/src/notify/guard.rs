//! Where messages may go. An address that somebody typed into a form must not let them reach what only this machine can reach: the
//! host name is resolved here, what it resolves to is checked, and that very address is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether addresses that are not public may be sent to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guard {
    /// So the configuration says: receivers in one's own network.
    pub allow_private: bool,
}

/// An address that may not be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host} is {address}, which is not a public address; allow it with alerts.allow_private_addresses = true"
)]
pub struct Forbidden {
    /// The host that was named.
    pub host: String,
    /// What it is.
    pub address: IpAddr,
}

impl Guard {
    /// Whether an address may be sent to.
    pub fn permits(self, address: IpAddr) -> bool {
        self.allow_private || is_public(address)
    }

    /// Checks a host that is written as an address, which nothing resolves. Names are checked when they are resolved.
    pub fn check_host(self, host: &str) -> Result<(), Forbidden> {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        match address {
            Ok(address) if !self.permits(address) => Err(Forbidden {
                host: host.to_owned(),
                address,
            }),
            _ => Ok(()),
        }
    }

    /// Resolves a name to addresses that may be sent to. One that may not is an error even if others may: it is no accident.
    pub async fn resolve(self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host.trim_matches(['[', ']']), port))
            .await?
            .collect();
        if let Some(forbidden) = found.iter().find(|address| !self.permits(address.ip())) {
            return Err(std::io::Error::other(Forbidden {
                host: host.to_owned(),
                address: forbidden.ip(),
            }));
        }
        Ok(found)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            // The port is the one of the URL; the one here is not used.
            let found = guard.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether anybody on the internet may have it: none of the ranges of the IANA registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || a == 0
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // Carriers' own, protocol assignments, benchmarks, reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An IPv4 address in IPv6's clothes: mapped, by NAT64, by 6to4.
    let segments = address.segments();
    let inner = match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = inner {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is given out; documentation, Teredo and the like are within it.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && (segments[1] == 0xdb8 || segments[1] < 0x200))
        && segments[0] != 0x3fff
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1", false)]
    #[case("10.1.2.3", false)]
    #[case("172.16.0.1", false)]
    #[case("192.168.1.1", false)]
    #[case("169.254.169.254", false)]
    #[case("100.64.0.1", false)]
    #[case("0.0.0.0", false)]
    #[case("224.0.0.1", false)]
    #[case("255.255.255.255", false)]
    #[case("::1", false)]
    #[case("::", false)]
    #[case("fe80::1", false)]
    #[case("fd00::1", false)]
    #[case("::ffff:127.0.0.1", false)]
    #[case("64:ff9b::7f00:1", false)]
    #[case("2002:7f00:1::", false)]
    #[case("2001:db8::1", false)]
    #[case("1.1.1.1", true)]
    #[case("172.32.0.1", true)]
    #[case("2606:4700::1111", true)]
    #[case("::ffff:1.1.1.1", true)]
    fn who_may_be_sent_to(#[case] address: &str, #[case] public: bool) {
        let address: IpAddr = address.parse().expect("is one");
        assert_eq!(Guard::default().permits(address), public);
        assert!(
            Guard {
                allow_private: true
            }
            .permits(address)
        );
    }

    #[test]
    fn an_address_in_place_of_a_name_is_checked_too() {
        assert!(Guard::default().check_host("[::1]").is_err());
        assert!(Guard::default().check_host("127.0.0.1").is_err());
        assert!(Guard::default().check_host("example.com").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused() {
        let error = Guard::default()
            .resolve("localhost", 80)
            .await
            .expect_err("is refused");
        assert!(
            error.to_string().contains("not a public address"),
            "{error}"
        );
    }
}
