//! What the kernel tells everybody: `/sys/class/net` (Documentation/ABI/testing/sysfs-class-net), `/proc/net/route`,
//! `/proc/net/ipv6_route` and `/proc/net/wireless` (proc(5)).

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What an interface is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InterfaceMedium)]
pub enum Medium {
    /// A cable, or what passes for one.
    Ethernet,
    /// Wi-Fi.
    Wifi,
    /// A mobile modem.
    Modem,
    /// WireGuard.
    Wireguard,
    /// Point to point without addresses of its own: other VPNs.
    Tunnel,
    /// The machine itself.
    Loopback,
    /// Anything else: bridges, VLANs, CAN…
    Other,
}

/// One interface, as the kernel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Name.
    pub name: String,
    /// What it is made of.
    pub medium: Medium,
    /// Somebody switched it on (`IFF_UP`).
    pub enabled: bool,
    /// RFC 2863 state: `up`, `down`, `lowerlayerdown`, `dormant`, `unknown`…
    pub operstate: String,
    /// Bytes received and sent since it came up.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
}

/// Files of `/sys/class/net/<name>`, as far as they could be read.
#[derive(Debug, Clone, Default)]
pub struct Files<'a> {
    /// `uevent`.
    pub uevent: &'a str,
    /// `type`: `ARPHRD_…` of include/uapi/linux/if_arp.h.
    pub kind: &'a str,
    /// `flags`, hexadecimal.
    pub flags: &'a str,
    /// `operstate`.
    pub operstate: &'a str,
    /// `statistics/rx_bytes`.
    pub rx_bytes: &'a str,
    /// `statistics/tx_bytes`.
    pub tx_bytes: &'a str,
}

const IFF_UP: u32 = 1;

impl Interface {
    /// Of what its files say; what cannot be read is taken for off, or for nothing.
    pub fn read(name: &str, files: &Files<'_>) -> Self {
        let flags = files.flags.trim().strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or_default();
        let count = |text: &str| text.trim().parse().unwrap_or_default();
        Self {
            name: name.to_owned(),
            medium: medium(files),
            enabled: flags & IFF_UP != 0,
            operstate: files.operstate.trim().chars().filter(char::is_ascii_lowercase).take(16).collect(),
            rx_bytes: count(files.rx_bytes),
            tx_bytes: count(files.tx_bytes),
        }
    }

    /// Whether packets can pass. Tunnels have no carrier and are `unknown` all their life.
    pub fn is_up(&self) -> bool {
        self.enabled && matches!(self.operstate.as_str(), "up" | "unknown")
    }
}

fn medium(files: &Files<'_>) -> Medium {
    let device = files.uevent.lines().find_map(|line| line.strip_prefix("DEVTYPE="));
    match (device, files.kind.trim()) {
        (Some("wlan"), _) => Medium::Wifi,
        (Some("wwan"), _) => Medium::Modem,
        (Some("wireguard"), _) => Medium::Wireguard,
        (None, "1") => Medium::Ethernet,
        (_, "772") => Medium::Loopback,
        // ARPHRD_PPP, ARPHRD_NONE.
        (None, "512" | "65534") => Medium::Tunnel,
        _ => Medium::Other,
    }
}

/// A way to everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultRoute {
    /// Interface.
    pub interface: String,
    /// The least one is taken.
    pub metric: u32,
}

const RTF_UP: u32 = 0x1;
const RTF_REJECT: u32 = 0x200;

/// The default routes of `/proc/net/route`.
pub fn routes_v4(text: &str) -> Vec<DefaultRoute> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, _gateway, flags, _refs, _use, metric, mask, ..] = fields.as_slice() else { return None };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let everywhere = *destination == "00000000" && *mask == "00000000";
        let open = flags & RTF_UP != 0 && flags & RTF_REJECT == 0;
        (everywhere && open)
            .then(|| metric.parse().ok().map(|metric| DefaultRoute { interface: (*interface).to_owned(), metric }))
            .flatten()
    };
    text.lines().skip(1).filter_map(route).collect()
}

/// The default routes of `/proc/net/ipv6_route`.
pub fn routes_v6(text: &str) -> Vec<DefaultRoute> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, _, metric, _, _, flags, interface] = fields.as_slice() else { return None };
        let (flags, metric) = (u32::from_str_radix(flags, 16).ok()?, u32::from_str_radix(metric, 16).ok()?);
        let everywhere = *length == "00" && destination.bytes().all(|digit| digit == b'0');
        let open = flags & RTF_UP != 0 && flags & RTF_REJECT == 0;
        (everywhere && open).then(|| DefaultRoute { interface: (*interface).to_owned(), metric })
    };
    text.lines().filter_map(route).collect()
}

/// The interface that carries what has no better way.
pub fn way_out(routes: &[DefaultRoute]) -> Option<&str> {
    routes.iter().min_by_key(|route| route.metric).map(|route| route.interface.as_str())
}

/// Signal of each Wi-Fi interface, dBm, of `/proc/net/wireless`. Drivers that tell it in units of their own are left out.
pub fn signals(text: &str) -> BTreeMap<String, i32> {
    let signal = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        let level: f64 = rest.split_whitespace().nth(2)?.trim_end_matches('.').parse().ok()?;
        // dBm is negative, and no receiver hears −128.
        ((-127.0..0.0).contains(&level)).then(|| (name.trim().to_owned(), level as i32))
    };
    text.lines().skip(2).filter_map(signal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files<'a>(uevent: &'a str, kind: &'a str, flags: &'a str, operstate: &'a str) -> Files<'a> {
        Files { uevent, kind, flags, operstate, rx_bytes: "1200\n", tx_bytes: "34\n" }
    }

    #[test]
    fn interfaces_are_known_by_what_they_say_of_themselves() {
        let medium = |uevent, kind| Interface::read("x", &files(uevent, kind, "0x1003\n", "up\n")).medium;
        assert_eq!(medium("INTERFACE=eth0\nIFINDEX=2\n", "1\n"), Medium::Ethernet);
        assert_eq!(medium("DEVTYPE=wlan\nINTERFACE=wlan0\nIFINDEX=3\n", "1\n"), Medium::Wifi);
        assert_eq!(medium("DEVTYPE=wwan\nINTERFACE=wwan0\nIFINDEX=4\n", "1\n"), Medium::Modem);
        assert_eq!(medium("DEVTYPE=wireguard\nINTERFACE=wg0\nIFINDEX=5\n", "65534\n"), Medium::Wireguard);
        assert_eq!(medium("INTERFACE=tun0\nIFINDEX=6\n", "65534\n"), Medium::Tunnel);
        assert_eq!(medium("INTERFACE=lo\nIFINDEX=1\n", "772\n"), Medium::Loopback);
        assert_eq!(medium("DEVTYPE=bridge\nINTERFACE=br0\nIFINDEX=7\n", "1\n"), Medium::Other);
    }

    #[test]
    fn up_is_switched_on_and_passing() {
        let up = |flags, operstate| Interface::read("x", &files("", "1", flags, operstate)).is_up();
        assert!(up("0x1003\n", "up\n") && up("0x10d1\n", "unknown\n"));
        assert!(!up("0x1002\n", "up\n") && !up("0x1003\n", "lowerlayerdown\n") && !up("0x1003\n", "dormant\n") && !up("", ""));
        let read = Interface::read("eth0", &files("", "1", "0x1003", "up"));
        assert_eq!((read.rx_bytes, read.tx_bytes), (1_200, 34));
    }

    #[test]
    fn the_way_out_is_the_default_route_that_costs_least() {
        let v4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                  wwan0\t00000000\t0100000A\t0003\t0\t0\t700\t00000000\t0\t0\t0\n\
                  eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                  eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                  *\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n";
        let routes = routes_v4(v4);
        assert_eq!(routes.len(), 2);
        assert_eq!(way_out(&routes), Some("eth0"));
        let zeros = "0".repeat(32);
        let v6 = format!(
            "{zeros} 00 {zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     wwan0\n\
             fe800000000000000000000000000000 40 {zeros} 00 {zeros} 00000100 00000001 00000000 00000001     eth0\n\
             {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200       lo\n"
        );
        assert_eq!(routes_v6(&v6), [DefaultRoute { interface: "wwan0".to_owned(), metric: 1_024 }]);
        assert_eq!(way_out(&[]), None);
    }

    #[test]
    fn a_wireless_signal_is_dbm_or_nothing() {
        let text = "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n \
                    face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n \
                    wlan0: 0000   54.  -56.  -256        0      0      0      0     47        0\n \
                    wlan1: 0000   54.  200.  -256        0      0      0      0     47        0\n";
        assert_eq!(signals(text), BTreeMap::from([("wlan0".to_owned(), -56)]));
    }

    proptest! {
        #[test]
        fn whatever_the_kernel_says_is_read(text in "\\PC{0,200}(\n\\PC{0,80}){0,5}") {
            let _ = (routes_v4(&text), routes_v6(&text), signals(&text));
            let _ = Interface::read("x", &files(&text, &text, &text, &text)).is_up();
        }
    }
}
