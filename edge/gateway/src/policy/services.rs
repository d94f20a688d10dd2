//! What the gateway can do that somebody may want off: one entry each, from which switch, file, schema and page follow.
//!
//! Only what is built has an entry. A new outlet or protocol adds one here, asks [`super::Policy::allows`] before it listens or
//! connects, tells [`super::listeners::Listeners`] what it opened, and gets its words in the two catalogues: nothing else.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// What sort of thing a service is; the page groups by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A connector of the machine.
    Physical,
    /// Where measurements come in.
    Input,
    /// What people and programs reach.
    Service,
    /// Where data goes out, or what is fetched.
    Outlet,
}

/// How a service's traffic is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// TLS, from the policy's minimum version on; there is no other variant to be switched to.
    Tls,
    /// The protocol has no protection, and no secure variant of it is built: keep it on a network of its own.
    Clear,
    /// The protocol's own authentication and encryption, by strong algorithms only.
    Own,
    /// Nothing crosses a network.
    Local,
}

/// Where a service shows on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It listens; who may come can be limited by source.
    Listens,
    /// It connects out, to what a person configured.
    Connects,
    /// Neither.
    None,
}

/// One thing that can be switched.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Which.
    pub service: Service,
    /// Its sort.
    pub kind: Kind,
    /// On in a fresh gateway.
    pub default: bool,
    /// It works only with at least one of these; none when empty.
    pub needs: &'static [Service],
    /// Where it shows.
    pub reach: Reach,
    /// How it is protected.
    pub protection: Protection,
    /// One sentence for the schema and the file's comments; the pages have their own words.
    pub about: &'static str,
}

macro_rules! services {
    ($($(#[$doc:meta])+ $name:ident = $id:literal, $kind:ident, default $default:literal, needs [$($need:ident),*], $reach:ident, $protection:ident, $about:literal;)+) => {
        /// A thing that can be switched, by its stable name in files and on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Service {
            $($(#[$doc])+ $name,)+
        }

        /// Every service, in the order of the page.
        pub const REGISTRY: &[Entry] = &[$(Entry {
            service: Service::$name,
            kind: Kind::$kind,
            default: $default,
            needs: &[$(Service::$need),*],
            reach: Reach::$reach,
            protection: Protection::$protection,
            about: $about,
        },)+];

        impl Service {
            /// Name in files and on the wire.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// Its entry of the registry.
            pub const fn entry(self) -> Entry {
                match self { $(Self::$name => Entry {
                    service: Self::$name,
                    kind: Kind::$kind,
                    default: $default,
                    needs: &[$(Self::$need),*],
                    reach: Reach::$reach,
                    protection: Protection::$protection,
                    about: $about,
                },)+ }
            }
        }
    };
}

services! {
    /// USB.
    Usb = "usb", Physical, default false, needs [], None, Local,
        "Serial ports that hang on USB. Off: none of them is opened.";
    /// RS-485 and RS-232.
    Serial = "serial", Physical, default true, needs [], None, Local,
        "Serial ports. Off: no serial bus is opened; single ports are switched under [serial_ports].";
    /// Modbus TCP, as master.
    ModbusTcp = "modbus_tcp", Input, default true, needs [], Connects, Clear,
        "Meters by Modbus TCP. Off: nothing connects to them.";
    /// Modbus RTU frames over TCP, as master.
    ModbusRtuTcp = "modbus_rtu_tcp", Input, default true, needs [], Connects, Clear,
        "Meters behind serial device servers (Modbus RTU over TCP). Off: nothing connects to them.";
    /// LoRaWAN sensors.
    Lorawan = "lorawan", Input, default false, needs [], Connects, Tls,
        "LoRaWAN sensors, from a private network server over MQTT and TLS. It connects only once an Admin has named one and switched it on.";
    /// Any Modbus write.
    ModbusWriting = "modbus_writing", Input, default false, needs [Serial, ModbusTcp, ModbusRtuTcp], None, Clear,
        "Writing by Modbus: only the command that moves the window of a meter's own log, and only for devices where it is allowed.";
    /// Search for devices.
    Discovery = "discovery", Input, default true, needs [Serial, ModbusTcp, ModbusRtuTcp], Connects, Clear,
        "Searching lines and networks for devices.";
    /// Trying devices and profiles.
    DeviceTest = "device_test", Input, default true, needs [Serial, ModbusTcp, ModbusRtuTcp], None, Clear,
        "Trying a device or a profile on a line, and watching its registers.";
    /// Upload of device profiles.
    OwnProfiles = "own_profiles", Service, default true, needs [WebView, LocalApi], None, Local,
        "Adding and changing device profiles. Off: those that are there stay in use.";
    /// Pages for people.
    WebView = "web_view", Service, default true, needs [], Listens, Tls,
        "The WEBVIEW's pages, by HTTPS.";
    /// The API for programs.
    LocalApi = "local_api", Service, default true, needs [], Listens, Tls,
        "The HTTPS API for programs that sign in with an account. Off: only the WEBVIEW's own pages may use it.";
    /// Downloads of measurements.
    Exports = "exports", Service, default true, needs [WebView, LocalApi], None, Tls,
        "Downloading measurements by hand.";
    /// Modbus TCP, as server.
    ModbusServer = "modbus_server", Outlet, default false, needs [], Listens, Clear,
        "Serving the devices' registers by Modbus TCP. It listens only once an Admin has switched it on.";
    /// Modbus/TCP Security, as server.
    ModbusSecured = "modbus_secured", Outlet, default false, needs [], Listens, Tls,
        "Serving the devices' registers by Modbus/TCP Security, to masters with a certificate. It listens only once an Admin has switched it on.";
    /// Writes of masters.
    ModbusServerWriting = "modbus_server_writing", Outlet, default false, needs [ModbusServer, ModbusSecured], None, Clear,
        "Passing on what masters write to devices: only what the server's list names, each write recorded. Off: every write is refused.";
    /// MQTT, as client.
    Mqtt = "mqtt", Outlet, default false, needs [], Connects, Tls,
        "Sending measurements to an MQTT broker over TLS. It connects only once an Admin has named one and switched it on.";
    /// Mail.
    Mail = "mail", Outlet, default false, needs [], Connects, Tls,
        "Sending alarms and reports by mail over TLS. It connects only once an Admin has named a server and switched it on.";
    /// Files to a server.
    FileExport = "file_export", Outlet, default false, needs [], Connects, Tls,
        "Sending measurements as files by FTPS, SFTP or HTTPS. It connects only once an Admin has named a server and switched it on.";
    /// HTTPS push.
    Push = "push", Outlet, default false, needs [], Connects, Tls,
        "Sending measurements and alarms as signed JSON by HTTPS. It connects only once an Admin has named a server and switched it on.";
    /// SNMP, as agent.
    Snmp = "snmp", Outlet, default false, needs [], Listens, Own,
        "Answering by SNMPv3 and sending traps, authenticated and encrypted. It listens only once an Admin has switched it on.";
    /// SNMPv2c beside it.
    SnmpV2c = "snmp_v2c", Outlet, default false, needs [Snmp], None, Clear,
        "SNMPv2c beside SNMPv3: whoever listens reads community and values. Off: only SNMPv3 is answered.";
    /// BACnet/IP, as server.
    Bacnet = "bacnet", Outlet, default false, needs [], Listens, Clear,
        "Serving measurements by BACnet/IP, read-only; it neither authenticates nor encrypts. It listens only once an Admin has switched it on.";
    /// The hub.
    HubLink = "hub_link", Outlet, default true, needs [], Connects, Tls,
        "The link to the hub. It connects only once the gateway has been enrolled.";
    /// Releases offered by the hub.
    UpdateFromHub = "update_from_hub", Outlet, default true, needs [HubLink], Connects, Tls,
        "Taking signed releases that the hub offers.";
    /// Releases uploaded by a person.
    UpdateFromFile = "update_from_file", Service, default true, needs [WebView, LocalApi], None, Tls,
        "Taking signed releases from an uploaded file.";
    /// Questions to NTP servers.
    NtpCheck = "ntp_check", Outlet, default false, needs [], Connects, Clear,
        "Asking NTP servers whether the clock is right; it is never set by them. It asks only once an Admin has named some and switched it on.";
    /// The audit trail, sent off the machine.
    Syslog = "syslog", Outlet, default false, needs [], Connects, Tls,
        "Sending the audit trail to a syslog server over TLS (RFC 5425).";
}

impl Service {
    /// The service of this name.
    pub fn of(id: &str) -> Option<Self> {
        REGISTRY.iter().map(|entry| entry.service).find(|service| service.id() == id)
    }

    /// Whether it listens, so that sources can be named for it.
    pub const fn listens(self) -> bool {
        matches!(self.entry().reach, Reach::Listens)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_sound() {
        for (at, entry) in REGISTRY.iter().enumerate() {
            assert!(REGISTRY[..at].iter().all(|other| other.service != entry.service), "{} twice", entry.service);
            assert_eq!(Service::of(entry.service.id()), Some(entry.service));
            assert_eq!(entry.service.entry().about, entry.about);
            assert_eq!(serde_json::to_value(entry.service).unwrap(), entry.service.id());
            // No chain of needs leads back to where it began: one step is enough to see that a service can work.
            assert!(entry.needs.iter().all(|need| need.entry().needs.is_empty()), "{} needs what needs", entry.service);
            assert!(entry.needs.len() <= 3 && entry.about.len() < 160);
        }
        assert_eq!(Service::of("telnet"), None);
    }

    #[test]
    fn a_fresh_gateway_has_no_writing_no_usb_and_no_clear_listener() {
        for entry in REGISTRY {
            if entry.reach == Reach::Listens && entry.default {
                assert_eq!(entry.protection, Protection::Tls, "{} listens in clear", entry.service);
            }
        }
        assert!(!Service::ModbusWriting.entry().default && !Service::Usb.entry().default);
    }
}
