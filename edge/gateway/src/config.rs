//! The gateway's start-up file: where to listen, where to keep data, how often to record.
//!
//! What an operator changes in daily life (buses, devices, loads) lives in the encrypted store and is edited in the
//! WEBVIEW; this file holds only what must be known before that store opens. Unknown keys are refused.

use haubert_model::Quantity;
use haubert_service::files;
use haubert_update::{Slot, Slots};
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Longest configuration file read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of the HTTPS listener (WEBVIEW and API). Port 0 takes a free port.
    pub listen: SocketAddr,
    /// Address at which the Modbus TCP server listens once it is switched on. Port 0 takes a free port.
    pub modbus_listen: SocketAddr,
    /// Address at which the Modbus TCP server listens for masters with a certificate (Modbus/TCP Security) once that is switched on.
    /// Port 0 takes a free port.
    pub modbus_secured_listen: SocketAddr,
    /// Address at which the SNMP agent listens (UDP) once it is switched on. Port 0 takes a free port.
    pub snmp_listen: SocketAddr,
    /// IPv4 address at which the BACnet/IP server listens (UDP) once it is switched on. Port 0 takes a free port. Broadcasts are heard at
    /// 0.0.0.0 alone.
    pub bacnet_listen: SocketAddr,
    /// Folder of keys, configuration and history.
    pub data_dir: PathBuf,
    /// Names and addresses under which browsers reach the gateway; written into its self-signed certificate.
    pub names: Vec<String>,
    /// How measurements are recorded.
    pub recording: Recording,
    /// How long history is kept.
    pub retention: Retention,
    /// Folder of device profiles that are added to those built in.
    pub profiles_dir: Option<PathBuf>,
    /// Folder in which `haubert-link-status` writes what only root may see of VPN and modem.
    pub wan_status_dir: Option<PathBuf>,
    /// What the program takes away from itself at its start.
    pub sandbox: Sandbox,
    /// Where releases lie, and whose they are.
    pub update: UpdateConfig,
}

/// What the program takes away from itself at its start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// Restrict files, listening ports and system calls. Only for a look at the program from outside is there a reason not to.
    pub enabled: bool,
    /// Files and folders that may be read besides the gateway's own.
    pub readable: Vec<PathBuf>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self { enabled: true, readable: Vec::new() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 443)),
            modbus_listen: SocketAddr::from(([0, 0, 0, 0], 502)),
            modbus_secured_listen: SocketAddr::from(([0, 0, 0, 0], 802)),
            snmp_listen: SocketAddr::from(([0, 0, 0, 0], 161)),
            bacnet_listen: SocketAddr::from(([0, 0, 0, 0], 47808)),
            data_dir: PathBuf::from("/var/lib/haubert-gateway"),
            names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            recording: Recording::default(),
            retention: Retention::default(),
            profiles_dir: None,
            wan_status_dir: None,
            sandbox: Sandbox::default(),
            update: UpdateConfig::default(),
        }
    }
}

/// Where releases lie, and whose they are. A launcher (`haubert-slot`) gives slots and slot as options.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateConfig {
    /// Folder of the two slots. Without it something else installs the program.
    pub slots: Option<PathBuf>,
    /// The slot that this program was started from; an option of the command line only.
    #[serde(skip)]
    #[schemars(skip)]
    pub slot: Option<Slot>,
    /// The supplier's root: which keys may sign releases. The gateway's user should not be able to write it.
    pub supplier_root: PathBuf,
    /// Seconds that a new release must be healthy before it stays.
    #[schemars(range(min = 1, max = 600))]
    pub probation_seconds: u32,
}

impl Default for UpdateConfig {
    fn default() -> Self {
        Self { slots: None, slot: None, supplier_root: PathBuf::from("/etc/haubert/supplier-root.json"), probation_seconds: 300 }
    }
}

impl UpdateConfig {
    /// Folder of the running release, when it runs from a slot.
    pub fn slot_folder(&self) -> Option<PathBuf> {
        Some(Slots::new(self.slots.as_deref()?).folder(self.slot?))
    }
}

/// What is recorded, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// Averaging period of load curves, minutes; one of the divisors of an hour.
    #[schemars(range(min = 1, max = 60))]
    pub load_curve_minutes: u32,
    /// Period between two records of a counter, minutes.
    #[schemars(range(min = 1, max = 60))]
    pub index_minutes: u32,
    /// Period between two samples of a trend, seconds; 0 keeps every reading.
    #[schemars(range(min = 0, max = 3600))]
    pub trend_seconds: u32,
    /// Age at which samples leave the journal for a compressed chunk, seconds.
    #[schemars(range(min = 10, max = 86400))]
    pub chunk_seconds: u32,
    /// Quantities kept as trends besides the usual ones, by name (`power_factor_l1`).
    pub more_trends: Vec<Quantity>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { load_curve_minutes: 10, index_minutes: 10, trend_seconds: 60, chunk_seconds: 3600, more_trends: Vec::new() }
    }
}

/// Days of history kept, per kind of series. Chunks not yet acknowledged by an enrolled hub are kept longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Counters.
    pub index_days: u32,
    /// Load curves.
    pub load_curve_days: u32,
    /// Trends.
    pub trend_days: u32,
    /// States.
    pub state_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { index_days: 3650, load_curve_days: 1825, trend_days: 400, state_days: 1825 }
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A value that is read but makes no sense.
    #[error("{path}: field `{field}`: {reason}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Dotted name.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`] with the file's name, and the line or the field.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            files::read_text_bounded(path, MAX_BYTES).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self =
            toml::from_str(&text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        config.check().map_err(|(field, reason)| ConfigError::Value { path: path.to_owned(), field, reason })?;
        Ok(config)
    }

    /// What types cannot say: ranges and divisors.
    ///
    /// # Errors
    /// The field and the reason.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let divides_an_hour = |minutes: u32| (1..=60).contains(&minutes) && 60 % minutes == 0;
        if !divides_an_hour(self.recording.load_curve_minutes) {
            return Err((
                "recording.load_curve_minutes",
                "must divide 60: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60".to_owned(),
            ));
        }
        if !divides_an_hour(self.recording.index_minutes) {
            return Err(("recording.index_minutes", "must divide 60: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60".to_owned()));
        }
        if self.recording.trend_seconds > 3600 {
            return Err(("recording.trend_seconds", "must be between 0 (every reading) and 3600".to_owned()));
        }
        if !(10..=86_400).contains(&self.recording.chunk_seconds) {
            return Err(("recording.chunk_seconds", "must be between 10 and 86400".to_owned()));
        }
        if !(1..=600).contains(&self.update.probation_seconds) {
            return Err(("update.probation_seconds", "must be between 1 and 600".to_owned()));
        }
        if self.names.is_empty() {
            return Err(("names", "needs at least one name or address".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gateway.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(read("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_names_its_line() {
        let said = read("listen = \"127.0.0.1:0\"\nlissten = 1\n").unwrap_err().to_string();
        assert!(said.contains("line 2") && said.contains("lissten"), "{said}");
    }

    #[test]
    fn a_period_that_does_not_divide_the_hour_names_its_field() {
        let said = read("[recording]\nload_curve_minutes = 7\n").unwrap_err().to_string();
        assert!(said.contains("recording.load_curve_minutes"), "{said}");
    }
}
