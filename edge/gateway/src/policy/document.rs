//! The policy itself: what is on, who may come, how strong TLS must be. One document, the same in a file, in the store and on
//! the wire.

use super::services::{REGISTRY, Service};
use haubert_guard::Network;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Most networks of one allow-list.
pub const MAX_SOURCES: usize = 64;
/// Most serial ports named.
pub const MAX_PORTS: usize = 64;
/// Version of the form.
const VERSION: u32 = 1;

/// What may run on this gateway. What a file does not name is as in a fresh gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Policy)]
pub struct Policy {
    /// Version of the form: 1.
    pub version: u32,
    /// TLS, wherever it is used: the HTTPS listener and every outgoing link.
    pub tls: Tls,
    /// What is on, by service.
    #[schema(value_type = BTreeMap<String, Setting>)]
    pub services: Services,
    /// Single serial ports, by device file: `"/dev/ttyS1" = false` is never opened, under whatever name. Ports that are not
    /// named follow the service `serial`.
    pub serial_ports: BTreeMap<String, bool>,
}

/// How strong TLS must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = TlsPolicy)]
pub struct Tls {
    /// Oldest version accepted.
    pub minimum: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, ToSchema)]
pub enum TlsVersion {
    /// TLS 1.2, with forward secrecy and authenticated encryption only: for peers that cannot do better.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}

/// One service's setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServiceSetting)]
pub struct Setting {
    /// On.
    pub enabled: bool,
    /// From where it may be reached; from everywhere when empty. Only for services that listen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", length(max = 64))]
    #[schema(value_type = Vec<String>, max_items = 64)]
    pub sources: Vec<Network>,
}

/// The setting of every service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Service, Setting>", into = "BTreeMap<Service, Setting>")]
pub struct Services(BTreeMap<Service, Setting>);

impl From<BTreeMap<Service, Setting>> for Services {
    fn from(mut given: BTreeMap<Service, Setting>) -> Self {
        for entry in REGISTRY {
            given.entry(entry.service).or_insert(Setting { enabled: entry.default, sources: Vec::new() });
        }
        Self(given)
    }
}

impl From<Services> for BTreeMap<Service, Setting> {
    fn from(services: Services) -> Self {
        services.0
    }
}

impl Default for Services {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl Services {
    /// Every service with its setting, in the order of the page.
    pub fn iter(&self) -> impl Iterator<Item = (Service, &Setting)> {
        self.0.iter().map(|(service, setting)| (*service, setting))
    }

    /// Changes one.
    pub fn set(&mut self, service: Service, enabled: bool) {
        self.0.entry(service).or_insert(Setting { enabled, sources: Vec::new() }).enabled = enabled;
    }

    /// Names the sources of one.
    pub fn set_sources(&mut self, service: Service, sources: Vec<Network>) {
        self.0.entry(service).or_insert(Setting { enabled: false, sources: Vec::new() }).sources = sources;
    }
}

impl JsonSchema for Services {
    fn schema_name() -> Cow<'static, str> {
        "Services".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties: serde_json::Map<String, serde_json::Value> = REGISTRY
            .iter()
            .map(|entry| {
                let mut setting = generator.subschema_for::<Setting>();
                setting.insert("description".to_owned(), entry.about.into());
                setting.insert("default".to_owned(), serde_json::json!({"enabled": entry.default}));
                (entry.service.id().to_owned(), setting.into())
            })
            .collect();
        json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { version: VERSION, tls: Tls::default(), services: Services::default(), serial_ports: BTreeMap::new() }
    }
}

/// What is wrong with a value that can be read: where, a stable code, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Keys from the top down to the value.
    pub path: Vec<String>,
    /// Stable code.
    pub code: &'static str,
    /// For people.
    pub reason: String,
}

impl Policy {
    /// Whether a service may run: it is on, and so is at least one of those that it needs.
    pub fn allows(&self, service: Service) -> bool {
        let needs = service.entry().needs;
        self.is_on(service) && (needs.is_empty() || needs.iter().any(|need| self.is_on(*need)))
    }

    /// Whether its own switch is on.
    pub fn is_on(&self, service: Service) -> bool {
        self.services.0.get(&service).is_some_and(|setting| setting.enabled)
    }

    /// The networks from which a service may be reached; empty is everywhere.
    pub fn sources(&self, service: Service) -> &[Network] {
        self.services.0.get(&service).map_or(&[], |setting| setting.sources.as_slice())
    }

    /// The networks from which somebody may reach one of these services or another; `None` is from everywhere.
    pub fn admitted_sources(&self, among: &[Service]) -> Option<Vec<Network>> {
        let mut admitted = Vec::new();
        for service in among.iter().filter(|service| self.allows(**service)) {
            match self.sources(*service) {
                [] => return None,
                sources => admitted.extend_from_slice(sources),
            }
        }
        Some(admitted)
    }

    /// Whether a service runs and may be reached from this address.
    pub fn admits(&self, service: Service, from: IpAddr) -> bool {
        let sources = self.sources(service);
        self.allows(service) && (sources.is_empty() || sources.iter().any(|network| network.contains(from)))
    }

    /// What types cannot say.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), Fault> {
        let fault =
            |path: &[&str], code, reason: String| Fault { path: path.iter().map(ToString::to_string).collect(), code, reason };
        if self.version != VERSION {
            return Err(fault(&["version"], "not_valid", format!("this gateway reads version {VERSION}")));
        }
        for (service, setting) in self.services.iter() {
            let path = ["services", service.id(), "sources"];
            if !setting.sources.is_empty() && !service.listens() {
                return Err(fault(&path, "not_valid", format!("{service} does not listen, so it has no sources")));
            }
            if setting.sources.len() > MAX_SOURCES {
                return Err(fault(&path, "too_many", format!("at most {MAX_SOURCES} networks")));
            }
            let mut sorted = setting.sources.clone();
            sorted.sort();
            if let Some(twice) = sorted.windows(2).find_map(|pair| pair.first().filter(|one| pair.last() == Some(one))) {
                return Err(fault(&path, "duplicate", format!("{twice} is named twice")));
            }
        }
        if self.serial_ports.len() > MAX_PORTS {
            return Err(fault(&["serial_ports"], "too_many", format!("at most {MAX_PORTS} ports")));
        }
        for port in self.serial_ports.keys() {
            if !is_port_path(port) {
                return Err(fault(&["serial_ports", port], "not_valid", "a device file such as /dev/ttyS1".to_owned()));
            }
        }
        Ok(())
    }
}

fn is_port_path(path: &str) -> bool {
    path.strip_prefix("/dev/").is_some_and(|name| !name.is_empty())
        && path.len() <= 255
        && !path.split('/').any(|part| part == "..")
        && !path.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_as_in_a_fresh_gateway() {
        let policy: Policy = toml::from_str("[services.discovery]\nenabled = false\n").unwrap();
        assert!(!policy.allows(Service::Discovery) && policy.allows(Service::WebView) && !policy.allows(Service::ModbusWriting));
        assert_eq!(policy.tls.minimum, TlsVersion::V1_3);
        assert_eq!(toml::from_str::<Policy>("").unwrap(), Policy::default());
    }

    #[test]
    fn a_service_needs_what_carries_it() {
        let mut policy = Policy::default();
        policy.services.set(Service::ModbusWriting, true);
        assert!(policy.allows(Service::ModbusWriting));
        for line in [Service::Serial, Service::ModbusTcp, Service::ModbusRtuTcp] {
            policy.services.set(line, false);
        }
        assert!(policy.is_on(Service::ModbusWriting) && !policy.allows(Service::ModbusWriting));
        policy.services.set(Service::Serial, true);
        assert!(policy.allows(Service::ModbusWriting));
    }

    #[test]
    fn sources_limit_who_may_come() {
        let mut policy = Policy::default();
        let (inside, outside) = ("192.0.2.9".parse().unwrap(), "198.51.100.1".parse().unwrap());
        assert!(policy.admits(Service::WebView, outside));
        policy.services.set_sources(Service::WebView, vec!["192.0.2.0/24".parse().unwrap()]);
        assert!(policy.admits(Service::WebView, inside) && !policy.admits(Service::WebView, outside));
        policy.services.set(Service::WebView, false);
        assert!(!policy.admits(Service::WebView, inside));
    }

    #[test]
    fn a_listener_takes_whom_one_of_its_services_takes() {
        let network: Network = "192.0.2.0/24".parse().unwrap();
        let mut policy = Policy::default();
        policy.services.set_sources(Service::WebView, vec![network]);
        assert_eq!(policy.admitted_sources(&crate::policy::risk::WAYS_IN), None, "programs may come from everywhere");
        policy.services.set(Service::LocalApi, false);
        assert_eq!(policy.admitted_sources(&crate::policy::risk::WAYS_IN), Some(vec![network]));
        policy.services.set(Service::WebView, false);
        assert_eq!(policy.admitted_sources(&crate::policy::risk::WAYS_IN), Some(Vec::new()), "nobody");
    }

    #[test]
    fn what_makes_no_sense_names_its_place() {
        let at = |change: &dyn Fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.check().unwrap_err().path.join(".")
        };
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert_eq!(at(&|policy| policy.version = 2), "version");
        assert_eq!(at(&|policy| policy.services.set_sources(Service::HubLink, vec![network])), "services.hub_link.sources");
        assert_eq!(
            at(&|policy| policy.services.set_sources(Service::WebView, vec![network, network])),
            "services.web_view.sources"
        );
        for port in ["/etc/passwd", "/dev/", "/dev/../etc/passwd", "/dev/tty S0", ""] {
            let at = at(&|policy| {
                policy.serial_ports.insert(port.to_owned(), false);
            });
            assert_eq!(at, format!("serial_ports.{port}"));
        }
        assert!(Policy::default().check().is_ok());
    }
}
