//! Writing PEM (RFC 7468); rustls reads it but writes none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// Columns of a line (RFC 7468, 2).
const COLUMNS: usize = 64;

/// `der` between lines that say what it is.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(COLUMNS));
        let _infallible = writeln!(pem, "{line}");
        rest = after;
    }
    let _infallible = writeln!(pem, "-----END {label}-----");
    pem
}

/// Certificates (DER) as one PEM text, in order.
pub fn certificates<'c>(chain: impl IntoIterator<Item = &'c [u8]>) -> String {
    chain.into_iter().map(|der| encode("CERTIFICATE", der)).collect()
}
