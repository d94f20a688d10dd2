//! What holds of a link that should be up.
//!
//! What cannot be known is *unknown*, never *up*: a helper that has stopped is itself something to look at.

use crate::expected::{Expected, Kind};
use crate::kernel::Interface;
use crate::status::{Modem, Status};
use serde::Serialize;
use utoipa::ToSchema;

/// A status older than this says nothing any more, s: the helper writes one each half minute.
const STALE_S: i64 = 150;
/// One from further ahead than this is of a clock that was set back, s.
const AHEAD_S: i64 = 60;

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LinkCondition)]
pub enum LinkState {
    /// It carries.
    Up,
    /// It does not.
    Down,
    /// It cannot be told.
    Unknown,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $code:literal),+ $(,)?) => {
        /// Why a link is not up, or not known to be.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = LinkReason)]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
        }

        impl Reason {
            /// Stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

reasons! {
    /// There is no interface of that name.
    InterfaceMissing = "interface_missing",
    /// It is switched off.
    InterfaceOff = "interface_off",
    /// No cable, no radio, no other end.
    NoCarrier = "no_carrier",
    /// The other end of the tunnel was never heard.
    NeverHeard = "never_heard",
    /// The other end of the tunnel has not been heard for too long.
    NotHeard = "not_heard",
    /// There is no such association, or none with an installed tunnel.
    NotEstablished = "not_established",
    /// The modem has no connection.
    NotConnected = "not_connected",
    /// There is no status: no folder is named for it, or the helper has never written.
    StatusMissing = "status_missing",
    /// The helper has not written for too long.
    StatusStale = "status_stale",
    /// What the helper wrote cannot be read.
    StatusUnreadable = "status_unreadable",
    /// The helper could not look at this.
    StatusSilent = "status_silent",
}

/// All that was found at one moment.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The moment, s since 1970.
    pub now_s: i64,
    /// The interfaces.
    pub interfaces: &'a [Interface],
    /// What the helper wrote, or why there is nothing of it.
    pub status: Result<&'a Status, Reason>,
}

/// What holds of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub state: LinkState,
    /// Why, when it is not up.
    pub reason: Option<Reason>,
    /// When the other end of the tunnel was last heard, s since 1970.
    pub heard_at_s: Option<i64>,
    /// Address of the other end.
    pub remote: Option<String>,
    /// What the modem says.
    pub modem: Option<Modem>,
}

impl Finding {
    const fn of(state: LinkState, reason: Option<Reason>) -> Self {
        Self { state, reason, heard_at_s: None, remote: None, modem: None }
    }

    const fn up() -> Self {
        Self::of(LinkState::Up, None)
    }

    const fn down(reason: Reason) -> Self {
        Self::of(LinkState::Down, Some(reason))
    }

    const fn unknown(reason: Reason) -> Self {
        Self::of(LinkState::Unknown, Some(reason))
    }
}

impl<'a> Evidence<'a> {
    /// The status, if it is of now.
    fn fresh(&self) -> Result<&'a Status, Reason> {
        let status = self.status?;
        let age_s = self.now_s.saturating_sub(status.written_at);
        if (-AHEAD_S..=STALE_S).contains(&age_s) { Ok(status) } else { Err(Reason::StatusStale) }
    }

    fn of_interface(&self, name: &str) -> Finding {
        let Some(interface) = self.interfaces.iter().find(|interface| interface.name == name) else {
            return Finding::down(Reason::InterfaceMissing);
        };
        match (interface.enabled, interface.is_up()) {
            (_, true) => Finding::up(),
            (true, false) => Finding::down(Reason::NoCarrier),
            (false, false) => Finding::down(Reason::InterfaceOff),
        }
    }

    fn of_wireguard(&self, name: &str, lost_after_s: i64) -> Finding {
        let interface = self.of_interface(name);
        if interface.state != LinkState::Up {
            return interface;
        }
        let status = match self.fresh() {
            Ok(status) => status,
            Err(reason) => return Finding::unknown(reason),
        };
        let Some(tunnel) = status.tunnels().iter().find(|tunnel| tunnel.interface == name) else {
            return Finding::unknown(Reason::StatusSilent);
        };
        let heard = tunnel.peers.iter().filter(|peer| peer.latest_handshake > 0).max_by_key(|peer| peer.latest_handshake);
        let Some(heard) = heard else { return Finding::down(Reason::NeverHeard) };
        // Both times are of the same moment's clock: what happened since the helper looked is not held against the tunnel.
        let age_s = status.written_at.saturating_sub(heard.latest_handshake);
        let found = if age_s <= lost_after_s { Finding::up() } else { Finding::down(Reason::NotHeard) };
        Finding { heard_at_s: Some(heard.latest_handshake), remote: heard.endpoint.clone(), ..found }
    }

    fn of_ipsec(&self, name: &str) -> Finding {
        let status = match self.fresh() {
            Ok(status) => status,
            Err(reason) => return Finding::unknown(reason),
        };
        if status.ipsec.is_none() {
            return Finding::unknown(Reason::StatusSilent);
        }
        let named = || status.connections().iter().filter(|one| one.name == name);
        // While keys are exchanged anew there are two associations for a moment.
        let carries = named().find(|one| one.state == "ESTABLISHED" && one.installed > 0);
        let remote = carries.or_else(|| named().next()).and_then(|one| one.remote.clone());
        let found = if carries.is_some() { Finding::up() } else { Finding::down(Reason::NotEstablished) };
        Finding { remote, ..found }
    }

    fn of_modem(&self, name: &str) -> Finding {
        let interface = self.of_interface(name);
        // A modem's interface carries with or without a helper that knows more of it.
        let modem = self
            .fresh()
            .ok()
            .and_then(|status| status.modems().iter().find(|modem| modem.interfaces.iter().any(|own| own == name)).cloned());
        match (&modem, interface.state) {
            (Some(known), LinkState::Up) if known.state != "connected" => {
                Finding { modem, ..Finding::down(Reason::NotConnected) }
            }
            _ => Finding { modem, ..interface },
        }
    }
}

/// What holds of `link`. A WireGuard peer that was last heard more than `lost_after_s` before the helper looked is lost.
pub fn judge(link: &Expected, evidence: &Evidence<'_>, lost_after_s: u32) -> Finding {
    match link.kind {
        Kind::Ethernet | Kind::Wifi | Kind::Tunnel => evidence.of_interface(&link.name),
        Kind::Modem => evidence.of_modem(&link.name),
        Kind::Wireguard => evidence.of_wireguard(&link.name, i64::from(lost_after_s)),
        Kind::Ipsec => evidence.of_ipsec(&link.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Files;
    use serde_json::json;

    const NOW: i64 = 1_795_000_000;

    fn interface(name: &str, flags: &str, operstate: &str) -> Interface {
        Interface::read(name, &Files { flags, operstate, kind: "1", ..Files::default() })
    }

    fn status(written_at: i64, more: &serde_json::Value) -> Status {
        let mut value = json!({"version": 1, "written_at": written_at});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Status::read(value.to_string().as_bytes()).unwrap()
    }

    fn found(name: &str, kind: Kind, status: Result<&Status, Reason>) -> (LinkState, Option<Reason>) {
        let interfaces = [
            interface("eth0", "0x1003", "up"),
            interface("eth1", "0x1003", "down"),
            interface("eth2", "0x1002", "down"),
            interface("wg0", "0x10d1", "unknown"),
            interface("wwan0", "0x10d1", "unknown"),
        ];
        let evidence = Evidence { now_s: NOW, interfaces: &interfaces, status };
        let found = judge(&Expected { name: name.to_owned(), kind }, &evidence, 180);
        (found.state, found.reason)
    }

    const NONE: Result<&Status, Reason> = Err(Reason::StatusMissing);

    #[test]
    fn a_cable_is_what_the_kernel_says() {
        assert_eq!(found("eth0", Kind::Ethernet, NONE), (LinkState::Up, None));
        assert_eq!(found("eth1", Kind::Ethernet, NONE), (LinkState::Down, Some(Reason::NoCarrier)));
        assert_eq!(found("eth2", Kind::Ethernet, NONE), (LinkState::Down, Some(Reason::InterfaceOff)));
        assert_eq!(found("eth9", Kind::Tunnel, NONE), (LinkState::Down, Some(Reason::InterfaceMissing)));
    }

    #[test]
    fn a_wireguard_tunnel_is_up_while_its_peer_is_heard() {
        let with = |written_at: i64, handshakes: &[i64]| {
            let peers: Vec<_> =
                handshakes.iter().map(|at| json!({"latest_handshake": at, "endpoint": "192.0.2.1:51820"})).collect();
            status(written_at, &json!({"wireguard": [{"interface": "wg0", "peers": peers}]}))
        };
        let of = |status: &Status| found("wg0", Kind::Wireguard, Ok(status));
        assert_eq!(of(&with(NOW - 30, &[0, NOW - 200])), (LinkState::Up, None), "170 s when the helper looked");
        assert_eq!(of(&with(NOW - 30, &[NOW - 211])), (LinkState::Down, Some(Reason::NotHeard)));
        assert_eq!(of(&with(NOW, &[0])), (LinkState::Down, Some(Reason::NeverHeard)));
        assert_eq!(of(&with(NOW - 151, &[NOW - 152])), (LinkState::Unknown, Some(Reason::StatusStale)));
        assert_eq!(of(&with(NOW + 61, &[NOW])), (LinkState::Unknown, Some(Reason::StatusStale)), "of a clock that was set back");
        assert_eq!(of(&status(NOW, &json!({}))), (LinkState::Unknown, Some(Reason::StatusSilent)));
        assert_eq!(found("wg0", Kind::Wireguard, NONE), (LinkState::Unknown, Some(Reason::StatusMissing)));
        assert_eq!(found("wg1", Kind::Wireguard, NONE), (LinkState::Down, Some(Reason::InterfaceMissing)));
    }

    #[test]
    fn an_ipsec_connection_is_up_with_an_installed_tunnel() {
        let with = |state: &str, installed: u32| {
            status(NOW, &json!({"ipsec": [{"name": "port", "state": state, "installed": installed}]}))
        };
        let of = |status: &Status| found("port", Kind::Ipsec, Ok(status));
        assert_eq!(of(&with("ESTABLISHED", 1)), (LinkState::Up, None));
        assert_eq!(of(&with("ESTABLISHED", 0)), (LinkState::Down, Some(Reason::NotEstablished)));
        assert_eq!(of(&with("CONNECTING", 0)), (LinkState::Down, Some(Reason::NotEstablished)));
        assert_eq!(of(&status(NOW, &json!({"ipsec": []}))), (LinkState::Down, Some(Reason::NotEstablished)));
        assert_eq!(of(&status(NOW, &json!({}))), (LinkState::Unknown, Some(Reason::StatusSilent)));
    }

    #[test]
    fn a_modem_that_is_known_must_be_connected() {
        let with =
            |state: &str| status(NOW, &json!({"modems": [{"interfaces": ["wwan0"], "state": state, "signal_percent": 61}]}));
        assert_eq!(found("wwan0", Kind::Modem, Ok(&with("connected"))), (LinkState::Up, None));
        assert_eq!(found("wwan0", Kind::Modem, Ok(&with("searching"))), (LinkState::Down, Some(Reason::NotConnected)));
        assert_eq!(found("wwan0", Kind::Modem, NONE), (LinkState::Up, None));
        assert_eq!(found("wwan1", Kind::Modem, Ok(&with("connected"))), (LinkState::Down, Some(Reason::InterfaceMissing)));
    }
}
