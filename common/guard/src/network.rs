//! A range of addresses as people write it: `192.0.2.0/24`, `2001:db8::/32`, or a single address.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

/// Not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address, and not a network such as 192.0.2.0/24")]
pub struct NotANetwork;

impl Network {
    /// Whether it contains `address`; an IPv4 address in IPv6 clothes counts as IPv4.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// First address and length of the prefix.
    pub fn parts(self) -> (IpAddr, u8) {
        (self.0.network(), self.0.prefix_len())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(address.to_canonical()))
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(address.into()),
            Err(_) => text.parse::<IpNet>().map(|net| Self(net.trunc())).map_err(|_| NotANetwork),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        let network = |text: &str| text.parse::<Network>().unwrap();
        assert!(network("192.0.2.0/24").contains("192.0.2.77".parse().unwrap()));
        assert!(network("192.0.2.9/24").contains("::ffff:192.0.2.1".parse().unwrap()));
        assert!(!network("192.0.2.9").contains("192.0.2.8".parse().unwrap()));
        assert!(network("2001:db8::/32").contains("2001:db8:1::1".parse().unwrap()));
        assert_eq!(network("192.0.2.9/24").to_string(), "192.0.2.0/24");
        assert_eq!(network("192.0.2.9").to_string(), "192.0.2.9");
        for wrong in ["", "192.0.2.0/33", "192.0.2", "gateway.local", "192.0.2.1/24/24", "2001:db8::/129"] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork), "{wrong}");
        }
    }
}
