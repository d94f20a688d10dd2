//! What is stored of the firewall.

use crate::policy::Service;
use crate::policy::risk::WAYS_IN;
use haubert_guard::{Settings, SettingsFault};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Name of the HTTPS listener. Who may reach it is said by the policy.
pub const HTTPS: &str = "https";
/// Name of the Modbus TCP server's listener.
pub const MODBUS_SERVER: &str = "modbus_server";
/// Name of the listener for masters with a certificate.
pub const MODBUS_SECURED: &str = "modbus_secured";
/// Name of the SNMP agent's listener.
pub const SNMP: &str = "snmp";
/// Name of the BACnet/IP server's listener.
pub const BACNET: &str = "bacnet";
/// Listeners, and the services whose sources may reach them.
pub(super) const LISTENERS: &[(&str, &[Service])] = &[
    (HTTPS, &WAYS_IN),
    (MODBUS_SERVER, &[Service::ModbusServer]),
    (MODBUS_SECURED, &[Service::ModbusSecured]),
    (SNMP, &[Service::Snmp]),
    (BACNET, &[Service::Bacnet]),
];
/// All networks.
pub(super) const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];
/// Ports of other programs that may be opened in the kernel's rules.
const MAX_PORTS: usize = 64;

/// The firewall's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FirewallDocument)]
pub struct FirewallSettings {
    /// What the gateway itself enforces.
    pub limits: Settings,
    /// What the kernel is asked to enforce, where it may be asked.
    pub kernel: Kernel,
}

/// Rules for the kernel's packet filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FirewallKernel)]
pub struct Kernel {
    /// Whatever is not for a listener of the gateway is dropped.
    pub default_deny: bool,
    /// Ports of other programs on the machine that stay open, such as 22 for SSH.
    #[schema(max_items = 64)]
    pub open_tcp: Vec<u16>,
    /// As `open_tcp`, for datagrams.
    #[schema(max_items = 64)]
    pub open_udp: Vec<u16>,
}

impl Default for Kernel {
    fn default() -> Self {
        Self { default_deny: true, open_tcp: Vec::new(), open_udp: Vec::new() }
    }
}

impl FirewallSettings {
    /// Whether everything makes sense.
    ///
    /// # Errors
    /// The first field that does not.
    pub fn check(&self) -> Result<(), SettingsFault> {
        let fault = |field: String, reason: &str| Err(SettingsFault { field, reason: reason.to_owned() });
        self.limits.check().map_err(|fault| SettingsFault { field: format!("limits.{}", fault.field), ..fault })?;
        for (name, _) in LISTENERS {
            if self.limits.listeners.get(*name).is_some_and(|rule| !rule.allow.is_empty()) {
                return fault(format!("limits.listeners.{name}.allow"), "the security policy says who may reach this listener");
            }
        }
        for (name, ports) in [("open_tcp", &self.kernel.open_tcp), ("open_udp", &self.kernel.open_udp)] {
            if ports.len() > MAX_PORTS || ports.contains(&0) {
                return fault(format!("kernel.{name}"), "at most 64 ports from 1 to 65535");
            }
        }
        Ok(())
    }
}
