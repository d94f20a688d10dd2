//! The hub's configuration: one typed struct, a TOML file and command-line flags over it. Unknown keys are refused.

use crate::days::Calendar;
use crate::identity::IdentityProvider;
use crate::rights;
use haubert_model::Secret;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Largest configuration file read, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// What can be configured. Every key may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where keys and, with SQLite, the database are kept. Made private to the hub's user.
    pub data_dir: PathBuf,
    /// Address of the web application, the API and enrolment (HTTPS). Port 0 takes a free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Address for enrolled gateways (HTTPS with mutual TLS). Port 0 takes a free one.
    #[schemars(with = "String")]
    pub link_listen: SocketAddr,
    /// Base URL under which people and gateways reach `listen`: `https://hub.example`. Needed when `listen` is a wildcard address.
    pub public_url: Option<String>,
    /// Base URL under which gateways reach `link_listen`. By default the host of `public_url` with the port of `link_listen`.
    pub public_link_url: Option<String>,
    /// More DNS names or IP addresses for the server certificate.
    pub names: Vec<String>,
    /// `sqlite` (a file in `data_dir`) or `postgres://user:password@host/database`.
    pub database_url: Secret,
    /// Time zone of the community's calendar, `Europe/Paris`: when a day begins and ends. By default the machine's.
    pub time_zone: Option<String>,
    /// Most that the files of one organisation's evidence may take, in MiB.
    pub evidence_mib: u64,
    /// Profiles whose accounts must have a second factor: without one they may only add it. By default the coordinators', once `listen`
    /// is more than a loopback address.
    pub second_factor_for: Option<BTreeSet<String>>,
    /// Who vouches for people besides this hub, by OpenID Connect. At most eight.
    pub identity_providers: Vec<IdentityProvider>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("/var/lib/haubert-hub"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            link_listen: SocketAddr::from(([127, 0, 0, 1], 8444)),
            public_url: None,
            public_link_url: None,
            names: Vec::new(),
            database_url: Secret::new("sqlite".to_owned()),
            time_zone: None,
            evidence_mib: 2048,
            second_factor_for: None,
            identity_providers: Vec::new(),
        }
    }
}

/// Why a configuration cannot be used.
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
    /// The file is not TOML, or has a key or value that is not known.
    #[error("{path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        message: String,
    },
    /// A value makes no sense.
    #[error("`{key}`: {message}")]
    Value {
        /// The key.
        key: &'static str,
        /// The reason.
        message: String,
    },
}

/// Flags that replace what the file says.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Overrides {
    /// Where keys and data are kept
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the web application and API, for instance 127.0.0.1:0
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Address for enrolled gateways
    #[arg(long, value_name = "ADDRESS")]
    pub link_listen: Option<SocketAddr>,
    /// Base URL under which the hub is reached
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Base URL under which enrolled gateways reach the hub
    #[arg(long, value_name = "URL")]
    pub public_link_url: Option<String>,
    /// sqlite, or postgres://user:password@host/database (a password is better given by the environment than by the flag)
    #[arg(long, value_name = "URL", env = "HAUBERT_HUB_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// Which engine keeps the data.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Secret),
}

impl Config {
    /// Reads `file`, if any, and lets `overrides` replace what it says; then checks the whole.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, line and key.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let mut config = match file {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        let Overrides { data_dir, listen, link_listen, public_url, public_link_url, database_url } = overrides;
        config.data_dir = data_dir.unwrap_or(config.data_dir);
        config.listen = listen.unwrap_or(config.listen);
        config.link_listen = link_listen.unwrap_or(config.link_listen);
        config.public_url = public_url.or(config.public_url);
        config.public_link_url = public_link_url.or(config.public_link_url);
        config.database_url = database_url.map_or(config.database_url, Secret::new);
        config.check()?;
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = haubert_service::files::read_text_bounded(path, MAX_FILE)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ConfigError::Parse { path: path.to_owned(), message })
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The message quotes the line at fault, unless that line may hold a password.
        toml::from_str(text).map_err(|error| {
            let line = error.span().and_then(|span| text.get(..span.start)).map_or(0, |before| before.matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::Value { key, message: message.to_owned() });
        for (key, url) in [("public_url", &self.public_url), ("public_link_url", &self.public_link_url)] {
            if let Some(url) = url
                && host_of(url).is_none()
            {
                return wrong(key, "expected https://host or https://host:port");
            }
        }
        if self.listen.ip().is_unspecified() && self.public_url.is_none() {
            return wrong("public_url", "needed when `listen` is a wildcard address: under which URL is the hub reached?");
        }
        if self.engine().is_none() {
            return wrong("database_url", "expected `sqlite` or `postgres://user:password@host/database`");
        }
        if self.calendar().is_none() {
            return wrong("time_zone", "expected the name of a time zone, such as Europe/Paris");
        }
        if let Some(unknown) = self.second_factor_for().iter().find(|name| !rights::PROFILES.contains(&name.as_str())) {
            return wrong("second_factor_for", &format!("there is no profile `{unknown}`"));
        }
        match crate::identity::fault(&self.identity_providers) {
            Some((key, message)) => wrong(key, message),
            None => Ok(()),
        }
    }

    /// Profiles whose accounts must have a second factor.
    pub fn second_factor_for(&self) -> BTreeSet<String> {
        let by_default = || if self.listen.ip().is_loopback() { None } else { Some(rights::COORDINATOR.to_owned()) };
        self.second_factor_for.clone().unwrap_or_else(|| by_default().into_iter().collect())
    }

    /// The community's calendar; nothing when `time_zone` names no zone.
    pub(crate) fn calendar(&self) -> Option<Calendar> {
        Calendar::in_zone(self.time_zone.as_deref())
    }

    /// The engine that `database_url` names.
    pub fn engine(&self) -> Option<Engine> {
        let url = self.database_url.expose();
        match url {
            "sqlite" => Some(Engine::Sqlite(self.data_dir.join("hub.sqlite3"))),
            _ if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Some(Engine::Postgres(self.database_url.clone()))
            }
            _ => None,
        }
    }

    /// Base URL of the main listener, which is bound to `bound`.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        self.public_url.as_deref().map_or_else(|| format!("https://{bound}"), |url| url.trim_end_matches('/').to_owned())
    }

    /// Base URL of the gateways' listener, which is bound to `bound`.
    pub fn public_link_url(&self, bound: SocketAddr) -> String {
        match (&self.public_link_url, self.public_url.as_deref().and_then(host_of)) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("https://{host}:{}", bound.port()),
            (None, None) => format!("https://{bound}"),
        }
    }

    /// Names for the server certificate.
    pub fn server_names(&self) -> Vec<String> {
        let mut names: Vec<String> = [&self.public_url, &self.public_link_url]
            .into_iter()
            .flatten()
            .filter_map(|url| host_of(url))
            .map(|host| host.trim_matches(['[', ']']).to_owned())
            .collect();
        names.extend(self.names.iter().cloned());
        names.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()]);
        let ip = self.listen.ip();
        if !ip.is_unspecified() && !ip.is_loopback() {
            names.push(ip.to_string());
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }
}

/// Host of `https://host[:port][/]`; an IPv6 address keeps its brackets.
fn host_of(url: &str) -> Option<String> {
    let authority = url.strip_prefix("https://")?.trim_end_matches('/');
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    let bare = host.trim_matches(['[', ']']);
    let is_name = bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    (!bare.is_empty() && (is_name || bare.parse::<IpAddr>().is_ok())).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_bad_values_name_their_place() {
        assert!(Config::parse("lisen = \"127.0.0.1:1\"").unwrap_err().starts_with("line 1: unknown field `lisen`"));
        assert!(Config::parse("\nlisten = 7").unwrap_err().starts_with("line 2:"));
        let text = Config::parse("database_url = [\"postgres://u:hunter2@h/d\"]").unwrap_err();
        assert!(!text.contains("hunter2"), "{text}");
        for (text, key) in [
            ("listen = \"0.0.0.0:443\"", "public_url"),
            ("public_url = \"http://hub\"", "public_url"),
            ("public_link_url = \"https://hub:x\"", "public_link_url"),
            ("database_url = \"mysql://x\"", "database_url"),
            ("time_zone = \"Europe/Atlantis\"", "time_zone"),
            ("second_factor_for = [\"king\"]", "second_factor_for"),
        ] {
            let error = Config::parse(text).unwrap().check().unwrap_err();
            assert!(matches!(error, ConfigError::Value { key: at, .. } if at == key), "{error}");
        }
        Config::default().check().unwrap();
    }

    #[test]
    fn whoever_looks_after_a_hub_in_a_network_needs_a_second_factor() {
        let of = |text: &str| Config::parse(text).unwrap().second_factor_for().into_iter().collect::<Vec<_>>();
        assert!(of("").is_empty(), "on the loopback nobody is asked");
        assert_eq!(of("listen = \"192.0.2.1:443\""), ["coordinator"]);
        assert_eq!(of("listen = \"[::]:443\"\nsecond_factor_for = [\"auditor\"]"), ["auditor"]);
        assert!(of("listen = \"192.0.2.1:443\"\nsecond_factor_for = []").is_empty());
    }

    #[test]
    fn urls_follow_from_each_other() {
        let config = Config { public_url: Some("https://hub.example/".to_owned()), ..Config::default() };
        let bound = "127.0.0.1:9000".parse().unwrap();
        assert_eq!(config.public_url(bound), "https://hub.example");
        assert_eq!(config.public_link_url(bound), "https://hub.example:9000");
        assert_eq!(Config::default().public_link_url(bound), "https://127.0.0.1:9000");
        assert_eq!(config.server_names()[0], "hub.example");
        assert_eq!(host_of("https://[::1]:8443"), Some("[::1]".to_owned()));
    }
}
