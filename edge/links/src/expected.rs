//! A link that should be up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What sort of link it is; each shows its state elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LinkKind)]
pub enum Kind {
    /// A cable: the kernel tells.
    Ethernet,
    /// Wi-Fi: the kernel tells, with the signal.
    Wifi,
    /// A mobile modem's interface: the kernel tells, and the helper what the modem says.
    Modem,
    /// A WireGuard interface: the kernel tells that it is there, the helper when the peer was last heard.
    Wireguard,
    /// An IPsec connection of strongSwan, by its name there: the helper tells.
    Ipsec,
    /// Another VPN with an interface (OpenVPN's `tun`): the kernel tells.
    Tunnel,
}

impl Kind {
    /// Name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "ethernet",
            Self::Wifi => "wifi",
            Self::Modem => "modem",
            Self::Wireguard => "wireguard",
            Self::Ipsec => "ipsec",
            Self::Tunnel => "tunnel",
        }
    }

    /// Whether it protects what crosses it.
    pub const fn is_vpn(self) -> bool {
        matches!(self, Self::Wireguard | Self::Ipsec | Self::Tunnel)
    }
}

/// A link that should be up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExpectedLink)]
pub struct Expected {
    /// Interface (`eth0`, `wwan0`, `wg0`) or, for IPsec, connection.
    pub name: String,
    /// Its sort.
    pub kind: Kind,
}
