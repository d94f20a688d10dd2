//! A record, and an ordinary event, as RFC 5424 messages. Pure.
//!
//! Facility 13 (log audit). Severity: 6 for what succeeded, 5 (notice) for changes of configuration and of access, 4 (warning) for
//! what was refused, 3 (error) for what failed, 2 (critical) for what concerns the trail itself and failed. The structured data has
//! the identifier `audit@32473` (32473 is the number RFC 5612 keeps for documents: the product has none of its own); the message
//! is the record's own line, so that the receiver can verify it.

use crate::store::events::{Event, Severity};
use haubert_service::wire::Time;
use haubert_trust::audit::{Category, LogId, Outcome, Record};

const FACILITY: u8 = 13;
/// Facility of events.
const EVENTS: u8 = 16;
/// Identifier of the structured data.
pub const SD_ID: &str = "audit@32473";

/// An element of structured data (RFC 5424, 6.3), as it is written.
struct Data(String);

impl Data {
    fn new(id: &str) -> Self {
        Self(format!("[{id}"))
    }

    /// Adds a parameter, unless it is empty.
    fn param(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let Self(text) = self;
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            if matches!(c, '"' | '\\' | ']') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }

    fn closed(self) -> String {
        self.0 + "]"
    }
}

/// The severity of a record.
pub fn severity(record: &Record) -> u8 {
    match (record.outcome, record.category) {
        (Outcome::Failure, Category::AuditLog) => 2,
        (Outcome::Failure, _) => 3,
        (Outcome::Refused, _) => 4,
        (Outcome::Success, Category::Configuration | Category::AccessControl) => 5,
        (Outcome::Success, _) => 6,
    }
}

/// The message, without its length; `line` is the record's own.
pub fn message(record: &Record, line: &[u8], log: LogId, host: &str) -> Vec<u8> {
    let mut data = Data::new(SD_ID);
    let mut param = |name, value: &str| data.param(name, value);
    param("log", &log.to_string());
    param("seq", &record.seq.to_string());
    param("category", record.category.code());
    param("action", &record.action);
    param("outcome", record.outcome.code());
    param("actor", record.actor.kind.code());
    param("account", &record.actor.account);
    param("profile", &record.actor.profile);
    param("source", &record.actor.source);
    param("session", &record.actor.session);
    if let Some(target) = &record.target {
        param("target", &target.kind);
        param("target_id", &target.id);
        param("target_name", &target.name);
    }
    let data = data.closed();
    let priority = FACILITY * 8 + severity(record);
    let (host, action) = (header(host, 255), header(&record.action, 32));
    let start = format!("<{priority}>1 {} {host} haubert-gateway - {action} {data} \u{feff}", Time(record.at));
    [start.as_bytes(), line].concat()
}

/// An ordinary event, under facility 16 (local use 0) and the identifier `event@32473`; severity 6, 4 (warning) or 2 (critical).
pub fn event(event: &Event, log: LogId, host: &str) -> Vec<u8> {
    let severity = match event.severity {
        Severity::Info => 6,
        Severity::Warning => 4,
        Severity::Critical => 2,
    };
    let mut data = Data::new("event@32473");
    data.param("log", &log.to_string());
    data.param("id", &event.id.to_string());
    data.param("code", &event.code);
    for (name, value) in &event.params {
        data.param(&header(name, 32), value);
    }
    let (host, code) = (header(host, 255), header(&event.code, 32));
    let told: String = event.params.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let priority = EVENTS * 8 + severity;
    let text =
        format!("<{priority}>1 {} {host} haubert-gateway - {code} {} \u{feff}{}{told}", event.at, data.closed(), event.code);
    text.into_bytes()
}

/// The message as it goes over the wire: its length in octets, a space, itself.
pub fn counted(message: &[u8]) -> Vec<u8> {
    [format!("{} ", message.len()).as_bytes(), message].concat()
}

/// A field of the header: printable ASCII without spaces.
fn header(text: &str, limit: usize) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(limit).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::Timestamp;
    use haubert_trust::Key;
    use haubert_trust::audit::{Actor, ActorKind, Chain, ClockState, Entry, Signer, read_line};

    #[test]
    fn an_event_reads_as_rfc_5424() {
        let params = [("bus", "Quay"), ("device", "Crane \"1\"]")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let event = Event {
            id: 7,
            at: Time(Timestamp(1_795_255_200_123)),
            severity: Severity::Warning,
            code: "device_offline".to_owned(),
            params: params.into_iter().collect(),
        };
        let text = String::from_utf8(super::event(&event, LogId([0xab; 16]), "quay")).unwrap();
        let expected = "<132>1 2026-11-21T10:00:00.123Z quay haubert-gateway - device_offline [event@32473 \
                        log=\"abababababababababababababababab\" id=\"7\" code=\"device_offline\" bus=\"Quay\" \
                        device=\"Crane \\\"1\\\"\\]\"] \u{feff}device_offline bus=Quay device=Crane \"1\"]";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_record_reads_as_rfc_5424() {
        let actor =
            Actor { kind: ActorKind::Person, account: "a\"b]\\c\u{e9}".into(), source: "192.0.2.7".into(), ..Actor::system() };
        let entry = Entry::new(actor, Category::AccessControl, "sign_in", Outcome::Refused);
        let log = LogId([0xab; 16]);
        let signer = Signer::new(log, &Key::new([1; 32])).unwrap();
        let mut chain = Chain::EMPTY;
        let (line, _) = chain.next(entry, Timestamp(1_795_255_200_123), ClockState::Set, &signer).unwrap();
        let record = read_line(&line).unwrap().record;
        let text = String::from_utf8(message(&record, &line, log, "port nord")).unwrap();
        let expected = "<108>1 2026-11-21T10:00:00.123Z portnord haubert-gateway - sign_in [audit@32473 log=\"abababababababababababababababab\" \
                        seq=\"1\" category=\"access_control\" action=\"sign_in\" outcome=\"refused\" actor=\"person\" \
                        account=\"a\\\"b\\]\\\\c\u{e9}\" source=\"192.0.2.7\"] \u{feff}{\"seq\":1,";
        assert!(text.starts_with(expected), "{text}\n{expected}");
        assert!(text.as_bytes().ends_with(&line));
        assert!(counted(b"abc").starts_with(b"3 abc"));
    }
}
