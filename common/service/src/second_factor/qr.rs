//! A text as a QR code that a page draws: one path in a square of modules, quiet zone included.

use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;
use std::fmt::Write as _;

/// Modules around the code that stay light (ISO/IEC 18004, section 5.3.8).
const QUIET: i32 = 4;

/// A QR code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Qr {
    /// Modules along a side, with the quiet zone.
    size: i32,
    /// The dark modules as the data of an SVG path, one unit per module.
    path: String,
}

/// `None` when the text is too long for a code.
pub(super) fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(run).unwrap_or(0);
            if run > 0 {
                let _infallible = write!(path, "M{},{}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run + 1;
        }
    }
    Some(Qr { size: code.size() + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_are_where_a_reader_looks_for_them() {
        let drawn = qr("otpauth://totp/x").unwrap();
        assert!(drawn.path.starts_with("M4,4h7v1h-7z"), "the upper side of the first finder");
        assert!(drawn.path.contains(&format!("M{},4h7v1h-7z", drawn.size - 4 - 7)));
        assert!(qr(&"x".repeat(10_000)).is_none());
    }
}
