//! What is set for files.

use super::names;
use super::period::Every;
use crate::export::{Decimals, Format};
use crate::outlets::account::Login;
use haubert_model::RecordKind;
use haubert_service::problem::{Problem, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest text of a setting, in characters.
const MAX_TEXT: usize = 254;
/// Most exports.
const MAX_EXPORTS: usize = 10;
/// Longest wait after a period's end, minutes.
const MAX_WAIT: u16 = 1440;
/// Furthest back, days.
const MAX_BACK: u16 = 366;

/// How files are carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileProtocol {
    /// FTP with TLS after a word in clear (RFC 4217), usually on port 21.
    #[default]
    Ftps,
    /// FTP with TLS from the first byte, usually on port 990.
    FtpsImplicit,
    /// SFTP, over SSH, usually on port 22.
    Sftp,
    /// HTTPS, each file at an address of its own.
    HttpsPut,
    /// HTTPS, all files at one address.
    HttpsPost,
}

/// What of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FileMeasured)]
pub enum Measured {
    /// Counters.
    Indexes,
    /// Mean powers over fixed periods.
    LoadCurves,
    /// Quantities sampled in time.
    Trends,
}

impl Measured {
    /// As history calls it.
    pub(super) const fn kind(self) -> RecordKind {
        match self {
            Self::Indexes => RecordKind::Index,
            Self::LoadCurves => RecordKind::LoadCurve,
            Self::Trends => RecordKind::Trend,
        }
    }
}

/// Files of one sort, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileExport {
    /// What it is called; how far it has come hangs on it.
    pub name: String,
    /// What of the history.
    pub measured: Vec<Measured>,
    /// Layout.
    pub format: Format,
    /// How numbers are written, where the layout leaves it open.
    #[serde(default)]
    pub decimals: Decimals,
    /// How much time a file is of.
    pub every: Every,
    /// Minutes after a period's end until its file goes: time for meters that answer late.
    pub wait_minutes: u16,
    /// Name of the files, without their ending: `{site}`, `{export}`, `{device}`, `{from}`, `{to}`.
    pub pattern: String,
}

/// Files: which server, and what goes there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesSettings {
    /// Whether anything is sent; the policy must allow it too.
    pub enabled: bool,
    /// How.
    pub protocol: FileProtocol,
    /// DNS name or IP address, as in the server's certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Folder on the server, or path of the address; made when it is missing.
    pub folder: String,
    /// User name; empty for none (HTTPS: the password is then a token).
    pub user: String,
    /// SFTP: prove who we are with the gateway's key rather than a password.
    pub use_key: bool,
    /// SFTP: fingerprint of the server's key, `SHA256:…`; a test tells it.
    pub host_key: String,
    /// Days that are sent after an outage, at most.
    pub catch_up_days: u16,
    /// What goes there.
    pub exports: Vec<FileExport>,
}

impl Default for FilesSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            protocol: FileProtocol::default(),
            host: String::new(),
            port: 21,
            folder: String::new(),
            user: String::new(),
            use_key: false,
            host_key: String::new(),
            catch_up_days: 31,
            exports: Vec::new(),
        }
    }
}

impl Login for FilesSettings {
    const NAME: &'static str = "files";
    const PASSWORD: &'static str = "files_password";

    fn same_account(&self, other: &Self) -> bool {
        (&self.host, self.port, &self.user, &self.host_key) == (&other.host, other.port, &other.user, &other.host_key)
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn user(&self) -> &str {
        // A token goes without a name.
        if matches!(self.protocol, FileProtocol::HttpsPut | FileProtocol::HttpsPost) { "-" } else { &self.user }
    }

    fn checked(mut self) -> Result<Self, Problem> {
        let mut problem = Problem::new(codes::INVALID);
        let texts =
            [("host", &mut self.host), ("folder", &mut self.folder), ("user", &mut self.user), ("host_key", &mut self.host_key)];
        for (field, text) in texts {
            *text = text.trim().to_owned();
            if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
                problem =
                    problem.field(field, "too_long", format!("at most {MAX_TEXT} characters, none of them a control character"));
            }
        }
        if self.host.is_empty() && self.enabled {
            problem = problem.field("host", "required", "give the server's name or address");
        } else if !self.host.is_empty() && rustls::pki_types::ServerName::try_from(self.host.as_str()).is_err() {
            problem = problem.field("host", "not_valid", "a DNS name or an IP address, without port");
        }
        if self.port == 0 {
            problem = problem.field("port", "out_of_range", "1 to 65535");
        }
        if self.folder.split('/').any(|folder| folder == "..") {
            problem = problem.field("folder", "not_valid", "a path without `..`");
        }
        let needs_user = !matches!(self.protocol, FileProtocol::HttpsPut | FileProtocol::HttpsPost);
        if self.enabled && needs_user && self.user.is_empty() {
            problem = problem.field("user", "required", "give the user's name");
        }
        if self.enabled && self.protocol == FileProtocol::Sftp && self.host_key.is_empty() {
            problem = problem.field("host_key", "required", "test the connection, compare the fingerprint, and take it over");
        }
        if !self.host_key.is_empty() && !is_fingerprint(&self.host_key) {
            problem = problem.field("host_key", "not_valid", "`SHA256:` and 43 letters, as `ssh-keygen -l` shows it");
        }
        if !(1..=MAX_BACK).contains(&self.catch_up_days) {
            problem = problem.field("catch_up_days", "out_of_range", format!("1 to {MAX_BACK} days"));
        }
        if self.exports.len() > MAX_EXPORTS {
            problem = problem.field("exports", "too_many", format!("at most {MAX_EXPORTS}"));
        }
        for at in 0..self.exports.len() {
            let (before, rest) = self.exports.split_at_mut(at);
            let Some(export) = rest.first_mut() else { continue };
            export.name = export.name.trim().to_owned();
            export.measured.sort_unstable();
            export.measured.dedup();
            for (part, code, words) in faults(export, before) {
                problem = problem.field(&format!("exports.{at}.{part}"), code, words);
            }
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

fn is_fingerprint(text: &str) -> bool {
    text.strip_prefix("SHA256:")
        .is_some_and(|rest| rest.len() == 43 && rest.chars().all(|c| c.is_ascii_alphanumeric() || "+/".contains(c)))
}

/// What is wrong with an export: field, code, words.
fn faults(export: &FileExport, before: &[FileExport]) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut found = Vec::new();
    if export.name.is_empty() || export.name.chars().count() > 40 || export.name.chars().any(char::is_control) {
        found.push(("name", "required", "1 to 40 characters"));
    } else if before.iter().any(|other| other.name == export.name) {
        found.push(("name", "taken", "this name is there already"));
    }
    if export.measured.is_empty() {
        found.push(("measured", "required", "choose what is sent"));
    }
    if export.wait_minutes > MAX_WAIT {
        found.push(("wait_minutes", "out_of_range", "0 to 1440 minutes"));
    }
    if !names::is_valid(&export.pattern) {
        found.push(("pattern", "not_valid", "letters, digits, - _ . and {site}, {export}, {device}, {from}, {to}"));
    } else if !export.pattern.contains("{from}") && !export.pattern.contains("{to}") {
        found.push(("pattern", "needs_time", "with {from} or {to}: each file would else replace the one before"));
    } else if export.format == Format::CsvStandard && !export.pattern.contains("{device}") {
        found.push(("pattern", "needs_device", "with {device}: there is a file for each"));
    } else if before.iter().any(|other| {
        other.pattern == export.pattern
            && other.format.extension() == export.format.extension()
            && !export.pattern.contains("{export}")
    }) {
        found.push(("pattern", "taken", "another export's files have these names; add {export}"));
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn export(name: &str) -> FileExport {
        FileExport {
            name: name.to_owned(),
            measured: vec![Measured::Trends, Measured::Indexes],
            format: Format::CsvWide,
            decimals: Decimals::Point,
            every: Every::Day,
            wait_minutes: 10,
            pattern: "{site}_{export}_{from}".to_owned(),
        }
    }

    fn good() -> FilesSettings {
        FilesSettings {
            enabled: true,
            host: " files.example".to_owned(),
            user: "meter".to_owned(),
            exports: vec![export("day"), export("all")],
            ..FilesSettings::default()
        }
    }

    #[test]
    fn fields_at_fault_are_named() {
        let checked = good().checked().unwrap();
        assert_eq!(
            (checked.host.as_str(), checked.exports[0].measured.as_slice()),
            ("files.example", &[Measured::Indexes, Measured::Trends][..])
        );
        assert!(FilesSettings::default().checked().is_ok());
        type Change = fn(&mut FilesSettings);
        let changes: [(&str, &str, Change); 14] = [
            ("host", "required", |settings| settings.host.clear()),
            ("host", "not_valid", |settings| settings.host = "files:21".to_owned()),
            ("port", "out_of_range", |settings| settings.port = 0),
            ("folder", "not_valid", |settings| settings.folder = "in/../..".to_owned()),
            ("user", "required", |settings| settings.user.clear()),
            ("host_key", "required", |settings| settings.protocol = FileProtocol::Sftp),
            ("host_key", "not_valid", |settings| settings.host_key = "MD5:aa".to_owned()),
            ("catch_up_days", "out_of_range", |settings| settings.catch_up_days = 0),
            ("exports.1.name", "taken", |settings| settings.exports[1].name = " day ".to_owned()),
            ("exports.0.measured", "required", |settings| settings.exports[0].measured.clear()),
            ("exports.0.pattern", "not_valid", |settings| settings.exports[0].pattern = "../{from}".to_owned()),
            ("exports.0.pattern", "needs_time", |settings| settings.exports[0].pattern = "{site}".to_owned()),
            ("exports.0.pattern", "needs_device", |settings| settings.exports[0].format = Format::CsvStandard),
            ("exports.1.pattern", "taken", |settings| {
                settings.exports.iter_mut().for_each(|export| export.pattern = "{from}".to_owned());
            }),
        ];
        for (field, code, change) in changes {
            let mut settings = good();
            change(&mut settings);
            let problem = settings.checked().unwrap_err();
            assert_eq!((problem.fields[0].field.as_str(), problem.fields[0].message_code.as_str()), (field, code));
        }
    }
}
