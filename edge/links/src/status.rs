//! What only root may see, as a small helper writes it down: `packaging/haubert-link-status`. The schema is
//! `docs/config/link-status.schema.json`.

use schemars::JsonSchema;
use serde::Deserialize;

/// Longest file read, bytes.
pub const MAX_STATUS_BYTES: u64 = 64 * 1024;
/// Version of the layout.
const VERSION: u32 = 1;
/// Most links of a kind, and most peers of a tunnel.
const MAX_ITEMS: usize = 64;
/// Longest text, in characters.
const MAX_TEXT: usize = 128;

/// The whole file. There are no keys in it, public ones neither. What is unknown is passed over: the helper may be newer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Status {
    /// 1.
    pub version: u32,
    /// When it was written, s since 1970 (UTC).
    pub written_at: i64,
    /// WireGuard, one entry for each interface. Absent: the helper could not look.
    #[serde(default)]
    pub wireguard: Option<Vec<Tunnel>>,
    /// IPsec, one entry for each IKE association. Absent: the helper could not look.
    #[serde(default)]
    pub ipsec: Option<Vec<IpsecConnection>>,
    /// Modems. Absent: the helper could not look.
    #[serde(default)]
    pub modems: Option<Vec<Modem>>,
}

/// A WireGuard interface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Tunnel {
    /// Its name.
    pub interface: String,
    /// Who is at the other end.
    pub peers: Vec<TunnelPeer>,
}

/// The other end of a WireGuard tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct TunnelPeer {
    /// Address and port that it was last heard from.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Last handshake, s since 1970; 0: never.
    pub latest_handshake: i64,
}

/// An IKE association of strongSwan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct IpsecConnection {
    /// The connection's name.
    pub name: String,
    /// `ESTABLISHED`, `CONNECTING`…
    pub state: String,
    /// How many of its tunnels (CHILD_SA) are installed.
    pub installed: u32,
    /// Address of the other end.
    #[serde(default)]
    pub remote: Option<String>,
}

/// A modem, as ModemManager has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Modem {
    /// Its network interfaces.
    pub interfaces: Vec<String>,
    /// `connected`, `registered`, `searching`, `locked`…
    pub state: String,
    /// Name of the network.
    #[serde(default)]
    pub operator: Option<String>,
    /// Access technology: `lte`, `5gnr`, `umts`…
    #[serde(default)]
    pub technology: Option<String>,
    /// Signal, percent.
    #[serde(default)]
    pub signal_percent: Option<u8>,
}

/// Why a status cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// Not JSON, or not of this form.
    #[error("it is not a status of links: {0}")]
    Form(#[from] serde_json::Error),
    /// A version that is not known.
    #[error("its version is not known")]
    Version,
    /// More of something than a machine has.
    #[error("it holds too much")]
    TooMuch,
}

impl Status {
    /// Reads a file's content.
    ///
    /// # Errors
    /// [`StatusError`].
    pub fn read(bytes: &[u8]) -> Result<Self, StatusError> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_STATUS_BYTES {
            return Err(StatusError::TooMuch);
        }
        let status: Self = serde_json::from_slice(bytes)?;
        if status.version != VERSION {
            return Err(StatusError::Version);
        }
        if status.is_bounded() { Ok(status) } else { Err(StatusError::TooMuch) }
    }

    fn is_bounded(&self) -> bool {
        let text = |text: &str| text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
        let maybe = |one: &Option<String>| one.as_deref().is_none_or(text);
        let (tunnels, connections, modems) = (self.tunnels(), self.connections(), self.modems());
        [tunnels.len(), connections.len(), modems.len()].into_iter().all(|count| count <= MAX_ITEMS)
            && tunnels.iter().all(|one| {
                text(&one.interface) && one.peers.len() <= MAX_ITEMS && one.peers.iter().all(|peer| maybe(&peer.endpoint))
            })
            && connections.iter().all(|one| text(&one.name) && text(&one.state) && maybe(&one.remote))
            && modems.iter().all(|one| {
                one.interfaces.len() <= MAX_ITEMS
                    && one.interfaces.iter().all(|name| text(name))
                    && text(&one.state)
                    && maybe(&one.operator)
                    && maybe(&one.technology)
            })
    }

    /// WireGuard interfaces, as far as the helper could look.
    pub fn tunnels(&self) -> &[Tunnel] {
        self.wireguard.as_deref().unwrap_or_default()
    }

    /// IKE associations, as far as the helper could look.
    pub fn connections(&self) -> &[IpsecConnection] {
        self.ipsec.as_deref().unwrap_or_default()
    }

    /// Modems, as far as the helper could look.
    pub fn modems(&self) -> &[Modem] {
        self.modems.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_file_with_more_than_a_machine_has_is_refused() {
        let read = |value: serde_json::Value| Status::read(value.to_string().as_bytes());
        let ok = read(json!({"version": 1, "written_at": 5, "of_tomorrow": {}})).unwrap();
        assert!(ok.tunnels().is_empty() && ok.ipsec.is_none());
        assert!(matches!(read(json!({"version": 2, "written_at": 5})), Err(StatusError::Version)));
        assert!(matches!(read(json!({"version": 1})), Err(StatusError::Form(_))));
        let peer = json!({"latest_handshake": 0});
        let many = json!({"version": 1, "written_at": 5, "wireguard": [{"interface": "wg0", "peers": vec![peer; 65]}]});
        assert!(matches!(read(many), Err(StatusError::TooMuch)));
        let long = json!({"version": 1, "written_at": 5, "modems": [{"interfaces": ["wwan0"], "state": "x".repeat(129)}]});
        assert!(matches!(read(long), Err(StatusError::TooMuch)));
        assert!(matches!(Status::read(&[b' '; 65_537]), Err(StatusError::TooMuch)));
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_file_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Status::read(&bytes);
        }
    }
}
