//! What requests are called in the trail.
//!
//! Every request that is not a mere look is recorded: by the rows it changed, or else under the name that is found here. So are
//! the few looks that take data away. A request that nobody has named is recorded all the same, under its method.

use haubert_trust::audit::Category;
use http::Method;

/// A name for requests: method, path under `/api/v1` in which `*` stands for one part, category, action.
type Row = (&'static str, &'static str, Category, &'static str);

use Category::{AccessControl, AuditLog, BackupRestore, Configuration, System};

const TABLE: &[Row] = &[
    ("POST", "setup", AccessControl, "set_up"),
    ("POST", "session", AccessControl, "sign_in"),
    ("POST", "session/passkey", AccessControl, "sign_in"),
    ("DELETE", "session", AccessControl, "sign_out"),
    ("PUT", "account/password", AccessControl, "own_password"),
    ("DELETE", "account/sessions", AccessControl, "own_sessions"),
    ("DELETE", "account/sessions/*", AccessControl, "session_revoked"),
    ("DELETE", "accounts/*/sessions", AccessControl, "sessions_revoked"),
    ("DELETE", "sessions/*", AccessControl, "session_revoked"),
    ("DELETE", "lockouts/*", AccessControl, "unlocked"),
    ("POST", "recovery", AccessControl, "recovered"),
    ("GET", "audit", AuditLog, "audit_read"),
    ("GET", "audit/records/*", AuditLog, "audit_read"),
    ("GET", "audit/export", AuditLog, "audit_exported"),
    ("POST", "audit/verification", AuditLog, "audit_verified"),
    ("POST", "audit/syslog-test", AuditLog, "syslog_tested"),
    ("GET", "exports/samples", BackupRestore, "data_exported"),
    ("GET", "policy/file", BackupRestore, "policy_exported"),
    ("POST", "backups/passphrase", BackupRestore, "backup_made"),
    ("POST", "backups/recovery", BackupRestore, "backup_made"),
    ("POST", "restore", BackupRestore, "backup_received"),
    ("POST", "restore/verify", BackupRestore, "backup_verified"),
    ("POST", "restore/apply", BackupRestore, "restored"),
    ("DELETE", "restore", BackupRestore, "backup_deleted"),
    ("POST", "storage/recovery-key", BackupRestore, "recovery_key_made"),
    ("POST", "storage/rotate", Configuration, "key_rotated"),
    ("POST", "storage/reset", System, "factory_reset"),
    ("POST", "history/check", System, "history_checked"),
    ("DELETE", "history/check", System, "history_check_stopped"),
    ("POST", "devices/*/test", System, "device_tested"),
    ("POST", "alarms/*/acknowledgement", System, "alarm_acknowledged"),
    ("POST", "alarms/acknowledgements", System, "alarms_acknowledged"),
    ("POST", "outlets/modbus/test", System, "outlet_tested"),
    ("POST", "outlets/mqtt/test", System, "outlet_tested"),
    ("POST", "outlets/mail/test", System, "outlet_tested"),
    ("DELETE", "outlets/mail/letters/*", System, "letter_taken_back"),
    ("POST", "outlets/snmp/test", System, "outlet_tested"),
    ("POST", "outlets/bacnet/test", System, "outlet_tested"),
    ("POST", "inputs/lorawan/test", System, "input_tested"),
    ("POST", "discoveries", System, "discovery_started"),
    ("DELETE", "discoveries/*", System, "discovery_stopped"),
    ("POST", "device-profiles/try", System, "profile_tried"),
    ("DELETE", "firewall/blocks/*", System, "block_lifted"),
    ("POST", "firewall/blocks", System, "blocked"),
    ("POST", "boot/self-test", System, "self_tested"),
    ("POST", "updates/bundle", System, "update_received"),
    ("POST", "updates/check", System, "update_checked"),
    ("POST", "updates/install", System, "update_installed"),
    ("POST", "updates/roll-back", System, "update_rolled_back"),
    ("DELETE", "updates/offer", System, "update_dropped"),
    ("POST", "policy/confirmation", Configuration, "policy_confirmed"),
    ("DELETE", "policy/confirmation", Configuration, "policy_taken_back"),
];

/// Requests that only look, although they carry a body: what is typed is checked, a change is shown before it is made.
const LOOKS: &[&str] = &[
    "device-profiles/check",
    "device-profiles/decode",
    "history/limits/preview",
    "alarm-rules/try",
    "inputs/lorawan/preview",
    "policy/preview",
    "certificates/identities/*/preview",
    "certificates/trust/*/preview",
    "session/passkey/options",
    "account/passkeys/options",
];

/// What the door itself tells, with more than a request shows.
pub const AT_THE_DOOR: &[&str] = &["set_up", "sign_in", "sign_out", "own_password", "own_sessions"];

/// What a request is called; `None` for a mere look.
pub fn of(method: &Method, path: &str) -> Option<(Category, &'static str)> {
    let rows = || TABLE.iter().filter(|(of, ..)| *of == method.as_str());
    if LOOKS.iter().any(|pattern| fits(pattern, path)) {
        return None;
    }
    let found = rows().find(|(_, pattern, ..)| fits(pattern, path));
    match (found, method) {
        (Some((_, _, category, action)), _) => Some((*category, action)),
        (None, &Method::GET | &Method::HEAD | &Method::OPTIONS) => None,
        (None, &Method::DELETE) => Some((Configuration, "request_delete")),
        (None, &Method::PUT | &Method::PATCH) => Some((Configuration, "request_change")),
        (None, _) => Some((System, "request_run")),
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_a_look_has_a_name() {
        assert_eq!(of(&Method::POST, "session"), Some((AccessControl, "sign_in")));
        assert_eq!(of(&Method::GET, "audit"), Some((AuditLog, "audit_read")));
        assert_eq!(of(&Method::GET, "audit/export"), Some((AuditLog, "audit_exported")));
        assert_eq!(of(&Method::GET, "audit/records/17"), Some((AuditLog, "audit_read")));
        assert_eq!(of(&Method::GET, "audit/status"), None);
        assert_eq!(of(&Method::GET, "devices"), None);
        assert_eq!(of(&Method::PUT, "something/new"), Some((Configuration, "request_change")));
        assert_eq!(of(&Method::POST, "a/b/c"), Some((System, "request_run")));
    }
}
