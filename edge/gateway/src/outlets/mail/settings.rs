//! What is set for mail.

use super::words::Language;
use crate::outlets::account::Login;
use haubert_alarms::Criticality;
use haubert_service::problem::{Problem, codes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest text of a setting, in characters.
const MAX_TEXT: usize = 254;
/// Most readers.
const MAX_READERS: usize = 50;

/// How TLS begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// With the first byte (SMTPS; RFC 8314), usually on port 465.
    #[default]
    Tls,
    /// After a word in clear (RFC 3207), usually on port 587. A server that does not offer it gets nothing.
    StartTls,
}

/// How often somebody gets a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailReport {
    /// Never.
    #[default]
    Never,
    /// Of each day.
    Daily,
    /// Of each week, on Monday.
    Weekly,
    /// Of each month, on the first.
    Monthly,
}

/// Somebody who gets mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailReader {
    /// Address.
    pub address: String,
    /// Language of the letters.
    pub language: Language,
    /// Alarms of this criticality and above; absent: none.
    #[serde(default)]
    pub alarms: Option<Criticality>,
    /// Whether ends of certificates and trust are told.
    pub expiries: bool,
    /// How often a report of consumption and alarms comes.
    pub report: MailReport,
}

/// Mail: which server, and who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Whether anything is sent; the policy must allow it too.
    pub enabled: bool,
    /// DNS name or IP address, as in the server's certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How TLS begins.
    pub security: MailSecurity,
    /// User name; empty for none.
    pub user: String,
    /// Address of the sender.
    pub from: String,
    /// What the sender is called; empty for the site's name.
    pub sender: String,
    /// Where the pages of this gateway are reached, for a link in letters; empty for none.
    pub link: String,
    /// Alarms of so many seconds go in one letter.
    pub gather_seconds: u16,
    /// Local hour of the reports, 0 to 23.
    pub report_hour: u8,
    /// Who gets what.
    pub readers: Vec<MailReader>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            host: String::new(),
            port: 465,
            security: MailSecurity::default(),
            user: String::new(),
            from: String::new(),
            sender: String::new(),
            link: String::new(),
            gather_seconds: 60,
            report_hour: 6,
            readers: Vec::new(),
        }
    }
}

impl Login for MailSettings {
    const NAME: &'static str = "mail";
    const PASSWORD: &'static str = "mail_password";

    fn same_account(&self, other: &Self) -> bool {
        (&self.host, self.port, &self.user) == (&other.host, other.port, &other.user)
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn user(&self) -> &str {
        &self.user
    }

    fn checked(mut self) -> Result<Self, Problem> {
        let mut problem = Problem::new(codes::INVALID);
        let texts = [
            ("host", &mut self.host),
            ("user", &mut self.user),
            ("from", &mut self.from),
            ("sender", &mut self.sender),
            ("link", &mut self.link),
        ];
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
        if self.from.is_empty() && self.enabled {
            problem = problem.field("from", "required", "give the sender's address");
        } else if !self.from.is_empty() && haubert_mail::address(&self.from).is_err() {
            problem = problem.field("from", "not_valid", "an address such as gateway@plant.example");
        }
        if !self.link.is_empty() && !self.link.starts_with("https://") {
            problem = problem.field("link", "not_valid", "begins with https://");
        }
        if self.gather_seconds > 3600 {
            problem = problem.field("gather_seconds", "out_of_range", "0 to 3600 s");
        }
        if self.report_hour > 23 {
            problem = problem.field("report_hour", "out_of_range", "0 to 23");
        }
        if self.readers.len() > MAX_READERS {
            problem = problem.field("readers", "too_many", format!("at most {MAX_READERS}"));
        }
        for at in 0..self.readers.len() {
            let (before, rest) = self.readers.split_at_mut(at);
            let Some(reader) = rest.first_mut() else { continue };
            reader.address = reader.address.trim().to_owned();
            let field = format!("readers.{at}.address");
            if haubert_mail::address(&reader.address).is_err() {
                problem = problem.field(&field, "not_valid", "an address such as name@plant.example");
            } else if before.iter().any(|other| other.address.eq_ignore_ascii_case(&reader.address)) {
                problem = problem.field(&field, "taken", "this address is there already");
            }
        }
        if problem.fields.is_empty() { Ok(self) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> MailSettings {
        let reader = |address: &str| MailReader {
            address: address.to_owned(),
            language: Language::Fr,
            alarms: Some(Criticality::Critical),
            expiries: true,
            report: MailReport::Weekly,
        };
        MailSettings {
            enabled: true,
            host: "mail.example".to_owned(),
            from: "gateway@plant.example".to_owned(),
            readers: vec![reader("a@plant.example"), reader(" b@plant.example ")],
            ..MailSettings::default()
        }
    }

    #[test]
    fn fields_at_fault_are_named() {
        assert_eq!(good().checked().unwrap().readers[1].address, "b@plant.example");
        assert!(MailSettings::default().checked().is_ok());
        type Change = fn(&mut MailSettings);
        let changes: [(&str, Change); 9] = [
            ("host", |settings| settings.host.clear()),
            ("host", |settings| settings.host = "mail:465".to_owned()),
            ("port", |settings| settings.port = 0),
            ("from", |settings| settings.from = "gateway".to_owned()),
            ("link", |settings| settings.link = "javascript:x".to_owned()),
            ("report_hour", |settings| settings.report_hour = 24),
            ("gather_seconds", |settings| settings.gather_seconds = 3601),
            ("readers.1.address", |settings| settings.readers[1].address = "A@plant.example".to_owned()),
            ("readers.0.address", |settings| settings.readers[0].address = "a@b\r\nDATA".to_owned()),
        ];
        for (field, change) in changes {
            let mut settings = good();
            change(&mut settings);
            assert_eq!(settings.checked().unwrap_err().fields[0].field, field);
        }
    }
}
